package redis

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
)

// roamer is a device that comes and goes, over whichever node and clock.
type roamer struct {
	t  require.TestingT
	id string // that it was last told
}

// come has it hello at a node whose clock is off.
func (r *roamer) come(m *member, incarnation string, off time.Duration) cluster.Device {
	got, err := m.d.Attach(context.Background(), cluster.Attach{
		Now: time.Now().Add(off), WantID: r.id,
		Device: cluster.Device{ID: uuid.NewString(), UserID: "ada", Kind: protocol.KindBot, Node: m.ID(), Incarnation: incarnation},
	})
	require.NoError(r.t, err)
	r.id = got.Device.ID
	return got.Device
}

// cut has a node's calls fail as they do while Redis is out of its reach. Check ends that.
func (m *member) cut() { m.c.breaker.open.Store(true) }

func (m *member) adas(t require.TestingT) []cluster.Device {
	of, err := m.d.Of(context.Background(), "ada")
	require.NoError(t, err)
	require.False(t, of["ada"].Alone)
	return of["ada"].Devices
}

// cameToOneThatIsAhead returns two nodes, of which the first got a device while it was cut off, by a clock that is ahead.
func cameToOneThatIsAhead(t *testing.T) (one, two *member, r *roamer) {
	t.Helper()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two = newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.halt(t)
	two.halt(t)
	r = &roamer{t: t, id: uuid.NewString()}
	one.cut()
	r.come(one, "first", 90*time.Second)
	require.True(t, one.Check(t.Context()))
	return one, two, r
}

// A node that came to know of a device while it was cut off, and whose clock was ahead, had it last but one. Where it is
// now counts, for all that the clock said there.
func TestWhoHangsHereIsHereThoughAnotherClockWasAhead(t *testing.T) {
	t.Parallel()
	one, two, r := cameToOneThatIsAhead(t)
	require.Equal(t, "first", two.adas(t)[0].Incarnation)
	two.d.desert() // it is another process, that has never heard of ada
	mine, err := one.d.Drop(t.Context(), one.adas(t)[0], time.Now().Add(ghostGrace))
	require.NoError(t, err)
	require.True(t, mine)
	two.cut()
	r.come(two, "second", 0)
	require.True(t, two.Check(t.Context()))
	all := one.adas(t)
	require.Len(t, all, 1)
	require.Equal(t, "second", all[0].Incarnation)
	require.True(t, all[0].Connected)
	gone, err := one.d.Reap(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, gone)
}

// Of two sockets that both seem to be there the clocks may have told the wrong one to be the later. It is sent off to come
// anew: whoever is still there has the device by that.
func TestTheSocketThatSeemsToBeTheEarlierIsToComeAnew(t *testing.T) {
	t.Parallel()
	one, two, r := cameToOneThatIsAhead(t)
	two.cut()
	r.come(two, "second", 0)
	require.True(t, two.Check(t.Context()))
	require.Len(t, two.replaced, 1)
	sent := <-two.replaced
	require.Equal(t, "second", sent.Incarnation)
	require.Equal(t, two.ID(), sent.Node)
	mine, err := two.d.Drop(t.Context(), sent, time.Now().Add(ghostGrace))
	require.NoError(t, err)
	require.False(t, mine)
	r.come(two, "third", 0)
	require.Equal(t, "third", one.adas(t)[0].Incarnation)
	two.lost(errAway)
	require.True(t, two.Check(t.Context()))
	require.Empty(t, two.replaced, "once")
}

// socket is what a client sees of a node.
type socket struct {
	at          *member
	incarnation string
	device      cluster.Device
}

// deafness has a node not hear the answer to what it writes next.
type deafness struct{ atomic.Bool }

func (d *deafness) DialHook(next redis.DialHook) redis.DialHook { return next }
func (d *deafness) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (d *deafness) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err == nil && cmd.Name() == "evalsha" && ctx.Value(trying{}) == nil && d.Swap(false) {
			err = io.ErrUnexpectedEOF
			cmd.SetErr(err)
		}
		return err
	}
}

