package server

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/hub"
	"foyer/session"
	"foyer/session/relay"
)

// between is a room on one of several nodes, and how another's states come there.
type between struct {
	room
	clock time.Time
	said  []cluster.Kind
}

// spoken is a Bus that nobody hears.
type spoken struct {
	cluster.Bus
	b *between
}

func (s spoken) Publish(_ cluster.Topic, m *cluster.Message) { s.b.said = append(s.b.said, m.Kind) }

func newBetween() *between {
	b := &between{clock: time.UnixMilli(1000)}
	ended, end := context.WithCancel(context.Background())
	end() // nothing goes on behind a test
	b.due = b.clock.Add(time.Hour)
	b.srv = &Server{ctx: ended, many: true, epoch: func() string { return "one" }, now: func() time.Time { return b.clock }, bus: spoken{b: b}, bySession: hub.NewIndex[string, *Device]()}
	return b
}

// write has a state written here.
func (b *between) write(number uint16, state []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writeLocked(number, state)
}

// rosterOf is a roster of that version, with when the numbers' members joined.
func rosterOf(version int64, joined map[uint16]int64) session.Snapshot {
	out := session.Snapshot{Version: version}
	for number, at := range joined {
		out.Members = append(out.Members, session.Member{Number: number, JoinedAt: at})
	}
	return out
}

// comes has a state come that was written on another node.
func (b *between) comes(node string, at int64, number uint16, state string) {
	var elsewhere relay.Relay
	elsewhere.Write(number, []byte(state))
	b.nodeSays(&cluster.Message{Kind: cluster.KindStates, Incarnation: node, At: at, States: elsewhere.Only(1, []uint16{number})})
}

// states returns what a device that comes now is shown.
func (b *between) states() map[uint16]string {
	out := map[uint16]string{}
	for _, raw := range b.relay.Key(1, nil) {
		frame, _ := protocol.ParseStates(raw)
		for number, state := range frame.All() {
			out[number] = string(state)
		}
	}
	return out
}

func TestANodeAnswersOnlyForStatesThatAreWrittenOnIt(t *testing.T) {
	b := newBetween()
	b.write(1, []byte("first"))
	b.write(2, []byte("other"))
	b.newsLocked()
	b.comes("two", 1001, 1, "second")
	b.nodeMissed()
	require.Equal(t, map[uint16]telling{2: again}, b.own, "who writes 1 hangs on the other node now: its copy here may be late")
	news := b.newsLocked()
	require.Len(t, news, 1)
	require.EqualValues(t, 1000, news[0].At, "when it was written, not when it is told")
}

func TestAStateThatComesLateFromWhereItsWriterWasChangesNothing(t *testing.T) {
	b := newBetween()
	b.comes("two", 50, 1, "new")
	b.comes("three", 44, 1, "old, of a node that could not send for a while")
	require.Equal(t, map[uint16]string{1: "new"}, b.states())
	b.comes("two", 51, 1, "newer")
	b.comes("three", 60, 1, "back again")
	require.Equal(t, map[uint16]string{1: "back again"}, b.states())
	b.write(1, []byte("here"))
	b.comes("three", 2000, 1, "there")
	require.Equal(t, map[uint16]string{1: "here"}, b.states(), "not told yet")
	b.newsLocked()
	b.comes("three", 999, 1, "there")
	require.Equal(t, map[uint16]string{1: "here"}, b.states())
	b.comes("three", 1001, 1, "there")
	require.Equal(t, map[uint16]string{1: "there"}, b.states())
}

func TestWhatWasWrittenBeforeANodeWasStoppedIsOfThen(t *testing.T) {
	b := newBetween()
	b.hz = 20
	b.write(1, []byte("mine"))
	b.timer.Stop()
	b.clock = b.clock.Add(3 * time.Second)
	require.LessOrEqual(t, b.newsLocked()[0].At, int64(1100))
}

func TestNoStateComesBackOfSomebodyWhoLeft(t *testing.T) {
	b := newBetween()
	b.comes("two", 900, 1, "theirs")
	b.gone([]uint16{1}, 10)
	b.comes("two", 1100, 1, "of who does not know yet")
	require.Empty(t, b.states())
	b.taken([]uint16{1}, 11)
	require.Equal(t, []cluster.Kind{cluster.KindStatesWanted}, b.said, "it may have been the next one's")
	b.comes("two", 1100, 1, "of the next one with the number")
	require.Equal(t, map[uint16]string{1: "of the next one with the number"}, b.states())
}

