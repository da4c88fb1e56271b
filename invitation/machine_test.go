package invitation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// In these tests A is Lo, B is Hi, and now is t0. Each state is built from A's and B's own acts.
const t0 = int64(1_000_000_000_000)

var testRules = Rules{Suppression: 90 * 24 * 3600_000, LateDecline: 60_000}

const lifetime = 30 * 24 * 3600_000

// past remembers invitations that are over, as the store does.
type world struct {
	pair Pair
	past map[string]Offer
	now  int64
}

func newWorld() *world { return &world{past: map[string]Offer{}, now: t0} }

func (w *world) apply(e Event) Outcome {
	if o, ok := w.past[e.ID]; ok {
		e.Past = &o
	}
	if (e.Kind == Invite || e.Kind == Claim) && e.ExpiresAt == 0 {
		e.ExpiresAt = w.now + lifetime
	}
	out := Apply(w.pair, e, w.now, testRules)
	w.pair = out.Pair
	for _, o := range out.Touched {
		if o.Fate != Open {
			w.past[o.ID] = o
		}
	}
	return out
}

// states are those that a pair can be in, seen from A, with the acts that lead there. What A sent is "a", what B
// sent "b", by address "s".
var states = []struct {
	name string
	acts []Event
}{
	{"none", nil},
	{"pending", []Event{{Kind: Invite, By: Lo, ID: "a"}}},
	{"hidden by policy", []Event{{Kind: Invite, By: Lo, ID: "a", Hide: true}}},
	{"declined", []Event{{Kind: Invite, By: Lo, ID: "a"}, {Kind: Decline, By: Hi, ID: "a"}}},
	{"declined, withdrawn", []Event{{Kind: Invite, By: Lo, ID: "a"}, {Kind: Decline, By: Hi, ID: "a"}, {Kind: Withdraw, By: Lo}}},
	{"withdrawn", []Event{{Kind: Invite, By: Lo, ID: "a"}, {Kind: Withdraw, By: Lo}}},
	{"received", []Event{{Kind: Invite, By: Hi, ID: "b"}}},
	{"connected", []Event{{Kind: Invite, By: Lo, ID: "a"}, {Kind: Accept, By: Hi, ID: "a"}}},
	{"removed", []Event{{Kind: Invite, By: Lo, ID: "a"}, {Kind: Accept, By: Hi, ID: "a"}, {Kind: Remove, By: Hi}}},
	{"blocked by A", []Event{{Kind: Block, By: Lo}}},
	{"blocked by B", []Event{{Kind: Block, By: Hi}}},
	{"blocked by B, hidden", []Event{{Kind: Block, By: Hi}, {Kind: Invite, By: Lo, ID: "a"}}},
	{"blocked by both", []Event{{Kind: Block, By: Hi}, {Kind: Block, By: Lo}}},
	{"by address", []Event{{Kind: Claim, By: Hi, ID: "s"}}},
	{"by address, hidden", []Event{{Kind: Claim, By: Hi, ID: "s", Hide: true}}},
	{"by address and pending", []Event{{Kind: Claim, By: Hi, ID: "s"}, {Kind: Invite, By: Lo, ID: "a"}}},
	{"by address, declined", []Event{{Kind: Claim, By: Hi, ID: "s"}, {Kind: Decline, By: Hi, ID: "s"}}},
}

// events are all that can happen, in each state.
var events = []struct {
	name  string
	event Event
}{
	{"A invites", Event{Kind: Invite, By: Lo, ID: "a2"}},
	{"B invites", Event{Kind: Invite, By: Hi, ID: "b2"}},
	{"A withdraws a", Event{Kind: Withdraw, By: Lo, ID: "a"}},
	{"A withdraws s", Event{Kind: Withdraw, By: Lo, ID: "s"}},
	{"A withdraws by person", Event{Kind: Withdraw, By: Lo}},
	{"B withdraws by person", Event{Kind: Withdraw, By: Hi}},
	{"B accepts a", Event{Kind: Accept, By: Hi, ID: "a"}},
	{"B accepts s", Event{Kind: Accept, By: Hi, ID: "s"}},
	{"B accepts a, full", Event{Kind: Accept, By: Hi, ID: "a", ConnectionsFull: true}},
	{"B declines a", Event{Kind: Decline, By: Hi, ID: "a"}},
	{"B declines s", Event{Kind: Decline, By: Hi, ID: "s"}},
	{"B declines a and blocks", Event{Kind: Decline, By: Hi, ID: "a", Block: true}},
	{"B declines a and blocks, full", Event{Kind: Decline, By: Hi, ID: "a", Block: true, BlocksFull: true}},
	{"B undoes a", Event{Kind: UndoDecline, By: Hi, ID: "a"}},
	{"B undoes s", Event{Kind: UndoDecline, By: Hi, ID: "s"}},
	{"A removes", Event{Kind: Remove, By: Lo}},
	{"B removes", Event{Kind: Remove, By: Hi}},
	{"A blocks", Event{Kind: Block, By: Lo}},
	{"B blocks", Event{Kind: Block, By: Hi}},
	{"B blocks, full", Event{Kind: Block, By: Hi, BlocksFull: true}},
	{"A unblocks", Event{Kind: Unblock, By: Lo}},
	{"B unblocks", Event{Kind: Unblock, By: Hi}},
	{"B claims s2", Event{Kind: Claim, By: Hi, ID: "s2"}},
	{"B claims s2, hidden", Event{Kind: Claim, By: Hi, ID: "s2", Hide: true}},
	{"nothing", Event{Kind: Expire}},
	{"31 days pass", Event{Kind: Expire, ExpiresAt: lifetime + 1}}, // ExpiresAt: how long to wait
}

