package load

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/client/wire"
	"foyer/cmd/foyer-bots/result"
	"foyer/protocol"

	"github.com/stretchr/testify/require"
)

// liar changes one thing that a server says, once.
type liar struct {
	mu   sync.Mutex
	told bool
}

// once reports whether a lie that could be told now is the first one.
func (l *liar) once(possible bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told || !possible {
		return false
	}
	l.told = true
	return true
}

func is(f wire.Frame, method protocol.Method, parts ...string) bool {
	if f.Binary || !bytes.Contains(f.Data, []byte(`"method":"`+method+`"`)) {
		return false
	}
	for _, p := range parts {
		if !bytes.Contains(f.Data, []byte(p)) {
			return false
		}
	}
	return true
}

func swap(f wire.Frame, from, to string) []wire.Frame {
	f.Data = bytes.Replace(f.Data, []byte(from), []byte(to), 1)
	return []wire.Frame{f}
}

type lie func(l *liar, f wire.Frame, later func(time.Duration, wire.Frame)) []wire.Frame

var number = regexp.MustCompile(`"user_id":"bot-[0-9a-f]+-[0-9a-f]+-([0-9]+)"`)

// A server that lies is caught, whatever it lies about; each row breaks one promise once, on one device.
func TestServerThatLiesIsCaught(t *testing.T) {
	address := startNodes(t, "one")[0]
	invitations := []string{"people=12", "duration=2s", "invitations.rate=15", "invitations.hold=60ms"}
	moves := []string{
		"people=8", "duration=3s", "sessions.size=8", "states=null", "moves={rate: 2, away: 300ms}", "messages=null", "drops=null", "friends=0", "presence=null",
		"invitations=null", "devices_each=1", "objectives=null",
	}
	states := append(append([]string{}, moves...), "moves=null", "states={hz: 10}")
	talk := append(append([]string{}, moves...), "moves=null", "messages={rate: 10}")
	lies := map[string]struct {
		scenario string
		sets     []string
		kind     string
		lie      lie
	}{
		"a revision is left out": {"invitations", invitations, "revision", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "relation.changed")) {
				return nil
			}
			return []wire.Frame{f}
		}},
		"a change is never told": {"invitations", invitations, "lost", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "relation.changed", `"invitation_received"`)) {
				return nil
			}
			return []wire.Frame{f}
		}},
		"a revision comes twice": {"invitations", invitations, "revision", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "relation.changed")) {
				return []wire.Frame{f, f}
			}
			return []wire.Frame{f}
		}},
		"a withdrawal is told with its cause": {"invitations", invitations, "relation", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "relation.changed", `"state":"none"`) && !is(f, "relation.changed", `"cause"`)) {
				return swap(f, `"notify":`, `"cause":"withdrawn","notify":`)
			}
			return []wire.Frame{f}
		}},
		"a withdrawal is worth a toast": {"invitations", invitations, "relation", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "relation.changed", `"state":"none"`, `"notify":false`) && !is(f, "relation.changed", `"cause"`)) {
				return swap(f, `"notify":false`, `"notify":true`)
			}
			return []wire.Frame{f}
		}},
		"a withdrawal names another invitation": {"invitations", invitations, "relation", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "relation.changed", `"state":"none"`, `"invitation_id":"`) && !is(f, "relation.changed", `"cause"`)) {
				return swap(f, `"invitation_id":"`, `"invitation_id":"x`)
			}
			return []wire.Frame{f}
		}},
		"a badge is wrong": {"invitations", invitations, "badge", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "relation.changed", `"unseen":1`)) {
				return swap(f, `"unseen":1`, `"unseen":7`)
			}
			return []wire.Frame{f}
		}},
		"a roster is left out": {"mixed", moves, "roster", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "session.roster", `"reason"`)) {
				return nil
			}
			return []wire.Frame{f}
		}},
		"a roster comes twice": {"mixed", moves, "roster", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "session.roster")) {
				return []wire.Frame{f, f}
			}
			return []wire.Frame{f}
		}},
		"a request is answered twice": {"mixed", moves, "protocol", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(!f.Binary && bytes.Contains(f.Data, []byte(`"result":{"session":`))) {
				return []wire.Frame{f, f}
			}
			return []wire.Frame{f}
		}},
		"who left stays in a roster": {"mixed", moves, "roster", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if is(f, "session.roster", `"reason"`) { // all of them: whoever leaves next forgets what this one was told
				l.once(true)
				f.Data = regexp.MustCompile(`"left":\[.*?\]`).ReplaceAll(f.Data, []byte(`"left":[]`))
			}
			return []wire.Frame{f}
		}},
		"an answer to a join has a ghost": {"mixed", moves, "roster", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(!f.Binary && bytes.Contains(f.Data, []byte(`"result":{"session":`)) && bytes.Contains(f.Data, []byte(`"members":[{`))) {
				return swap(f, `"members":[`, `"members":[{"user":{"id":"ghost","name":"Ghost"},"number":77,"role":"member","attributes":{},"devices":[],"connected":true,"joined_at":"2026-01-01T00:00:00.000Z"},`)
			}
			return []wire.Frame{f}
		}},
		"a member is said to have left": {"mixed", append(append([]string{}, moves...), "moves=null", "drops={rate: 1}"), "roster", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			var n struct{ Params protocol.SessionRoster }
			if is(f, "session.roster") && json.Unmarshal(f.Data, &n) == nil && len(n.Params.Updated) > 0 && l.once(true) {
				gone := n.Params.Updated[0]
				n.Params.Updated, n.Params.Left = n.Params.Updated[1:], []protocol.Left{{UserID: gone.User.ID, Number: gone.Number, Reason: protocol.LeftDropped}}
				f.Data, _ = protocol.EncodeNotification(protocol.NotifySessionRoster, n.Params)
			}
			return []wire.Frame{f}
		}},
		"a message comes twice": {"mixed", talk, "message", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "session.message")) {
				return []wire.Frame{f, f}
			}
			return []wire.Frame{f}
		}},
		"a stranger's presence is shown": {"presence-churn", []string{"people=16", "friends=2", "duration=2s", "presence.rate=10"}, "presence", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if l.once(is(f, "presence.changed", `"note `)) {
				m := number.FindSubmatchIndex(f.Data)
				n, _ := strconv.Atoi(string(f.Data[m[2]:m[3]]))
				f.Data = append(append(append([]byte{}, f.Data[:m[2]]...), strconv.Itoa((n+7)%16)...), f.Data[m[3]:]...)
			}
			return []wire.Frame{f}
		}},
		"a state goes back": {"mixed", states, "state", func(l *liar, f wire.Frame, later func(time.Duration, wire.Frame)) []wire.Frame {
			if f.Binary && f.Data[0] == 2 { // each: its first state may be the own one
				l.once(true)
				later(time.Second/2, f)
			}
			return []wire.Frame{f}
		}},
		"a state of nobody": {"mixed", states, "state", func(l *liar, f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
			if f.Binary && f.Data[0] == 2 && len(f.Data) > 20 {
				l.once(true)
				binary.LittleEndian.PutUint32(f.Data[11:], 1)
			}
			return []wire.Frame{f}
		}},
	}
	liars, loads := map[string]*liar{}, map[string]*began{}
	try := func(t *testing.T, name string, more ...string) {
		l, c := &liar{}, lies[name]
		lying := proxy(t, address, func(f wire.Frame, later func(time.Duration, wire.Frame)) []wire.Frame { return c.lie(l, f, later) })
		o := options(t, c.scenario, []string{lying}, append(append([]string{}, c.sets...), more...)...)
		o.Patience = 1500 * time.Millisecond
		liars[name], loads[name] = l, begin(t, o)
	}
	for name := range lies {
		try(t, name)
	}
	for name, c := range lies {
		t.Run(name, func(t *testing.T) {
			r := loads[name].result(t)
			for _, longer := range []string{"5s", "20s"} { // where the machine was too slow for anything to happen
				if !liars[name].told || r.Violations.Kinds[c.kind] == 0 {
					try(t, name, "duration="+longer)
					r = loads[name].result(t)
				}
			}
			require.True(t, liars[name].told, "there was nothing to lie about")
			require.Positive(t, r.Violations.Kinds[c.kind], "%v", r.Violations.Sample)
		})
	}
}