func TestNoStateOfAStayComesBackInTheNextOneWithTheNumber(t *testing.T) {
	b := newBetween()
	b.comes("three", 1100, 1, "of the next stay, quicker than the roster that says so")
	b.gone([]uint16{1}, 10)
	b.taken([]uint16{1}, 11)
	b.comes("two", 1000, 1, "of the stay before, from a node that tells it once more")
	require.Empty(t, b.states())
	b.comes("three", 1100, 1, "of the next stay")
	require.Equal(t, map[uint16]string{1: "of the next stay"}, b.states())
}

func TestNoStateOfAStayWhoseEndWasLostIsOfTheNextOneWithTheNumber(t *testing.T) {
	b := newBetween()
	b.comes("two", 1000, 1, "of the stay before")
	b.comes("two", 8500, 2, "of the next one, whose node is behind")
	b.clock = b.clock.Add(10 * time.Second)
	b.write(3, []byte("just written here"))
	require.True(t, b.keep(rosterOf(10, map[uint16]int64{1: 9000, 2: 9000, 3: 9000}), 11000), "once more: some were ended")
	require.Equal(t, map[uint16]string{2: "of the next one, whose node is behind", 3: "just written here"}, b.states())
	b.comes("two", 9100, 1, "of the next one")
	require.Contains(t, b.states(), uint16(1))
}

func TestANodeThatMayHaveMissedSomethingLooksBeforeItAnswersForStates(t *testing.T) {
	b := newBetween()
	b.write(1, []byte("mine, who was taken out meanwhile"))
	b.write(2, []byte("mine"))
	b.newsLocked()
	b.doubt()
	b.nodeMissed()
	require.Empty(t, b.newsLocked())
	b.keep(rosterOf(10, map[uint16]int64{2: 0}), 2000)
	require.Equal(t, map[uint16]telling{2: again}, b.own)
}

// remembers is a Registry with one roster.
type remembers struct {
	session.Registry
	roster session.Snapshot
	reads  int
}

func (r *remembers) Roster(context.Context, string) (session.Snapshot, error) {
	r.reads++
	return r.roster, nil
}

func TestWhatANodeKnowsOfARosterByItselfKeepsNoState(t *testing.T) {
	b := newBetween()
	b.write(1, []byte("of who left elsewhere"))
	b.newsLocked()
	b.doubt()
	registry := &remembers{roster: session.Snapshot{Alone: true, Members: []session.Member{{Number: 1}}}}
	b.srv.registry, b.srv.rooms.by = registry, map[string]*room{"s": &b.room}
	require.Error(t, b.srv.keepStatesOnce(t.Context(), "s"), "and is looked at again")
	b.nodeMissed()
	require.Empty(t, b.newsLocked(), "no other node is told")
	b.clock = b.clock.Add(time.Second)
	registry.roster = session.Snapshot{}
	require.NoError(t, b.srv.keepStatesOnce(t.Context(), "s"))
	require.Empty(t, b.states())
}

func TestOneReadEndsTheStatesForAllWhoAreShownARosterAnew(t *testing.T) {
	b := newBetween()
	b.id = "s"
	b.comes("two", 900, 1, "of who left unseen")
	b.clock = b.clock.Add(time.Second)
	registry := &remembers{roster: rosterOf(10, nil)}
	b.srv.registry, b.srv.rooms.by = registry, map[string]*room{"s": &b.room}
	for range 3 {
		b.srv.keepStatesNow(t.Context(), &b.room, 10)
		require.Empty(t, b.states())
	}
	require.Equal(t, 1, registry.reads)
	b.srv.keepStatesNow(t.Context(), &b.room, 11)
	require.Equal(t, 2, registry.reads, "another one")
}

