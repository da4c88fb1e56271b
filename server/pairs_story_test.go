package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// pair is Ada, who has a headset and a tablet, and Ben; inv is the invitation that was last sent.
type pair struct {
	*world
	ada, tablet, ben *device
	inv              string
}

func (p *pair) invite()  { p.inv = p.ada.invites("ben") }
func (p *pair) crossed() { p.ben.ok("invitation.send", to("ada"), nil) }
func (p *pair) decline() { p.ben.does("invitation.decline", id(p.inv)) }
func (p *pair) accept()  { p.ben.does("invitation.accept", id(p.inv)) }
func (p *pair) withdraw() {
	p.ada.does("invitation.withdraw", userID("ben"))
}
func (p *pair) block()   { p.ben.does("user.block", userID("ada")) }
func (p *pair) unblock() { p.ben.does("user.unblock", userID("ada")) }
func (p *pair) undo() {
	var r protocol.RelationOnly
	p.ben.ok("invitation.undo_decline", id(p.inv), &r)
	require.Equal(p.t, protocol.RelationReceived, r.Relation.State)
}
func (p *pair) remove()    { p.ben.does("connection.remove", userID("ada")) }
func (p *pair) adaBlocks() { p.ada.does("user.block", userID("ben")) }
func (p *pair) month()     { pass(20*time.Minute + 2*second) }

// steps are what happened before, then what the row is about.
type steps []func(*pair)

// TestEveryRowOfThePairAsBothSeeIt tells each row with what Ada's devices and Ben's are told.
func TestEveryRowOfThePairAsBothSeeIt(t *testing.T) {
	var (
		invite, crossed, decline, accept, withdraw = (*pair).invite, (*pair).crossed, (*pair).decline, (*pair).accept, (*pair).withdraw
		block, unblock, undo, remove, month        = (*pair).block, (*pair).unblock, (*pair).undo, (*pair).remove, (*pair).month
		adaBlocks                                  = (*pair).adaBlocks
	)
	rows := []struct {
		name     string
		before   steps
		act      func(*pair)
		ada, ben string // without the revision, which the audit checks; "" is nothing
	}{
		{"an invitation is sent and received", nil, invite,
			"ben invitation_sent cause=sent notify=false unseen=0", "ada invitation_received cause=received notify=true unseen=1"},
		{"an invitation to who suppresses the sender is hidden", steps{invite, decline, withdraw}, invite,
			"ben invitation_sent cause=sent notify=false unseen=0", ""},
		{"an invitation to who blocked the sender is hidden", steps{block}, invite,
			"ben invitation_sent cause=sent notify=false unseen=0", ""},
		{"an invitation that is open stays as it is", steps{invite}, invite, "", ""},
		{"a hidden one too", steps{invite, decline}, invite, "", ""},
		{"two that cross connect", steps{invite}, crossed,
			"ben connected cause=crossed notify=true unseen=0", "ada connected cause=crossed notify=false unseen=0"},
		{"and so do they over a decline", steps{invite, decline}, crossed,
			"ben connected cause=crossed notify=true unseen=0", "ada connected cause=crossed notify=false unseen=0"},
		{"accepting connects", steps{invite}, accept,
			"ben connected cause=accepted notify=true unseen=0", "ada connected cause=accepted notify=false unseen=0"},
		{"declining is never told to the sender", steps{invite}, decline,
			"", "ada none cause=declined notify=false unseen=0"},
		{"a decline can be taken back", steps{invite, decline}, undo,
			"", "ada invitation_received cause=undone notify=false unseen=0"},
		{"a withdrawal takes it off every screen without a reason", steps{invite}, withdraw,
			"ben none cause=withdrawn notify=false unseen=0", "ada none cause= notify=false unseen=0"},
		{"withdrawing a declined one is told to the sender alone", steps{invite, decline}, withdraw,
			"ben none cause=withdrawn notify=false unseen=0", ""},
		{"when its time is over it is gone silently", steps{invite}, month,
			"ben none cause=expired notify=false unseen=0", "ada none cause= notify=false unseen=0"},
		{"a hidden one expires for its sender alone", steps{invite, decline}, month,
			"ben none cause=expired notify=false unseen=0", ""},
		{"either ends the connection, silently", steps{invite, accept}, remove,
			"ben none cause= notify=false unseen=0", "ada none cause=removed notify=false unseen=0"},
		{"a block of nobody in particular is seen by the one who blocks", nil, block,
			"", "ada blocked cause=blocked notify=false unseen=0"},
		{"a block leaves the sender with an open invitation", steps{invite}, block,
			"", "ada blocked cause=blocked notify=false unseen=0"},
		{"a block ends the connection for the other, without a word of it", steps{invite, accept}, block,
			"ben none cause= notify=false unseen=0", "ada blocked cause=blocked notify=false unseen=0"},
		{"a block takes one's own invitation back", steps{invite}, adaBlocks,
			"ben blocked cause=blocked notify=false unseen=0", "ada none cause= notify=false unseen=0"},
		{"also one that was hidden", steps{invite, decline}, adaBlocks,
			"ben blocked cause=blocked notify=false unseen=0", ""},
		{"unblocking brings nothing back", steps{invite, block}, unblock,
			"", "ada none cause=unblocked notify=false unseen=0"},
		{"and ends with no connection where there was one", steps{invite, accept, block}, unblock,
			"", "ada none cause=unblocked notify=false unseen=0"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			everywhere(t, append(free, "--invitations.expiry=20m"), func(w *world) {
				p := &pair{world: w, ada: w.arrives("ada"), tablet: w.arrives("ada", kind("tablet")), ben: w.arrives("ben")}
				for _, step := range row.before {
					step(p)
					pass(second)
				}
				forget(p.ada, p.tablet, p.ben)
				row.act(p)
				require.Equal(t, told(row.ada), relations(p.ada))
				require.Equal(t, told(row.ada), relations(p.tablet))
				require.Equal(t, told(row.ben), relations(p.ben))
			})
		})
	}
}