// Members leave, everybody is told, and a second later comes a state of theirs. All of them are lied about: who leaves
// next, or is back when the lie comes, is told nothing that is one.
func TestStateOfSomebodyWhoLeftIsCaught(t *testing.T) {
	address := startNodes(t, "one")[0]
	var mu sync.Mutex
	told := false
	states := map[uint16][]byte{} // of one session, by number
	lying := proxy(t, address, func(f wire.Frame, later func(time.Duration, wire.Frame)) []wire.Frame {
		mu.Lock()
		defer mu.Unlock()
		if frame, err := protocol.ParseStates(f.Data); f.Binary && err == nil {
			for n, state := range frame.All() {
				states[n] = bytes.Clone(state)
			}
		}
		var n struct{ Params protocol.SessionRoster }
		if is(f, "session.roster", `"reason"`) && json.Unmarshal(f.Data, &n) == nil && states[n.Params.Left[0].Number] != nil {
			told = true
			var w protocol.StateWriter
			w.Start(protocol.FrameTick, 1, nil)
			w.Add(n.Params.Left[0].Number, states[n.Params.Left[0].Number])
			later(800*time.Millisecond, wire.Frame{Binary: true, Data: w.Finish(nil)[0]})
		}
		return []wire.Frame{f}
	})
	leaves := func(v result.Violation) bool { return strings.Contains(v.What, "who left") }
	var r *result.Result
	for _, duration := range []string{"4s", "20s"} { // the longer one where the machine was too slow for anything to happen
		if r == nil || !slices.ContainsFunc(r.Violations.Sample, leaves) {
			r = carry(t, options(t, "mixed", []string{lying}, "people=8", "duration="+duration, "sessions.size=8", "states={hz: 10}", "moves={rate: 1, away: 2s}",
				"messages=null", "drops=null", "friends=0", "presence=null", "invitations=null", "devices_each=1"))
		}
	}
	require.True(t, told)
	require.Positive(t, r.Violations.Kinds["state"])
	require.True(t, slices.ContainsFunc(r.Violations.Sample, leaves), r.Violations.Sample)
}