func TestAStateOfSomebodyWhoseLeaveWasLostEndsWithTheRosterThatIsRead(t *testing.T) {
	b := newBetween()
	b.write(3, []byte("here"))
	b.newsLocked()
	b.comes("two", 900, 1, "theirs")
	b.comes("two", 900, 2, "another's")
	b.comes("two", 1000, 4, "of somebody who comes just now")
	b.clock = b.clock.Add(time.Second)
	require.True(t, b.keep(rosterOf(10, map[uint16]int64{2: 0, 3: 0}), 1000), "it is looked at again")
	require.Equal(t, map[uint16]string{2: "another's", 3: "here", 4: "of somebody who comes just now"}, b.states())
	b.comes("two", 2000, 1, "theirs")
	require.NotContains(t, b.states(), uint16(1))
	require.True(t, b.keep(rosterOf(10, map[uint16]int64{2: 0, 3: 0}), 1500))
	require.Equal(t, map[uint16]string{2: "another's", 3: "here"}, b.states())
	require.False(t, b.keep(rosterOf(10, map[uint16]int64{2: 0, 3: 0}), 1500))
}

func TestAStateOfWhoIsBeingToldToHaveLeftIsNotWritten(t *testing.T) {
	b := newBetween()
	d := &Device{place: &place{room: &b.room, number: 1, version: 9}}
	p := d.place
	b.writes(d, p, []byte("there"))
	left := &cluster.Message{Kind: cluster.KindRoster, Version: 10, Left: []uint16{1}}
	d.numbersLeft(left) // between the look at the place and the writing
	b.gone(left.Left, left.Version)
	b.writes(d, p, []byte("gone"))
	require.Empty(t, b.states())
	d.place = &place{room: &b.room, number: 2, version: 11}
	b.writes(d, &place{room: &b.room, number: 3}, []byte("of a place that it gave up"))
	require.Empty(t, b.states())
	b.writes(d, d.place, []byte("there again"))
	require.Equal(t, map[uint16]string{2: "there again"}, b.states())
}

func TestARosterThatIsOlderThanALeaveGivesNoNumberBack(t *testing.T) {
	b := newBetween()
	b.comes("two", 900, 1, "theirs")
	b.gone([]uint16{1}, 10)
	b.keep(rosterOf(9, map[uint16]int64{1: 0}), 1500) // read before, kept by it after
	b.comes("two", 1100, 1, "of who does not know yet")
	require.Empty(t, b.states())
	b.taken([]uint16{1}, 9)
	b.comes("two", 1100, 1, "of who does not know yet")
	require.Empty(t, b.states())
	b.doubt()
	b.keep(rosterOf(5, map[uint16]int64{1: 0}), 2000)
	b.comes("two", 2100, 1, "of who is there by a roster that began anew")
	require.Equal(t, map[uint16]string{1: "of who is there by a roster that began anew"}, b.states())
}

func TestALeaveEndsTheStateWithNobodyHereToBeTold(t *testing.T) {
	b := newBetween()
	b.id = "s"
	b.srv.rooms.by = map[string]*room{"s": &b.room}
	b.comes("two", 900, 1, "theirs")
	b.srv.toSession(&cluster.Message{Kind: cluster.KindRoster, Session: "s", Version: 10, Numbers: []uint16{1}, Left: []uint16{1}})
	require.Empty(t, b.states(), "while one device goes and another comes")
}

// counts is a Bus that looks after each step whether a room is there without a subscription.
type counts struct {
	spoken
	subscribed int
	unheard    bool
}

func (c *counts) look() {
	c.unheard = c.unheard || c.subscribed == 0 && c.b.srv.rooms.of("s") != nil
}

func (c *counts) Subscribe(context.Context, cluster.Topic) error {
	c.look()
	c.subscribed++
	return nil
}

func (c *counts) Unsubscribe(cluster.Topic) {
	c.subscribed--
	c.look()
}

func TestARoomHearsAllAsLongAsItIsThere(t *testing.T) {
	b := newBetween()
	bus := &counts{spoken: spoken{b: b}}
	b.srv.bus, b.srv.rooms.by = bus, map[string]*room{}
	d := &Device{srv: b.srv}
	r, err := b.srv.enter(t.Context(), d, "s")
	require.NoError(t, err)
	require.Equal(t, 1, bus.subscribed)
	b.srv.exit(d, r)
	require.False(t, bus.unheard)
	require.Zero(t, bus.subscribed)
}