// moves is a device that goes from node to node while these are cut off from Redis and started anew, with clocks that are
// off. As soon as all of it is over, it is where its client is.
type moves struct {
	t      require.TestingT
	nodes  []*member
	off    []time.Duration
	deaf   []deafness
	cut    []bool
	dead   []string // epochs that nobody has cleared away after yet
	r      roamer
	now    *socket   // the client's; nil while it has none
	half   []*socket // broken ones whose nodes haven't noticed
	serial int
}

// sockets are those that a node believes it has.
func (m *moves) sockets(n *member) (all []*socket) {
	for _, s := range append([]*socket{m.now}, m.half...) {
		if s != nil && s.at == n {
			all = append(all, s)
		}
	}
	return all
}

func (m *moves) come(i int) {
	if m.now != nil {
		m.half = append(m.half, m.now)
	}
	m.serial++
	s := &socket{at: m.nodes[i], incarnation: fmt.Sprint("socket ", m.serial)}
	s.device = m.r.come(s.at, s.incarnation, m.off[i])
	m.now = s
	of, err := s.at.d.Of(context.Background(), "ada")
	require.NoError(m.t, err)
	u := of["ada"]
	require.GreaterOrEqual(m.t, u.FindSocket(s.device), 0, "else the server closes it as replaced")
	m.closeReplaced()
}

// notice has a node find out that a socket is broken.
func (m *moves) notice(s *socket) {
	if s == m.now {
		m.now = nil
	}
	var rest []*socket
	for _, h := range m.half {
		if h != s {
			rest = append(rest, h)
		}
	}
	m.half = rest
	_, err := s.at.d.Drop(context.Background(), s.device, time.Now().Add(ghostGrace))
	require.NoError(m.t, err)
}

// closeReplaced closes what nodes have said is to be closed. A client that is sent off comes back at once, as the same device.
func (m *moves) closeReplaced() {
	for i, n := range m.nodes {
		for len(n.replaced) > 0 {
			d := <-n.replaced
			for _, s := range append([]*socket{m.now}, m.half...) {
				if s == nil || s.incarnation != d.Incarnation {
					continue
				}
				used, id := s == m.now, m.r.id
				m.notice(s)
				if used {
					m.come(i)
					require.Equal(m.t, id, m.r.id, "who is sent off keeps the place")
				}
			}
		}
	}
}

func (m *moves) heal(i int) {
	m.cut[i] = false
	n := m.nodes[i]
	n.lost(errAway)
	for range 10 {
		if n.Check(context.Background()) {
			break
		}
	}
	require.NoError(m.t, n.Err())
	m.closeReplaced()
}

// restart has a node killed and started anew, with another clock.
func (m *moves) restart(i int, off time.Duration) {
	n := m.nodes[i]
	m.dead = append(m.dead, n.ID())
	for _, s := range m.sockets(n) {
		if s == m.now {
			m.now = nil
		}
		var rest []*socket
		for _, h := range m.half {
			if h != s {
				rest = append(rest, h)
			}
		}
		m.half = rest
	}
	m.off[i] = off
	n.d.desert()
	n.r.desert()
	n.mu.Lock()
	n.id, n.known, n.away, n.owes = n.newID(), "", errNotYet, false
	n.mu.Unlock()
	if m.cut[i] {
		n.cut()
	} else {
		m.heal(i)
	}
}

func (m *moves) bury() {
	for i, n := range m.nodes {
		n.mu.Lock()
		owes := n.away != nil || n.owes
		n.mu.Unlock()
		if m.cut[i] || owes {
			continue // as in bury
		}
		for _, id := range m.dead {
			if _, err := n.giveUp(context.Background(), id); err != nil || n.clear(context.Background(), id) != nil {
				return // the next time
			}
		}
		m.dead = nil
		return
	}
}