func told(line string) []string {
	if line == "" {
		return []string{}
	}
	return []string{line}
}

// relations takes the changes of relations that a device was told, without revisions.
func relations(d *device) []string {
	out := []string{}
	for _, f := range d.told() {
		if f.Method == string(protocol.NotifyRelationChanged) {
			out = append(out, line(d.w.t, f)[len("relation rev="+itoa(int(into[protocol.RelationChanged](f.Params).Rev))+" "):])
		}
	}
	return out
}

func TestDeclineWithBlockIsOneChange(t *testing.T) {
	story(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		inv := ada.invites("ben")
		forget(ada, ben)
		r := ben.does("invitation.decline", obj{"invitation_id": inv, "block": true})
		require.Equal(t, protocol.RelationBlocked, r.Relation.State)
		ben.hears("relation rev=2 ada blocked cause=blocked notify=false unseen=0")
		ada.silent()
	})
}

func TestOnesOwnBlockStandsBeforeEverythingThatConnects(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		declined := ada.invites("ben")
		ben.does("invitation.decline", id(declined))
		ben.does("user.block", userID("ada"))
		e := ben.refused(protocol.UnblockFirst, "invitation.send", to("ada"))
		require.Equal(t, protocol.RelationBlocked, e.Data.Relation.State)
		ben.refused(protocol.UnblockFirst, "invitation.undo_decline", id(declined))
		require.Equal(t, protocol.RelationBlocked, ben.unchanged("user.block", userID("ada")).State)
		ben.does("user.unblock", userID("ada"))
		ben.unchanged("user.unblock", userID("ada"))
		ben.ok("invitation.send", to("ada"), nil)
		require.Equal(t, protocol.RelationConnected, ada.relation("ben").State)
	})
}

func TestBothMayBlockEachOther(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		ada.does("user.block", userID("ben"))
		ben.does("user.block", userID("ada"))
		ada.does("user.unblock", userID("ben"))
		ada.invites("ben")
		require.Equal(t, protocol.RelationSent, ada.relation("ben").State, "Ben's block hides it")
		require.Equal(t, protocol.RelationBlocked, ben.relation("ada").State)
		require.Empty(t, ben.lists("received", "pending").Invitations)
	})
}

func TestDeviceThatWasAwayGetsEverythingOnceAndInOrder(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ben.drop()
		for range 20 {
			ada.invites("ben")
			ada.does("invitation.withdraw", userID("ben"))
		}
		pass(time.Minute)
		again := w.arrives("ben", resuming(ben, 0))
		require.True(t, again.hello.Resumed)
		require.Equal(t, int64(40), again.hello.Rev)
		told := again.summary()
		require.Len(t, told, 40)
		for i, s := range told {
			require.Contains(t, s, "notify=false", "nothing of it holds any more")
			require.Contains(t, s, "rev="+itoa(i+1)+" ")
		}
	})
}