// TestEveryStateAndEvent compares each cell of states × events with testdata/table.txt. Commit a change of that file
// only if you understand what caused it.
func TestEveryStateAndEvent(t *testing.T) {
	var b strings.Builder
	for _, s := range states {
		fmt.Fprintf(&b, "== %s\n", s.name)
		for _, e := range events {
			w := newWorld()
			for _, act := range s.acts {
				require.Empty(t, w.apply(act).Refusal, s.name)
				w.now += 1000
			}
			if e.event.Kind == Expire {
				w.now += e.event.ExpiresAt
			}
			out := w.apply(e.event)
			checkPair(t, out.Pair)
			fmt.Fprintf(&b, "%-30s → %s\n", e.name, describe(out))
		}
	}
	golden(t, "testdata/table.txt", b.String())
}

// describe writes an outcome on one line: the true state, and what each side is told.
func describe(out Outcome) string {
	parts := []string{describePair(out.Pair)}
	if out.Refusal != "" {
		parts = append(parts, "refused "+string(out.Refusal))
	}
	if out.Unchanged {
		parts = append(parts, "unchanged")
	}
	for _, c := range out.Changes {
		parts = append(parts, describeChange(c))
	}
	return strings.Join(parts, "; ")
}

func describePair(p Pair) string {
	state, from := p.State()
	s := [...]string{"none", "pending", "hidden", "connected"}[state]
	if state == Pending || state == Hidden {
		s += "(" + sideName(from) + ")"
	}
	for _, o := range p.Offers {
		if o.ByAddress {
			s += fmt.Sprintf(" +%s(%s) %s", o.ID, sideName(o.From), [...]string{"hidden", "shown", "waiting", "declined"}[o.Showing])
		}
	}
	for _, side := range []Side{Lo, Hi} {
		f := p.Flags[side]
		if f.Blocked != 0 {
			s += " " + sideName(side) + " blocks"
		}
		if f.Suppressed != 0 {
			s += " " + sideName(side) + " suppressed"
		}
		if p.CanUndo(side) {
			s += " " + sideName(side) + " can undo"
		}
	}
	return s
}

func describeChange(c ViewChange) string {
	s := sideName(c.Side) + ": "
	if c.ByAddress {
		s += "by address "
	}
	s += string(c.View.State)
	if c.InvitationID != "" {
		s += " " + c.InvitationID
	}
	if c.Cause != "" {
		s += " cause " + string(c.Cause)
	}
	if c.Notify {
		s += " notify"
	}
	if c.Unseen != 0 {
		s += fmt.Sprintf(" unseen%+d", c.Unseen)
	}
	return s
}

func sideName(s Side) string { return [...]string{"A", "B"}[s] }

// checkPair checks what must hold of a pair whatever happened.
func checkPair(t require.TestingT, p Pair) {
	ordinary := 0
	shown := [2]int{}
	for _, o := range p.Offers {
		require.Equal(t, Open, o.Fate)
		if !o.ByAddress {
			ordinary++
		}
		if o.Showing == Shown {
			shown[o.From]++
		}
		if o.Showing == Shown || o.Showing == Waiting {
			require.Zero(t, p.Flags[Lo].Blocked+p.Flags[Hi].Blocked, "an invitation is shown in spite of a block")
			require.Zero(t, p.Since, "an invitation is shown to the connected")
		}
		if o.Showing == Waiting {
			require.True(t, slices.ContainsFunc(p.Offers, func(f Offer) bool { return f.From == o.From && f.Showing == Shown }), "waiting behind nothing")
		}
	}
	require.LessOrEqual(t, ordinary, 1, "more than one ordinary invitation open")
	if p.Since != 0 {
		require.Zero(t, ordinary, "connected with an invitation open")
		require.Zero(t, p.Flags[Lo].Blocked+p.Flags[Hi].Blocked, "connected in spite of a block")
	}
	for _, s := range []Side{Lo, Hi} {
		require.LessOrEqual(t, shown[s], 1)
		if i := p.shownTo(s); i >= 0 {
			require.Equal(t, View{State: protocol.RelationReceived, InvitationID: p.Offers[i].ID}, p.View(s), "a shown invitation isn't the view")
		}
	}
}
