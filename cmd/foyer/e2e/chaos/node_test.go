package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/freeport"
)

// node is one process of the cluster. Its methods are for the goroutine that makes the faults.
type node struct {
	w             *world
	name          string
	listen, admin string
	redis         *proxy // nil where Redis is several servers: nodes learn their addresses of each other
	sql           *proxy
	logFile       string
	process       *exec.Cmd
	ended         chan struct{}
	// stilled counts why the process is as good as dead: it is stopped where it is, or so far from the others that they take
	// it for dead.
	stilled atomic.Int32
}

func freeAddress(w *world) string {
	address, err := freeport.Address(w.t.Context())
	require.NoError(w.t, err)
	return address
}

func newNode(w *world, name string) *node {
	n := &node{w: w, name: name, listen: freeAddress(w), admin: freeAddress(w), logFile: filepath.Join(w.dir, name+".log")}
	var err error
	if w.redis != nil {
		n.redis, err = newProxy("tcp", w.redis.Addr)
		require.NoError(w.t, err)
		w.t.Cleanup(n.redis.close)
	}
	n.sql, err = newProxy("unix", w.sqlSocket)
	require.NoError(w.t, err)
	w.t.Cleanup(func() {
		n.sql.close()
		if n.process != nil {
			_ = n.process.Process.Signal(syscall.SIGCONT)
			_ = n.process.Process.Kill()
			<-n.ended
		}
	})
	return n
}

// start starts the process and waits until it takes devices. What ends at once, as without a database, is started again.
func (n *node) start() { n.startAs(binary) }

func (n *node) startAs(binary string) {
	n.w.t.Helper()
	late := time.Now().Add(30 * time.Second)
	for n.launch(binary); !n.awaitReady(late); n.launch(binary) {
		if time.Now().After(late) {
			log, _ := os.ReadFile(n.logFile)
			require.FailNow(n.w.t, n.name+" is not ready", "%s", log[max(0, len(log)-3000):])
		}
	}
}

func (n *node) launch(binary string) {
	n.w.t.Helper()
	log, err := os.OpenFile(n.logFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(n.w.t, err)
	defer log.Close()
	p := exec.Command(binary, "serve", "--listen", n.listen, "--admin-listen", n.admin, "--node", n.name,
		"--store", "postgres://foyer@"+n.sql.addr+"/postgres?sslmode=disable", "--redis", n.redisURL(),
		"--invitations.per-minute", "0", "--invitations.per-day", "0", "--invitations.pair-gap", "0s", "--invitations.pair-max", "0",
		"--limits.requests-per-second", "0", "--limits.upgrades-per-second", "0", "--drain-time", "2s",
		"--transport.ping", "5s", "--transport.pong", "4s", "--log-level", "warn", "--log-format", "json")
	p.Env = append(os.Environ(), "FOYER_AUTH_SECRET="+secret)
	p.Stdout, p.Stderr = log, log
	p.SysProcAttr = withUs()
	require.NoError(n.w.t, p.Start())
	ended := make(chan struct{})
	n.process, n.ended = p, ended
	go func() { defer close(ended); _ = p.Wait() }()
}

// awaitReady waits until the node takes devices, degraded or not, and reports whether it does.
func (n *node) awaitReady(late time.Time) bool {
	for n.page("/readyz") != http.StatusOK {
		select {
		case <-n.ended:
			wait(100 * time.Millisecond)
			return false
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(late) {
			n.signal(syscall.SIGKILL)
			<-n.ended
			return false
		}
	}
	return true
}

// down reports whether the node is as good as dead.
func (n *node) down() bool { return n.stilled.Load() > 0 }

// page returns the status with which an operators' page answers, 0 if it doesn't.
func (n *node) page(path string) int {
	status, _ := n.get(path)
	return status
}

// read returns an operators' page, or nothing.
func (n *node) read(path string) []byte {
	_, body := n.get(path)
	return body
}

func (n *node) get(path string) (status int, body []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.admin+path, nil)
	if err != nil {
		return 0, nil
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	body, _ = io.ReadAll(response.Body)
	return response.StatusCode, body
}

func (n *node) signal(s syscall.Signal) { require.NoError(n.w.t, n.process.Process.Signal(s)) }

// kill ends the process at once.
func (n *node) kill() {
	n.signal(syscall.SIGKILL)
	<-n.ended
	n.process = nil
	n.w.stats.kills.Add(1)
}

// drain tells the process to stop, and waits for its end.
func (n *node) drain() {
	n.w.t.Helper()
	n.signal(syscall.SIGTERM)
	select {
	case <-n.ended:
	case <-time.After(30 * time.Second):
		n.w.violate("drain", "%s did not end within 30 s of SIGTERM", n.name)
		n.signal(syscall.SIGKILL)
		<-n.ended
	}
	n.process = nil
}

// timeTravel runs the node with a clock that is off, for a while.
func (n *node) timeTravel(offset string) {
	n.w.t.Helper()
	off := n.w.build(offset)
	n.drain()
	n.startAs(off)
	wait(12 * time.Second) // longer than a grace
	n.drain()
	n.start()
	wait(time.Second)
}

func (n *node) pause() {
	n.stilled.Add(1)
	n.w.house.reckon()
	n.signal(syscall.SIGSTOP)
	for late := time.Now().Add(time.Second); !n.stopped() && time.Now().Before(late); {
		wait(time.Millisecond)
	}
}

// stopped reports whether every thread of the process stands still, which takes a moment; only Linux can tell.
func (n *node) stopped() bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", n.process.Process.Pid))
	for _, thread := range threads {
		if stat, err := os.ReadFile(thread); err == nil && !bytes.Contains(stat, []byte(") T ")) {
			return false
		}
	}
	return len(threads) > 0
}

func (n *node) resume() {
	n.signal(syscall.SIGCONT)
	n.stilled.Add(-1)
	n.w.house.reckon()
}

// apart waits while the node is cut off from Redis for so long that the others take it for dead.
func (n *node) apart(d time.Duration) {
	n.stilled.Add(1)
	n.w.house.reckon()
	wait(d)
	n.stilled.Add(-1)
	n.w.house.reckon()
}

// checkLog looks for what must never be in a node's log.
func (n *node) checkLog() {
	log, err := os.ReadFile(n.logFile)
	require.NoError(n.w.t, err)
	for _, bad := range []string{"panic", "DATA RACE", "mistake", "fatal error"} {
		if i := bytes.Index(log, []byte(bad)); i >= 0 {
			n.w.violate("log", "%s wrote %q:\n%s", n.name, bad, log[max(0, i-200):min(len(log), i+3000)])
		}
	}
	if n.process != nil {
		select {
		case <-n.ended:
			n.w.violate("exit", "%s has ended by itself:\n%s", n.name, log[max(0, len(log)-2000):])
		default:
		}
	}
}

func (n *node) String() string { return fmt.Sprintf("node %s", n.name) }
