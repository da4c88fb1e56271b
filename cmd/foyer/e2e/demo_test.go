package e2e_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/client"
	"foyer/cmd/foyer/demo"
	"foyer/protocol"
)

// lobbies are the demo of several nodes, as a process with a folder for what it leaves.
type lobbies struct {
	*server
	dir   string
	nodes map[string]int // process by name, Redis's too
}

func newLobbies(t *testing.T) *lobbies {
	t.Helper()
	dir, err := os.MkdirTemp("", "foyer-e2e-demo") //nolint:usetesting // a short name: PostgreSQL's socket is in it
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky)) // PostgreSQL may be another user
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l := &lobbies{server: &server{t: t, listen: freeAddress(t), admin: freeAddress(t)}, dir: dir, nodes: map[string]int{}}
	l.process = exec.Command(binary, "demo", "--cluster", "--listen", l.listen, "--admin-listen", l.admin)
	l.process.Env = append(os.Environ(), "TMPDIR="+dir)
	out, err := l.process.StdoutPipe()
	require.NoError(t, err)
	l.process.Stderr = &l.log
	require.NoError(t, l.process.Start())
	ended, process := make(chan struct{}), l.process
	l.ended = ended
	t.Cleanup(func() {
		_ = process.Process.Kill() // if it still runs
		<-ended
		if t.Failed() {
			t.Logf("the demo's log:\n%s", l.log.String())
		}
	})
	ready := make(chan string, 1)
	go func() {
		defer close(ended)
		l.listenTo(out, ready)
		_ = process.Wait()
	}()
	select {
	case told := <-ready:
		for _, found := range regexp.MustCompile(`(node-\d) +kill -9 (\d+)|()kill -STOP (\d+)`).FindAllStringSubmatch(told, -1) {
			l.nodes[found[1]], err = strconv.Atoi(found[2] + found[4])
			require.NoError(t, err)
		}
	case <-ended:
		require.Fail(t, "the demo ended", l.log.String())
	case <-time.After(time.Minute):
		require.Fail(t, "the demo does not open")
	}
	require.Len(t, l.nodes, 4)
	return l
}

// listenTo reads what the demo says; the banner goes to ready.
func (*lobbies) listenTo(out io.Reader, ready chan<- string) {
	var told strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		told.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Ctrl-C") {
			ready <- told.String()
		}
	}
}

// visit comes in by the load balancer and joins the lobby.
func (l *lobbies) visit(name string) (*guest, string) {
	l.t.Helper()
	g := l.guest(name, func(o *client.Options) { o.Token = demo.DevTokens(l.url())(name) })
	list, err := g.Sessions(l.t.Context(), protocol.SessionListParams{})
	require.NoError(l.t, err)
	require.Len(l.t, list.Sessions, 1)
	id := list.Sessions[0].ID
	_, err = g.JoinSession(l.t.Context(), protocol.SessionJoinParams{SessionID: id})
	require.NoError(l.t, err)
	return g, id
}

func (g *guest) node() string { return g.Hello().Server.Node }

// leavesNothing waits until no process of the demo and no file of it is there any more.
func (l *lobbies) leavesNothing() {
	l.t.Helper()
	var left []string
	require.Eventually(l.t, func() bool {
		left = nil
		files, err := os.ReadDir(l.dir)
		for _, f := range files {
			left = append(left, f.Name())
		}
		for name, pid := range l.nodes {
			if syscall.Kill(pid, 0) == nil {
				left = append(left, name)
			}
		}
		lines, e := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, name := range lines {
			if line, _ := os.ReadFile(name); strings.Contains(string(line), filepath.Base(l.dir)) { // it may be gone by now
				left = append(left, strings.ReplaceAll(string(line), "\x00", " "))
			}
		}
		return err == nil && e == nil && len(left) == 0
	}, 20*time.Second, 50*time.Millisecond)
	require.Empty(l.t, left)
}

func TestDemoOfSeveralNodesGoesOnWithoutOne(t *testing.T) {
	l := newLobbies(t)
	ada, lobby := l.visit("Ada")
	ben, _ := l.visit("Ben")
	require.NotEqual(t, ada.node(), ben.node(), "the fewest devices first")
	here, err := ben.InSession(t.Context(), protocol.PeopleInSessionParams{SessionID: lobby})
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(here.People, func(p protocol.Person) bool { return p.User.ID == "ada" }))

	_, err = ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
	require.NoError(t, err)
	ben.told(t, protocol.RelationReceived, "ada")
	_, err = ada.Withdraw(t.Context(), protocol.InvitationWithdrawParams{UserID: "ben"})
	require.NoError(t, err)
	ben.told(t, protocol.RelationNone, "ada")

	before := ada.node()
	require.NoError(t, syscall.Kill(l.nodes[before], syscall.SIGKILL))
	back := await(ada, "coming back", func(e *client.Online) bool { return e.Hello.Server.Node != before })
	require.True(t, back.Hello.Resumed)
	require.Equal(t, lobby, back.Hello.SessionID)
	_, err = ben.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ada"}})
	require.NoError(t, err)
	ada.told(t, protocol.RelationReceived, "ben")
	_, err = ben.Withdraw(t.Context(), protocol.InvitationWithdrawParams{UserID: "ada"})
	require.NoError(t, err)
	ada.told(t, protocol.RelationNone, "ben")
	for len(ben.events) > 0 {
		if e, ok := (<-ben.events).(*protocol.SessionRoster); ok {
			require.False(t, slices.ContainsFunc(e.Left, func(m protocol.Left) bool { return m.UserID == "ada" }), "ada never left")
		}
	}

	ada.Close()
	ben.Close()
	l.end(syscall.SIGINT)
	l.leavesNothing()
}

func TestDemoOfSeveralNodesThatIsKilledLeavesNothing(t *testing.T) {
	l := newLobbies(t)
	for name, pid := range l.nodes {
		require.NoError(t, syscall.Kill(pid, 0), "%s runs", name)
	}
	l.end(syscall.SIGKILL)
	l.leavesNothing()
}
