//go:build unix

package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// keeper runs a program, says its process id and sends it the signals that it is told, by name. When nobody is left to
// tell it anything, it kills the program and removes the folder.
const keeper = `
trap '' PIPE
dir=$1 log=$2
shift 2
exec 3<&0
"$@" >>"$log" 2>&1 </dev/null 3<&- &
pid=$!
echo "$pid"
( while read -r word <&3; do kill -s "$word" "$pid"; done; kill -s KILL "$pid"; exit 0 ) 2>/dev/null &
watcher=$!
wait "$pid"
kill "$watcher" 2>/dev/null
wait "$watcher" && rm -rf "$dir"
`

// program is one that runs beside this process and ends with it.
type program struct {
	name string
	pid  int
	tell io.WriteCloser
	done chan struct{} // closed when it has ended
}

// command says what to run.
type command struct {
	name string
	path string
	args []string
	env  []string // this process's unless given
	dir  string   // removed at the end of this process
	log  string   // the file that gets what it writes
}

// start runs a program. Its folder has to exist.
func start(c command) (*program, error) {
	held := exec.Command("sh", append([]string{"-c", keeper, "keeper", c.dir, c.log, c.path}, c.args...)...) //nolint:noctx,gosec // it outlives any call and ends with this process; the caller names our own programs
	held.Dir, held.Env = c.dir, c.env
	held.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C is for this process to hand on
	tell, err := held.StdinPipe()
	if err != nil {
		return nil, err
	}
	says, err := held.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := held.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	p := &program{name: c.name, tell: tell, done: make(chan struct{})}
	line, err := bufio.NewReader(says).ReadString('\n')
	if err == nil {
		p.pid, err = strconv.Atoi(strings.TrimSpace(line))
	}
	go func() {
		defer close(p.done)
		_ = held.Wait() // how it ended is in its log
	}()
	if err != nil {
		p.end()
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	return p, nil
}

// end kills the program and waits until it is gone, and its folder with it.
func (p *program) end() {
	_ = p.tell.Close() // it may have ended by itself
	<-p.done
}

// stop asks the program to end and gives it some time.
func (p *program) stop(within time.Duration) {
	_, _ = io.WriteString(p.tell, "TERM\n") // it may have ended by itself
	select {
	case <-p.done:
	case <-time.After(within):
	}
	p.end()
}

// errEnded is why waiting for a program makes no sense any more.
var errEnded = errors.New("it ended")

// await asks until the program answers, it has ended or ctx has.
func (p *program) await(ctx context.Context, answers func(context.Context) error) error {
	again := time.NewTicker(25 * time.Millisecond)
	defer again.Stop()
	for {
		err := answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-p.done:
			return fmt.Errorf("%s: %w", p.name, errEnded)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", p.name, err)
		}
	}
}
