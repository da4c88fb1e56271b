package session

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/protocol"
)

// watcher is a client that got the roster once and applies every change since, in whatever order of its parts.
type watcher struct {
	version int64
	members map[string]protocol.Member
	left    bool // leaves are applied first
}

func (w *watcher) apply(t require.TestingT, c protocol.SessionRoster) {
	require.Equal(t, w.version+1, c.Version)
	w.version = c.Version
	put := func() {
		for _, m := range slices.Concat(c.Joined, c.Updated) {
			w.members[m.User.ID] = m
		}
	}
	if !w.left {
		put()
	}
	for _, l := range c.Left {
		delete(w.members, l.UserID)
	}
	if w.left {
		put()
	}
}

// model is a roster under test with what must be true of it.
type model struct {
	r        *Roster
	now      int64
	watchers []*watcher
	users    []string
	freed    map[uint16]int64 // when a number was given back
}

func (m *model) user(t *rapid.T) string { return rapid.SampledFrom(m.users).Draw(t, "user") }

func (m *model) tick() int64 {
	m.now += 500
	return m.now
}

func (m *model) join(t *rapid.T) {
	user := m.user(t)
	j := Join{SessionID: "s", User: protocol.User{ID: user}, Rules: m.r.rules, At: m.tick()}
	j.Device = Device{ID: user + rapid.SampledFrom([]string{"-1", "-2"}).Draw(t, "device"), Kind: protocol.KindWeb, Connected: true}
	j.Returning = rapid.Bool().Draw(t, "returning")
	had, was := len(m.r.members), m.r.before[user]
	got, arrived, err := m.r.Join(j)
	switch {
	case err != nil:
		require.Nil(t, m.r.Member(user))
		require.True(t, had >= m.r.rules.Capacity || j.Returning || m.r.rules.Locked && user != "u0")
	case arrived:
		require.LessOrEqual(t, len(m.r.members), m.r.rules.Capacity)
		switch {
		case was != nil && m.taken(was.Number, user):
			// Nothing was flushed for so long that it had rested, and went to another.
		case was != nil:
			require.Equal(t, was.Number, got.Number)
		default:
			require.True(t, m.freed[got.Number] == 0 || m.freed[got.Number]+10_000 <= m.now, "number %d has rested", got.Number)
		}
	}
}

// taken reports whether somebody else than user has a number.
func (m *model) taken(number uint16, user string) bool {
	for id, x := range m.r.members {
		if id != user && x.Number == number {
			return true
		}
	}
	return false
}

func (m *model) leave(t *rapid.T) {
	l := Leave{UserID: m.user(t), Reason: protocol.LeftByChoice, At: m.tick()}
	if rapid.Bool().Draw(t, "one device") {
		l.DeviceID = l.UserID + "-1"
	}
	left, err := m.r.Leave(l)
	require.NoError(t, err)
	m.note(left.Departure)
}

func (m *model) note(d *Departure) {
	if d != nil {
		m.freed[d.Member.Number] = m.now
	}
}

func (m *model) drop(t *rapid.T) {
	user := m.user(t)
	m.r.Detach(user, Device{ID: user + "-1"}, m.tick(), m.now+10_000)
}

func (m *model) back(t *rapid.T) {
	user := m.user(t)
	m.r.Attach(user, Device{ID: user + "-1", Kind: protocol.KindWeb, Connected: true})
}

func (m *model) sweep(t *rapid.T) {
	m.now += rapid.Int64Range(0, 20_000).Draw(t, "passes")
	for _, d := range m.r.Sweep(m.now) {
		require.False(t, d.Member.Connected())
		m.note(&d)
	}
	for _, x := range m.r.members {
		for _, d := range x.Devices {
			require.True(t, d.Connected || d.GraceUntil > m.now)
		}
	}
}

func (m *model) edit(t *rapid.T) {
	user := m.user(t)
	value := json.RawMessage(rapid.SampledFrom([]string{"1", "2"}).Draw(t, "value"))
	_, err := m.r.Edit(Edit{Members: []MemberEdit{{UserID: user, Attributes: protocol.Attributes{"x": value}}}})
	require.Equal(t, m.r.Member(user) == nil, err != nil)
}

