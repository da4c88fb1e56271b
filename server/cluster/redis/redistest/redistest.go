// Package redistest gives tests a real Redis of their own: a redis-server on a port of loopback, with nothing in it and
// nothing on the disk. It ends with the test, and with the process that started it, whichever way that ends.
//
// A test without the program fails and says what is missing; it is never skipped.
package redistest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/freeport"
)

// Server is a redis-server.
type Server struct {
	t    testing.TB
	Addr string
	URL  string

	log    string // a file
	bus    string // the port that servers of a Redis Cluster speak to each other by
	keeper *exec.Cmd
	words  io.WriteCloser
	acks   *bufio.Reader
}

// keeper starts the server and does as it is told, line by line, until nobody is left to tell it anything.
const keeper = `
log=$1
shift
start() { "$@" >>"$log" 2>&1 </dev/null & pid=$!; }
start "$@"
while read -r word; do
	case $word in
	start) start "$@" ;;
	kill) kill -KILL "$pid"; wait "$pid" ;;
	pause) kill -STOP "$pid" ;;
	resume) kill -CONT "$pid" ;;
	esac
	echo done
done
kill -KILL "$pid"
wait "$pid"
`

// Sentinel starts a Sentinel with that configuration.
func Sentinel(t testing.TB, config string) *Server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	return start(t, []string{file, "--sentinel"}, nil)
}

// Start starts a server. more are options for its command line.
func Start(t testing.TB, more ...string) *Server {
	t.Helper()
	return start(t, nil, append([]string{"--save", "", "--appendonly", "no"}, more...))
}

func start(t testing.TB, before, after []string) *Server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	require.NoError(t, err, "Redis is not installed: run scripts/setup.sh (on Debian: apt-get install redis-server)")
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	args := slices.Concat([]string{"-c", keeper, "keeper", log, program}, before, []string{"--port", port, "--bind", "127.0.0.1", "--dir", dir}, after)
	s := &Server{t: t, log: log, Addr: address, URL: "redis://" + address, keeper: exec.Command("sh", args...)} //nolint:noctx // it ends with its test
	s.keeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.words, err = s.keeper.StdinPipe()
	require.NoError(t, err)
	acks, err := s.keeper.StdoutPipe()
	require.NoError(t, err)
	s.acks = bufio.NewReader(acks)
	require.NoError(t, s.keeper.Start())
	t.Cleanup(func() {
		_ = s.words.Close()
		_ = s.keeper.Wait() // a server that was killed does not end well
	})
	s.ready()
	return s
}

func freeAddress(t testing.TB) string {
	address, err := freeport.Address(t.Context())
	require.NoError(t, err)
	return address
}

// ready waits until the server answers.
func (s *Server) ready() {
	s.t.Helper()
	said := ""
	answers := func() bool {
		answer, err := s.Command("PING")
		said = fmt.Sprint(answer, " ", err)
		return err == nil && answer == "+PONG"
	}
	every, late := time.NewTicker(10*time.Millisecond), time.After(30*time.Second)
	defer every.Stop()
	for !answers() {
		select {
		case <-every.C:
		case <-late:
			log, _ := os.ReadFile(s.log)
			require.Fail(s.t, "Redis does not answer", "at last: %s; its log:\n%s", said, log)
		}
	}
}

// Command sends one line, as redis-cli would, and returns the answer's first line.
func (s *Server) Command(line string) (string, error) {
	return s.ask(line, func(r *bufio.Reader) (string, error) {
		answer, err := r.ReadString('\n')
		if err != nil {
			return "", err
		}
		return answer[:len(answer)-2], nil
	})
}

// Text sends one line and returns a bulk answer.
func (s *Server) Text(line string) (string, error) {
	return s.ask(line, func(r *bufio.Reader) (string, error) {
		var size int
		if _, err := fmt.Fscanf(r, "$%d\r\n", &size); err != nil {
			return "", err
		}
		text := make([]byte, size)
		_, err := io.ReadFull(r, text)
		return string(text), err
	})
}

// List sends one line and returns a list of bulk answers.
func (s *Server) List(line string) (all []string, err error) {
	_, err = s.ask(line, func(r *bufio.Reader) (string, error) {
		var count, size int
		if _, err := fmt.Fscanf(r, "*%d\r\n", &count); err != nil {
			return "", err
		}
		for range count {
			if _, err := fmt.Fscanf(r, "$%d\r\n", &size); err != nil {
				return "", err
			}
			text := make([]byte, size+2)
			if _, err := io.ReadFull(r, text); err != nil {
				return "", err
			}
			all = append(all, string(text[:size]))
		}
		return "", nil
	})
	return all, err
}

// ask sends one line on a connection of its own and has read take the answer.
func (s *Server) ask(line string, read func(*bufio.Reader) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(c, "%s\r\n", line); err != nil {
		return "", err
	}
	return read(bufio.NewReader(c))
}

func (s *Server) tell(word string) {
	s.t.Helper()
	_, err := io.WriteString(s.words, word+"\n")
	require.NoError(s.t, err)
	_, err = s.acks.ReadString('\n')
	require.NoError(s.t, err)
}

// Kill ends the server at once, and with it all that it knew.
func (s *Server) Kill() { s.tell("kill") }

// Restart starts an empty server in the place of one that was killed.
func (s *Server) Restart() {
	s.t.Helper()
	s.tell("start")
	s.ready()
}

// Pause stops the server where it is: it answers nobody, and no connection ends.
func (s *Server) Pause() { s.tell("pause") }

// Resume lets it go on.
func (s *Server) Resume() {
	s.tell("resume")
	s.ready()
}
