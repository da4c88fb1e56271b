package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/client"
	"foyer/protocol"
	"foyer/server/cluster/redis/redistest"
	"foyer/server/store/testservice"
)

// pair are two nodes of one cluster: real processes on one PostgreSQL and one Redis.
type pair struct {
	one, two *server
	redis    *redistest.Server
}

func newNodes(t *testing.T) *pair {
	t.Helper()
	p := &pair{redis: redistest.Start(t)}
	store := testservice.PostgreSQL(t)
	p.one = newNode(t, store, "one", p.redis.URL)
	p.two = newNode(t, store, "two", p.redis.URL)
	return p
}

// newNode starts a node. Flags that come later count.
func newNode(t *testing.T, store, name, redis string) *server {
	return newServer(t, "--store", store, "--redis", redis, "--node", name)
}

// guest is a client that keeps all that it was told.
type guest struct {
	*client.Client
	t      *testing.T
	events chan client.Event
	roster map[string]bool // of its session, as shown reads it
}

func (s *server) guest(user string, edit func(*client.Options)) *guest {
	s.t.Helper()
	g := &guest{t: s.t, events: make(chan client.Event, 4096)}
	o := client.Options{
		URL: s.url(), Token: tokens(user), CallTimeout: time.Minute,
		OnEvent: func(_ *client.Client, e client.Event) { g.events <- e },
	}
	if edit != nil {
		edit(&o)
	}
	var err error
	g.Client, err = client.Dial(s.t.Context(), o)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { g.Close(); <-g.Done() })
	return g
}

// await returns the first event that fits.
func await[E client.Event](g *guest, what string, fits func(E) bool) E {
	g.t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case e := <-g.events:
			if v, ok := e.(E); ok && fits(v) {
				return v
			}
		case <-late:
			require.Fail(g.t, "not told", what)
		}
	}
}

func (g *guest) told(t *testing.T, state protocol.RelationState, of string) *protocol.RelationChanged {
	t.Helper()
	return await(g, string(state), func(e *protocol.RelationChanged) bool {
		return e.User != nil && e.User.ID == of && e.Relation.State == state
	})
}

func TestAnInvitationAndItsWithdrawalAcrossNodes(t *testing.T) {
	p := newNodes(t)
	ada, ben := p.one.guest("ada", nil), p.two.guest("ben", nil)
	sent, err := ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "come"})
	require.NoError(t, err)
	require.NotNil(t, sent)
	ben.told(t, protocol.RelationReceived, "ada")
	_, err = ada.Withdraw(t.Context(), protocol.InvitationWithdrawParams{UserID: "ben"})
	require.NoError(t, err)
	ben.told(t, protocol.RelationNone, "ada")
}

func TestASessionAcrossNodes(t *testing.T) {
	p := newNodes(t)
	states := make(chan []byte, 1024)
	ada := p.one.guest("ada", nil)
	ben := p.two.guest("ben", func(o *client.Options) {
		o.OnStates = func(frame []byte) { states <- append([]byte(nil), frame...) }
	})
	made, err := ada.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	in, err := ben.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Len(t, in.Members, 2)
	came := await(ada, "ben's coming", func(e *protocol.SessionRoster) bool { return len(e.Joined) == 1 })
	require.Equal(t, "ben", came.Joined[0].User.ID)
	require.Equal(t, in.Version, came.Version)

	// The state lane.
	require.True(t, ada.WriteState([]byte("here I am")))
	seen(t, states, made.Number, "here I am")

	// A companion hangs on another node than its headset, and is where its user is.
	tablet := p.two.guest("ada", func(o *client.Options) { o.Client = protocol.Client{Kind: protocol.KindTablet, Companion: true} })
	await(tablet, "where ada is", func(e *protocol.SessionJoinResult) bool { return e.Session.ID == made.Session.ID })

	// Ben's node is killed; he comes back on the other one and never left.
	resume := ben.Resume()
	p.two.end(syscall.SIGKILL)
	again := p.one.guest("ben", func(o *client.Options) { o.Resume = &resume })
	require.True(t, again.Hello().Resumed)
	require.Equal(t, made.Session.ID, again.Hello().SessionID)
	back, err := again.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Equal(t, in.Number, back.Number)
}