func (m *model) promote(t *rapid.T) {
	x := m.r.Member(m.user(t))
	if x == nil || x.Role == protocol.RoleHost {
		return
	}
	_, err := m.r.Edit(Edit{Members: []MemberEdit{{UserID: x.User.ID, Rank: &Rank{Role: protocol.RoleCohost}}}})
	require.NoError(t, err)
}

// handOver gives the session to somebody, as the service does.
func (m *model) handOver(t *rapid.T) {
	st := m.r.Standings([]string{m.r.host, m.user(t)})
	for user, s := range st.By {
		if s.Member == nil || st.Host == "" || user == st.Host {
			continue
		}
		_, err := m.r.Edit(Edit{Members: roleEdits(&st, st.Host, s.Member, protocol.RoleHost)})
		require.NoError(t, err)
	}
}

func (m *model) settings(t *rapid.T) {
	r := m.r.rules
	r.Rev++
	r.Capacity = rapid.IntRange(1, 6).Draw(t, "capacity")
	r.Locked = rapid.Bool().Draw(t, "locked")
	m.r.SetRules(r)
}

func (m *model) watch(t *rapid.T) {
	if m.r.Pending() || len(m.r.members) == 0 {
		return
	}
	w := &watcher{version: m.r.Version, members: map[string]protocol.Member{}, left: rapid.Bool().Draw(t, "left first")}
	for _, x := range m.r.View().wire {
		w.members[x.User.ID] = x
	}
	m.watchers = append(m.watchers, w)
}

func (m *model) flush(t *rapid.T) {
	version := m.r.Version
	change, ok := m.r.Take()
	require.False(t, m.r.Pending())
	if !ok {
		require.Equal(t, version, m.r.Version)
		return
	}
	for _, w := range m.watchers {
		w.apply(t, change)
	}
}

// check is what is true after every step.
func (m *model) check(t *rapid.T) {
	hosts, creators := 0, 0
	numbers := map[uint16]bool{}
	dropped := 0
	for id, x := range m.r.members {
		require.Equal(t, id, x.User.ID)
		require.False(t, numbers[x.Number], "number %d is given twice", x.Number)
		require.NotZero(t, x.Number)
		require.NotEmpty(t, x.Devices)
		numbers[x.Number] = true
		dropped += inGrace(x)
		if x.Role == protocol.RoleHost {
			hosts++
			require.Equal(t, id, m.r.host)
			if id == "u0" {
				creators++
				require.False(t, x.Inherited(), "a creator inherits nothing")
			}
		} else {
			require.Empty(t, x.Former)
		}
	}
	require.Equal(t, dropped, m.r.dropped)
	require.Equal(t, len(m.r.members), m.r.numbers.taken())
	if len(m.r.members) > 0 {
		require.Equal(t, 1, hosts, "a session with members has one host")
	}
	if m.r.Pending() {
		return
	}
	truth := map[string]protocol.Member{}
	for id, x := range m.r.members {
		truth[id] = x.Wire()
	}
	for _, w := range m.watchers {
		require.Equal(t, truth, w.members, "who applied every change has the roster")
		require.Equal(t, m.r.Version, w.version)
	}
}

func TestWhoAppliesEveryChangeHasTheRoster(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{now: 1_000_000, freed: map[uint16]int64{}, users: []string{"u0", "u1", "u2", "u3", "u4", "u5"}}
		m.r = NewRoster("s", Rules{Rev: 1, Capacity: 4, Creator: "u0", Heir: true}, m.now)
		t.Repeat(map[string]func(*rapid.T){
			"join": m.join, "join too": m.join, "leave": m.leave, "drop": m.drop, "back": m.back, "sweep": m.sweep, "edit": m.edit,
			"promote": m.promote, "hand over": m.handOver, "settings": m.settings, "watch": m.watch, "flush": m.flush, "": m.check,
		})
	})
}

