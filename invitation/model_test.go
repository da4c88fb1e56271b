package invitation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/protocol"
)

// model is a pair to which anything may happen.
type model struct {
	w    *world
	ids  int
	sent []string
}

// apply performs e and checks what must hold of any step.
func (m *model) apply(t *rapid.T, e Event) Outcome {
	before := m.w.pair.clone()
	out := m.w.apply(e)
	checkPair(t, out.Pair)
	checkTold(t, before, out)
	if out.Unchanged || out.Refusal != "" {
		expired := Apply(before, Event{Kind: Expire}, m.w.now, testRules)
		require.Equal(t, expired.Pair, out.Pair, "a step that did nothing did something")
		require.Equal(t, expired.Changes, out.Changes)
	}
	return out
}

// checkTold checks that a side is told exactly when its view changes, and that the changes add up.
func checkTold(t require.TestingT, before Pair, out Outcome) {
	for _, s := range []Side{Lo, Hi} {
		view, unseen := before.View(s), 0
		for _, c := range out.Changes {
			if c.Side != s {
				continue
			}
			unseen = c.Unseen
			if c.ByAddress {
				continue
			}
			if c.View == view {
				require.Contains(t, []protocol.Cause{protocol.CauseDeclined, protocol.CauseUndone}, c.Cause, "told without a change")
			}
			view = c.View
		}
		require.Equal(t, out.Pair.View(s), view, "a change that nobody was told of")
		require.Equal(t, out.Pair.Unseen(s)-before.Unseen(s), unseen)
	}
}

func (m *model) draw(t *rapid.T) Event {
	e := Event{
		Kind: rapid.SampledFrom([]Kind{Invite, Claim, Withdraw, Withdraw, Accept, Decline, UndoDecline, Remove, Block, Unblock, Expire}).Draw(t, "kind"),
		By:   Side(rapid.IntRange(0, 1).Draw(t, "by")),
		Hide: rapid.Bool().Draw(t, "hide"), Block: rapid.Bool().Draw(t, "block"),
		ConnectionsFull: rapid.IntRange(0, 9).Draw(t, "full") == 0, BlocksFull: rapid.IntRange(0, 9).Draw(t, "blocks") == 0,
	}
	switch e.Kind {
	case Invite, Claim:
		m.ids++
		e.ID = string(rune('a'+m.ids%26)) + string(rune('a'+m.ids/26%26))
		m.sent = append(m.sent, e.ID)
	case Withdraw, Accept, Decline, UndoDecline:
		if len(m.sent) > 0 && (e.Kind != Withdraw || rapid.Bool().Draw(t, "by id")) {
			recent := m.sent[max(0, len(m.sent)-4):]
			e.ID = rapid.SampledFrom(recent).Draw(t, "id")
		}
	case Remove, Block, Unblock, Expire, Address:
	}
	return e
}

// mine reports whether e is what the service lets through: withdrawing one's own, answering the other's.
func (m *model) mine(e Event) bool {
	from, known := Side(0), false
	if o, ok := m.w.past[e.ID]; ok {
		from, known = o.From, true
	}
	if i := m.w.pair.find(e.ID); i >= 0 {
		from, known = m.w.pair.Offers[i].From, true
	}
	switch e.Kind {
	case Withdraw:
		return e.ID == "" || known && from == e.By
	case Accept, Decline, UndoDecline:
		return known && from != e.By
	case Invite, Address, Claim, Remove, Block, Unblock, Expire:
	}
	return true
}

func TestWhateverHappensThePairIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{w: newWorld()}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			m.w.now += rapid.SampledFrom([]int64{0, 1000, 59_000, 61_000, lifetime / 2, lifetime}).Draw(t, "wait")
			if e := m.draw(t); m.mine(e) {
				crossing := e.Kind == Invite && m.w.pair.invitable(e.By) == "" && m.answers(e)
				due := m.w.pair.due(m.w.now)
				out := m.apply(t, e)
				if crossing {
					state, _ := out.Pair.State()
					require.Equal(t, Connected, state, "crossed invitations did not connect")
				}
				if !due {
					checkAsymmetry(t, e, out)
				}
			}
		}
	})
}

// answers reports whether e answers an ordinary invitation that won't be expired by then.
func (m *model) answers(e Event) bool {
	i := m.w.pair.sent(e.By.Other())
	return i >= 0 && m.w.pair.Offers[i].ExpiresAt > m.w.now
}

// checkAsymmetry checks what the other side may be told, when nothing was due.
func checkAsymmetry(t *rapid.T, e Event, out Outcome) {
	for _, c := range out.Changes {
		if c.Side == e.By {
			continue
		}
		require.Contains(t, []protocol.Cause{"", protocol.CauseReceived, protocol.CauseAccepted, protocol.CauseCrossed}, c.Cause, "told why")
		require.False(t, e.Kind == Decline && !e.Block || e.Kind == UndoDecline, "the sender is told of a decline")
		require.NotEqual(t, protocol.RelationBlocked, c.View.State, "told of a block")
	}
}

// TestHiddenLooksLikePending gives two pairs the same acts of A's. In the second one, B is busy hiding what A sends.
func TestHiddenLooksLikePending(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain, hiding := newWorld(), newWorld()
		var ids []string
		for step := range rapid.IntRange(1, 30).Draw(t, "steps") {
			wait := rapid.SampledFrom([]int64{0, 1000, 61_000, lifetime / 2, lifetime}).Draw(t, "wait")
			plain.now, hiding.now = plain.now+wait, hiding.now+wait
			if len(ids) > 0 {
				id := rapid.SampledFrom(ids[max(0, len(ids)-3):]).Draw(t, "of")
				busy := rapid.SampledFrom([]Event{
					{Kind: Decline, By: Hi, ID: id}, {Kind: Decline, By: Hi, ID: id, Block: true}, {Kind: UndoDecline, By: Hi, ID: id},
					{Kind: Block, By: Hi}, {Kind: Unblock, By: Hi}, {Kind: Expire},
				}).Draw(t, "busy")
				// Whatever is due expires in both, so that what B does is all that differs.
				due := plain.apply(Event{Kind: Expire})
				require.Equal(t, seenBy(Lo, due), seenBy(Lo, hiding.apply(Event{Kind: Expire})))
				require.Empty(t, seenBy(Lo, hiding.apply(busy)).changes, "A is told of what B does")
			}
			act := Event{Kind: rapid.SampledFrom([]Kind{Invite, Withdraw, Withdraw, Block, Unblock, Remove}).Draw(t, "act"), By: Lo}
			if act.Kind == Invite {
				act.ID = string(rune('a' + step))
				ids = append(ids, act.ID)
			}
			if act.Kind == Withdraw && len(ids) > 0 && rapid.Bool().Draw(t, "by id") {
				act.ID = rapid.SampledFrom(ids).Draw(t, "id")
			}
			hidden := act
			hidden.Hide = rapid.Bool().Draw(t, "policy")
			require.Equal(t, seenBy(Lo, plain.apply(act)), seenBy(Lo, hiding.apply(hidden)))
		}
	})
}

// seen is all that one side learns from an outcome.
type seen struct {
	changes   []ViewChange
	view      View
	unchanged bool
	refusal   protocol.Reason
}

func seenBy(s Side, out Outcome) seen {
	changes := slices.DeleteFunc(slices.Clone(out.Changes), func(c ViewChange) bool { return c.Side != s })
	return seen{slices.Clip(changes), out.Pair.View(s), out.Unchanged, out.Refusal}
}