// seen waits for a frame with a member's state.
func seen(t *testing.T, states <-chan []byte, number uint16, want string) {
	t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case raw := <-states:
			frame, err := protocol.ParseStates(raw)
			require.NoError(t, err)
			for n, state := range frame.All() {
				if n == number && string(state) == want {
					return
				}
			}
		case <-late:
			require.Fail(t, "no such state", "%d: %s", number, want)
		}
	}
}

func TestWhoHungOnADeadNodeIsGone(t *testing.T) {
	t.Parallel()
	p := newNodes(t)
	ada, ben := p.one.guest("ada", nil), p.two.guest("ben", nil)
	made, err := ada.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	_, err = ben.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	ada.shown(t, "ada", "ben")
	quiet := time.After(20 * time.Second)
	<-quiet // a node takes nobody for dead so soon after its start
	ben.Close()
	p.two.end(syscall.SIGKILL)
	killed := time.Now()
	ada.shown(t, "ada")
	t.Logf("gone after %v", time.Since(killed).Round(time.Millisecond)) // the lease and a little, unless Redis was slow for the other node
}

// TestANoteEndsThoughTheNodeThatItWasSetOnIsKilled has Ada be told by her own node, which knows when.
func TestANoteEndsThoughTheNodeThatItWasSetOnIsKilled(t *testing.T) {
	t.Parallel()
	p := newNodes(t)
	ada, ben := p.one.guest("ada", nil), p.two.guest("ben", nil)
	p.one.guest("ben", nil)
	_, err := ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
	require.NoError(t, err)
	_, err = ben.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ada"}})
	require.NoError(t, err)
	note, until := "at lunch", protocol.At(time.Now().Add(6*time.Second))
	_, err = ben.SetPresence(t.Context(), protocol.PresenceSetParams{Status: protocol.StatusOnline, Note: &note, NoteUntil: &until})
	require.NoError(t, err)
	says := func(note string) func(*protocol.PresenceChanged) bool {
		return func(e *protocol.PresenceChanged) bool { return e.People[0].Presence.Note == note }
	}
	await(ada, "the note", says(note))
	p.two.end(syscall.SIGKILL)
	await(ada, "the note's end", says(""))
	require.WithinRange(t, time.Now(), until.Time, until.Add(2*time.Second))
}

// TestANodeThatStopsSendsItsPeopleToTheOthers drains one of two nodes: its people come back on the other with what they
// had, and nobody sees them leave.
func TestANodeThatStopsSendsItsPeopleToTheOthers(t *testing.T) {
	t.Parallel()
	p := newNodes(t)
	ada := p.one.guest("ada", nil)
	made, err := ada.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	const crowd = 8
	type sent struct {
		was    protocol.SessionJoinResult
		resume protocol.Resume
	}
	there := map[string]sent{}
	ended := make(chan string, crowd)
	for i := range crowd {
		user := fmt.Sprint("u", i)
		g := p.two.guest(user, nil)
		in, err := g.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
		require.NoError(t, err)
		there[user] = sent{in, g.Resume()}
		go func() {
			for e := range g.events {
				if _, ok := e.(*client.Offline); ok {
					ended <- user
					return
				}
			}
		}()
	}
	_, err = ada.SetRole(t.Context(), protocol.SessionSetRoleParams{SessionID: made.Session.ID, UserID: "u3", Role: protocol.RoleCohost})
	require.NoError(t, err)
	stopped := make(chan struct{})
	go func() { p.two.end(syscall.SIGTERM); close(stopped) }()
	for range crowd {
		user := <-ended
		resume := there[user].resume
		back := p.one.guest(user, func(o *client.Options) { o.Resume = &resume })
		require.Equal(t, made.Session.ID, back.Hello().SessionID)
		in, err := back.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
		require.NoError(t, err)
		require.Equal(t, there[user].was.Number, in.Number)
		for _, m := range in.Members {
			if m.User.ID == "u3" {
				require.Equal(t, protocol.RoleCohost, m.Role)
			}
		}
	}
	<-stopped
	settled := time.After(3 * time.Second) // others clear away what hung on the node
	<-settled
	last := p.one.guest("cem", nil)
	in, err := last.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Len(t, in.Members, crowd+2)
	for _, m := range in.Members {
		require.True(t, m.Connected, m.User.ID)
	}
	ada.shown(t, append([]string{"ada", "cem"}, slices.Sorted(maps.Keys(there))...)...)
}