func TestAViewIsDividedWithoutAHole(t *testing.T) {
	for _, n := range []int{1, 199, 200, 201, 399, 400, 401, 1000} {
		r := NewRoster("s", Rules{Rev: 1, Capacity: n}, 0)
		for i := range n {
			_, _, err := r.Join(Join{User: protocol.User{ID: fmt.Sprint("u", i), Name: `<"&>`}, Device: Device{ID: "d"}, Rules: r.rules, At: int64(i)})
			require.NoError(t, err)
		}
		_, ok := r.Take()
		require.True(t, ok)
		v := r.View()
		different := map[*Part]bool{}
		for i := range n {
			j, err := v.Joined(fmt.Sprint("u", i))
			require.NoError(t, err)
			require.Equal(t, r.Version, j.Through)
			for _, part := range j.Rest {
				different[part] = true
			}
			if i%99 == 0 || i == n-1 {
				requireWhole(t, j, n)
			}
		}
		require.LessOrEqual(t, len(different), 2*((n-1)/MembersInAnswer+1), "what is the same for many is encoded once")
	}
}

func TestAFullSessionIsDividedHoweverSoonItIsFull(t *testing.T) {
	r := NewRoster("s", Rules{Rev: 1, Capacity: MaxMembers}, 0)
	for i := range MaxMembers { // past numbers.take, which is for one at a time
		r.put(&Member{User: protocol.User{ID: strconv.Itoa(i)}, Number: uint16(i + 1)})
	}
	_, ok := r.Take()
	require.True(t, ok)
	j, err := r.View().Joined("0")
	require.NoError(t, err)
	require.Positive(t, j.Version)
}

func requireWhole(t *testing.T, j Joined, n int) {
	t.Helper()
	require.LessOrEqual(t, len(j.Members), MembersInAnswer)
	require.Positive(t, j.Version)
	seen := map[string]bool{}
	for _, m := range j.Members {
		require.False(t, seen[m.User.ID])
		seen[m.User.ID] = true
	}
	require.True(t, seen[j.Member.User.ID], "the one who asked is in the answer")
	version := j.Version
	for _, part := range j.Rest {
		var f struct{ Params protocol.SessionRoster }
		require.NoError(t, json.Unmarshal(part.Text, &f))
		same, err := protocol.EncodeNotification(protocol.NotifySessionRoster, f.Params)
		require.NoError(t, err)
		require.Equal(t, string(same), string(part.Text))
		version++
		require.Equal(t, version, f.Params.Version)
		for _, m := range f.Params.Joined {
			require.False(t, seen[m.User.ID])
			seen[m.User.ID] = true
		}
	}
	require.Equal(t, j.Through, version)
	require.Len(t, slices.Collect(maps.Keys(seen)), n)
}

func TestNumbersRunOutOnlyWithAllTaken(t *testing.T) {
	var n numbers
	for i := 1; i <= MaxMembers; i++ {
		require.Equal(t, uint16(i), n.take(1))
	}
	n.release(7, 100)
	n.release(3, 50)
	require.Equal(t, uint16(3), n.take(101), "none has rested: the one free longest")
	require.Equal(t, uint16(7), n.take(102))
}

func TestSweepingAFullSessionFromWhichNobodyHasToGoMakesNoGarbage(t *testing.T) {
	rules := Rules{Capacity: 1000}
	r := NewRoster("s", rules, 0)
	for i := range 100 {
		user := strconv.Itoa(i)
		_, _, err := r.Join(Join{User: protocol.User{ID: user}, Device: Device{ID: user, Connected: true}, Rules: rules, At: 1})
		require.NoError(t, err)
	}
	r.Detach("7", Device{ID: "7"}, 2, 1000)
	require.Zero(t, testing.AllocsPerRun(10, func() { require.Empty(t, r.Sweep(999)) }))
	require.Len(t, r.Sweep(1000), 1)
	require.Nil(t, r.Member("7"))
}