func TestADeviceIsWhereItsClientIs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	nodes := []*member{newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two"), newMember(t, server.URL, prefix, "three")}
	var m *moves
	deaf := make([]deafness, len(nodes))
	for i, n := range nodes {
		n.halt(t)
		n.c.rdb.AddHook(&deaf[i])
		n.hangs = func(incarnation string) bool {
			for _, s := range m.sockets(n) {
				if s.incarnation == incarnation {
					return true
				}
			}
			return false
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		m = &moves{t: rt, nodes: nodes, deaf: deaf, off: make([]time.Duration, len(nodes)), cut: make([]bool, len(nodes))}
		m.r = roamer{t: rt, id: uuid.NewString()}
		for i := range nodes {
			m.restart(i, 0)
		}
		m.bury()
		for _, d := range nodes[0].adas(rt) {
			_, err := nodes[0].d.Remove(context.Background(), d)
			require.NoError(rt, err)
		}
		node := rapid.IntRange(0, len(nodes)-1)
		clock := rapid.SampledFrom([]time.Duration{-90 * time.Second, 0, 90 * time.Second})
		rt.Repeat(map[string]func(*rapid.T){
			"come": func(rt *rapid.T) { m.come(node.Draw(rt, "node")) },
			"drop": func(*rapid.T) {
				if m.now != nil {
					m.notice(m.now)
				}
			},
			"notice": func(*rapid.T) {
				if len(m.half) > 0 {
					m.notice(m.half[0])
				}
			},
			"cut":  func(rt *rapid.T) { i := node.Draw(rt, "node"); m.cut[i] = true; m.nodes[i].cut() },
			"heal": func(rt *rapid.T) { m.heal(node.Draw(rt, "node")) },
			"heard": func(rt *rapid.T) { // Redis is back, and the node has yet to write what it owes
				i := node.Draw(rt, "node")
				m.cut[i] = false
				m.nodes[i].c.breaker.open.Store(false)
			},
			"deaf":    func(rt *rapid.T) { i := node.Draw(rt, "node"); m.deaf[i].Store(true) },
			"restart": func(rt *rapid.T) { m.restart(node.Draw(rt, "node"), clock.Draw(rt, "clock")) },
			"bury":    func(*rapid.T) { m.bury() },
			"reap": func(rt *rapid.T) {
				_, _ = m.nodes[node.Draw(rt, "node")].d.Reap(context.Background(), time.Now().Add(time.Hour))
			},
		})
		m.settled(rt)
	})
}

// settled ends all faults, and looks. What else may be in the list is found to be a ghost by the node that it hangs on.
func (m *moves) settled(rt *rapid.T) {
	for i := range m.nodes {
		m.deaf[i].Store(false)
	}
	for i := range m.nodes {
		m.heal(i)
	}
	m.bury()
	require.Empty(rt, m.dead)
	for len(m.half) > 0 {
		m.notice(m.half[0])
	}
	_, err := m.nodes[0].d.Reap(context.Background(), time.Now().Add(time.Hour))
	require.NoError(rt, err)
	if m.now == nil {
		return
	}
	var all []string
	for _, d := range m.nodes[0].adas(rt) {
		if d.Connected && d.Incarnation == m.now.incarnation {
			return
		}
		all = append(all, fmt.Sprint(d.Incarnation, " on ", d.Node, ", connected: ", d.Connected))
	}
	rt.Fatalf("the client is on %s by %s, and the list says %q", m.now.at.ID(), m.now.incarnation, all)
}

// A device that went to another node, and is gone from there, doesn't come back with the one that it left.
func TestWhoWentElsewhereDoesNotHauntTheNodeThatTheyLeft(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.halt(t)
	two.halt(t)
	for name, end := range map[string]func(d cluster.Device) (bool, error){
		"dropped": func(d cluster.Device) (bool, error) { return one.d.Drop(t.Context(), d, time.Now().Add(ghostGrace)) },
		"removed": func(d cluster.Device) (bool, error) { return one.d.Remove(t.Context(), d) },
	} {
		r := &roamer{t: t}
		old := r.come(one, "old "+name, 0)
		there := r.come(two, "new "+name, 0)
		mine, err := end(old)
		require.NoError(t, err)
		require.False(t, mine)
		mine, err = two.d.Remove(t.Context(), there)
		require.NoError(t, err)
		require.True(t, mine)
		one.lost(errAway)
		require.True(t, one.Check(t.Context()))
		require.Empty(t, two.adas(t), name)
	}
}