// TestNodesReachRedisOverTLS has a Redis that others can neither overhear nor pretend to be.
func TestNodesReachRedisOverTLS(t *testing.T) {
	folder := t.TempDir()
	authority, certificate, key := filepath.Join(folder, "ca.pem"), filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	certify(t, authority, certificate, key)
	secured := freeAddress(t)
	_, port, err := net.SplitHostPort(secured)
	require.NoError(t, err)
	redis := redistest.Start(t, "--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority, "--tls-auth-clients", "no")
	store := testservice.PostgreSQL(t)
	stranger := newNode(t, store, "stranger", "rediss://"+secured)
	stranger.awaitState("degraded")
	t.Setenv("SSL_CERT_FILE", authority)
	one, two := newNode(t, store, "one", "rediss://"+secured), newNode(t, store, "two", "rediss://"+secured)
	one.awaitState("ok")
	two.awaitState("ok")
	made, err := one.guest("ada", nil).CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	in, err := two.guest("ben", nil).JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Len(t, in.Members, 2)
	answer, err := redis.Command("DBSIZE")
	require.NoError(t, err)
	require.NotEqual(t, ":0", answer)
}

// certify writes an authority of its own, and a certificate for this machine's loopback.
func certify(t *testing.T, authority, certificate, key string) {
	t.Helper()
	write := func(file, kind string, der []byte) {
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	require.NoError(t, err)
	write(authority, "CERTIFICATE", der)
	write(certificate, "CERTIFICATE", der)
	der, err = x509.MarshalECPrivateKey(private)
	require.NoError(t, err)
	write(key, "EC PRIVATE KEY", der)
}

func TestRedisAwayDoesNotTakeANodeDown(t *testing.T) {
	t.Parallel()
	p := newNodes(t)
	ada, ben := p.one.guest("ada", nil), p.two.guest("ben", nil)
	made, err := ada.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	_, err = ben.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	p.redis.Kill()
	p.one.await("/livez", 200)
	p.one.awaitState("degraded")

	began := time.Now()
	_, err = ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
	require.NoError(t, err)
	ben.told(t, protocol.RelationReceived, "ada")
	t.Logf("told by the log's tail after %v", time.Since(began).Round(time.Millisecond))

	// Who comes meanwhile is let in, and who comes back is where they were.
	p.one.guest("dan", nil)
	resume := ben.Resume()
	back := p.two.guest("ben", func(o *client.Options) { o.Resume = &resume })
	require.Equal(t, made.Session.ID, back.Hello().SessionID)

	p.redis.Restart()
	began = time.Now()
	p.one.awaitState("ok")
	p.two.awaitState("ok")
	t.Logf("all is well after %v", time.Since(began).Round(time.Millisecond))
	cem := p.two.guest("cem", nil)
	joined, err := cem.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Len(t, joined.Members, 3, "nobody left")
	ada.shown(t, "ada", "ben", "cem")
}

// shown waits until the roster of the session that the guest made, as the client was told it, has these members. None of
// them may leave meanwhile.
func (g *guest) shown(t *testing.T, want ...string) {
	t.Helper()
	if g.roster == nil {
		g.roster = map[string]bool{g.Hello().User.ID: true}
	}
	await(g, "the roster", func(e client.Event) bool {
		switch v := e.(type) {
		case *protocol.SessionJoinResult: // the whole, as messages may have been lost
			g.roster = map[string]bool{}
			for _, m := range v.Members {
				g.roster[m.User.ID] = true
			}
		case *protocol.SessionRoster:
			for _, m := range v.Left {
				require.NotContains(t, want, m.UserID)
				delete(g.roster, m.UserID)
			}
			for _, m := range v.Joined {
				g.roster[m.User.ID] = true
			}
		}
		return slices.Equal(want, slices.Sorted(maps.Keys(g.roster)))
	})
}

// awaitState waits until /readyz answers with the state.
func (s *server) awaitState(state string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		_, text, err := s.page("/readyz")
		var body struct{ Status string }
		return err == nil && json.Unmarshal([]byte(text), &body) == nil && body.Status == state
	}, time.Minute, 20*time.Millisecond, state)
}
