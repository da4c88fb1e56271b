// Package pgserver starts a PostgreSQL of one's own: from the installed package, in a temporary folder, reachable by a
// socket in it alone. Tests stand on it (see testservice), and the demo of several nodes. It is not for keeping anything:
// commits are not on the disk, and whoever may open the folder may do everything.
//
// A server ends with the process that started it, whichever way that ends: a small shell holds it, and clears up when its
// standard input closes.
package pgserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL.
type Server struct {
	// URL is the address of its database.
	URL string

	dir    string
	keeper *exec.Cmd
	words  io.WriteCloser
	acks   *bufio.Reader
}

// keeper makes and starts the server and does as it is told, line by line, until nobody is left to tell it anything. It
// says done after each step; what else it says is why there is no server.
const keeper = `
trap '' PIPE
bin=$1 dir=$2 settings=$3
if ! "$bin/initdb" -D "$dir/data" -U foyer --auth=trust --encoding=UTF8 --locale-provider=icu --icu-locale=en-US \
	--locale=C.UTF-8 --no-sync >"$dir/log" 2>&1 </dev/null; then
	cat "$dir/log"
	rm -rf "$dir"
	exit 1
fi
echo "$settings" >>"$dir/data/postgresql.conf"
start() { "$bin/postgres" -D "$dir/data" >>"$dir/log" 2>&1 </dev/null & pid=$!; }
all() { kill "-$1" $(cat "/proc/$pid/task/$pid/children") "$pid"; }
start
echo done
while read -r word; do
	case $word in
	start) start ;;
	stop) kill -INT "$pid"; wait "$pid" ;;
	crash) kill -QUIT "$pid"; wait "$pid" ;;
	pause) all STOP ;;
	resume) all CONT ;;
	esac
	echo done
done
all CONT 2>/dev/null
while kill -QUIT "$pid" 2>/dev/null; do sleep 0.1; done # one that has just begun does not hear it
wait "$pid"
rm -rf "$dir"
`

// settings make a server quick and private. Commits survive its crash, but not the machine's.
const settings = `
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 200
shared_buffers = '64MB'
listen_addresses = ''
unix_socket_directories = '%s'
`

// Start starts a server in a temporary folder, as another user if this one is root. Its databases sort texts by a
// language unless told otherwise. more are lines for postgresql.conf.
func Start(ctx context.Context, more ...string) (p *Server, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "foyer-postgres-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return nil, err
		}
	}
	p = &Server{dir: dir, URL: "postgres://foyer@/postgres?host=" + url.QueryEscape(dir)}
	p.keeper = exec.Command("sh", "-c", keeper, "keeper", bin, dir, strings.Join(append([]string{fmt.Sprintf(settings, dir)}, more...), "\n")) //nolint:noctx,gosec // it outlives any call and ends with this process; the folders are ours
	p.keeper.Dir = dir
	p.keeper.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true}
	if p.words, err = p.keeper.StdinPipe(); err != nil {
		return nil, err
	}
	acks, err := p.keeper.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.acks = bufio.NewReader(acks)
	if err := p.keeper.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := p.made(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if err := p.ready(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log")) //nolint:gosec // the folder is ours
		return nil, errors.Join(fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, log), p.Close())
	}
	return p, nil
}

// binaries returns the folder of PostgreSQL's programs: the path's, else the newest of Debian's.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed: run scripts/setup.sh (on Debian: apt-get install postgresql)")
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin))) // what is no number comes first
	return n
}

// unprivileged returns whom to run the server as: nil for oneself, unless that is root, whom PostgreSQL refuses.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		gid, e := strconv.ParseUint(u.Gid, 10, 32)
		if err = errors.Join(err, e); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
}

// made waits until the database is there and started.
func (p *Server) made() error {
	var said strings.Builder
	for {
		line, err := p.acks.ReadString('\n')
		switch {
		case line == "done\n":
			return nil
		case err != nil:
			return fmt.Errorf("PostgreSQL can't be set up: %s", said.String())
		}
		said.WriteString(line)
	}
}

// startWithin is how long a server may take until it answers, on a busy machine.
const startWithin = time.Minute

func (p *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		c, err := pgx.Connect(ctx, p.URL)
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return err
		}
	}
}

// tell has the keeper do something and waits until it is done.
func (p *Server) tell(word string) error {
	if _, err := io.WriteString(p.words, word+"\n"); err != nil {
		return err
	}
	_, err := p.acks.ReadString('\n')
	return err
}

// Stop ends the server in an orderly way: whoever is connected is sent away.
func (p *Server) Stop() error { return p.tell("stop") }

// Crash ends the server at once. Start it again with Restart.
func (p *Server) Crash() error { return p.tell("crash") }

// Restart starts a server that was ended, and waits until it answers.
func (p *Server) Restart(ctx context.Context) error {
	if err := p.tell("start"); err != nil {
		return err
	}
	return p.ready(ctx)
}

// Pause stops all processes of the server where they are.
func (p *Server) Pause() error { return p.tell("pause") }

// Resume lets them go on.
func (p *Server) Resume() error { return p.tell("resume") }

// Close ends the server and removes its folder.
func (p *Server) Close() error {
	err := p.words.Close()
	_ = p.keeper.Wait()                          // a server that was told to stop at once does not end well
	return errors.Join(err, os.RemoveAll(p.dir)) // in a folder where its user may not remove it
}
