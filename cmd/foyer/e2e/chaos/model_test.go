package chaos

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"foyer/protocol"
)

// The pair as its rules have it, one call after the other, told anew here from the rules and not from the code under test.

// maxOffers is how many invitations one history can have.
const maxOffers = 96

// showing is what the recipient of an invitation sees of it.
type showing byte

const (
	hidden showing = iota
	shown
	declined // in the recipient's list of declined ones
	accepted
	gone // seen until it was withdrawn
)

type offer struct {
	from    int
	open    bool
	showing showing
	endedAt int64 // by when it had ended
}

// pair is the whole state. Invitations are numbered; ids maps them, and is the same in all states of a history.
type pair struct {
	connected  bool
	blocked    [2]bool // by this side
	suppressed [2]bool // this side's invitations
	offers     [maxOffers]offer
}

// step is one call of a history.
type step struct {
	by         int
	method     protocol.Method
	invitation int // its number, -1 where none is named
	block      bool
	fresh      int // the number of the invitation that this call made, -1 if none
	from, to   int64
	op         *operation
}

// outcome is what a call was answered.
type outcome struct {
	refusal    protocol.Reason
	state      protocol.RelationState
	invitation int // -1 where none was shown
	unchanged  bool
	stated     bool // state and invitation are known
	silent     bool // whether it was unchanged is not said
	any        bool // nobody knows
}

func (p *pair) open(from int) int {
	for i := range p.offers {
		if p.offers[i].open && p.offers[i].from == from {
			return i
		}
	}
	return -1
}

// view returns what a side sees.
func (p *pair) view(side int) (protocol.RelationState, int) {
	switch mine, theirs := p.open(side), p.open(1-side); {
	case p.blocked[side]:
		return protocol.RelationBlocked, -1
	case p.connected:
		return protocol.RelationConnected, -1
	case mine >= 0:
		return protocol.RelationSent, mine
	case theirs >= 0 && p.offers[theirs].showing == shown:
		return protocol.RelationReceived, theirs
	}
	return protocol.RelationNone, -1
}

func (p *pair) connect(i int, at int64) {
	p.connected = true
	p.suppressed = [2]bool{}
	o := &p.offers[i]
	o.open, o.showing, o.endedAt = false, accepted, at
}

func (p *pair) takeBack(i int, at int64) {
	o := &p.offers[i]
	o.open, o.endedAt = false, at
	if o.showing == shown {
		o.showing = gone
	}
}

func (p *pair) setBlock(by int, at int64) {
	p.blocked[by], p.connected = true, false
	if i := p.open(1 - by); i >= 0 && p.offers[i].showing == shown {
		p.offers[i].showing = hidden
	}
	if i := p.open(by); i >= 0 {
		p.takeBack(i, at)
	}
}

// never is when a call returns that was not answered.
const never = math.MaxInt64 / 2

// Whether a decline still counts that comes after the withdrawal depends on the clock: it does within a minute.
const (
	surelyLate  = 61 * time.Second
	surelyEarly = 55 * time.Second
)

// apply carries a call out on p. It returns how it has to be answered: the refusal, or unchanged. either says that the
// clock decides between carrying it out and invitation_not_pending, and that answered was taken for the truth.
func (p *pair) apply(s *step, answered protocol.Reason, skewed bool) (refusal protocol.Reason, unchanged bool) {
	by, other := s.by, 1-s.by
	switch s.method {
	case protocol.MethodInvitationSend:
		return p.send(s)
	case protocol.MethodInvitationWithdraw:
		return p.withdraw(s)
	case protocol.MethodInvitationAccept:
		o := &p.offers[s.invitation]
		switch {
		case o.open && o.showing == shown:
			p.connect(s.invitation, s.to)
			return "", false
		case o.showing == accepted && p.connected:
			return "", true
		}
		return protocol.InvitationNotPending, false
	case protocol.MethodInvitationDecline:
		return p.decline(s, answered, skewed)
	case protocol.MethodInvitationUndoDecline:
		o := &p.offers[s.invitation]
		switch {
		case p.blocked[by]:
			return protocol.UnblockFirst, false
		case o.open && o.showing == shown:
			return "", true
		case !o.open, o.showing != declined, p.connected, p.blocked[other]:
			return protocol.InvitationNotPending, false
		}
		o.showing, p.suppressed[other] = shown, false
		return "", false
	case protocol.MethodConnectionRemove:
		was := p.connected
		p.connected = false
		return "", !was
	case protocol.MethodUserBlock:
		if p.blocked[by] {
			return "", true
		}
		p.setBlock(by, s.to)
		return "", false
	case protocol.MethodUserUnblock:
		was := p.blocked[by]
		p.blocked[by] = false
		return "", !was
	}
	panic("no such call: " + string(s.method))
}

func (p *pair) send(s *step) (refusal protocol.Reason, unchanged bool) {
	by, other := s.by, 1-s.by
	switch theirs := p.open(other); {
	case p.connected:
		return protocol.AlreadyConnected, false
	case p.blocked[by]:
		return protocol.UnblockFirst, false
	case p.open(by) >= 0:
		return "", true
	case theirs >= 0:
		p.connect(theirs, s.to)
		return "", false
	}
	if s.fresh < 0 {
		return "it made an invitation", false // which no refusal is
	}
	o := offer{from: by, open: true, showing: shown}
	if p.blocked[other] || p.suppressed[by] {
		o.showing = hidden
	}
	p.offers[s.fresh] = o
	return "", false
}

func (p *pair) withdraw(s *step) (refusal protocol.Reason, unchanged bool) {
	mine := p.open(s.by)
	switch {
	case mine >= 0 && (s.invitation < 0 || s.invitation == mine):
		p.takeBack(mine, s.to)
		return "", false
	case mine >= 0:
		return protocol.StaleInvitation, false
	case p.connected:
		return protocol.InvitationAlreadyAccepted, false
	}
	return "", true
}

func (p *pair) decline(s *step, answered protocol.Reason, skewed bool) (refusal protocol.Reason, unchanged bool) {
	by, other := s.by, 1-s.by
	o := &p.offers[s.invitation]
	blocks := s.block && !p.blocked[by]
	theirs := p.open(other)
	switch {
	case o.open && o.showing == shown:
	case o.showing == declined:
		switch {
		case !blocks:
			return "", true
		case p.connected:
			return protocol.InvitationNotPending, false
		}
		p.setBlock(by, s.to)
		return "", false
	case o.showing == gone && !p.connected && (theirs < 0 || p.offers[theirs].showing != shown):
		known := !skewed && o.endedAt < never // by a call that was answered
		early := known && time.Duration(s.to-o.endedAt) < surelyEarly
		late := known && time.Duration(s.from-o.endedAt) > surelyLate
		if late || !early && answered == protocol.InvitationNotPending {
			return protocol.InvitationNotPending, false
		}
	default:
		return protocol.InvitationNotPending, false
	}
	o.showing, p.suppressed[other] = declined, true
	if blocks {
		p.setBlock(by, s.to)
	}
	return "", false
}

// fits reports whether an answer is what the call has to be answered on p after it.
func (p *pair) fits(s *step, refusal protocol.Reason, unchanged bool, out *outcome) bool {
	if out.any {
		return true
	}
	if refusal != out.refusal {
		return false
	}
	if refusal == "" && !out.silent && unchanged != out.unchanged {
		return false
	}
	if !out.stated {
		return true
	}
	state, i := p.view(s.by)
	return state == out.state && i == out.invitation
}

// pairModel is the specification of one pair, for a history whose invitations are numbered.
func pairModel(skewed bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return pair{} },
		Step: func(state, input, output any) (bool, any) {
			p, s, out := state.(pair), input.(*step), output.(*outcome)
			refusal, unchanged := p.apply(s, out.refusal, skewed)
			return p.fits(s, refusal, unchanged, out), p
		},
		Equal:             func(a, b any) bool { return a.(pair) == b.(pair) },
		DescribeOperation: func(input, _ any) string { return input.(*step).op.String() },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
}

// historyWithin is how long one history may take to judge; one that takes longer is not judged, and counted.
const historyWithin = 20 * time.Second

// checkHistories judges the calls on each pair of the group.
func (g *group) checkHistories(t *truth) {
	var all []*operation
	for _, a := range g.actors {
		all = append(all, a.ops...)
	}
	skewed := g.w.overlaps(g.began, time.Now(), func(p *phase) bool { return strings.HasPrefix(p.fault, "clock") })
	for i, lo := range g.users {
		for _, hi := range g.users[i+1:] {
			var ops []*operation
			for _, o := range all {
				if o.by == lo && o.other == hi || o.by == hi && o.other == lo {
					ops = append(ops, o)
				}
			}
			history := g.history(append(ops, g.eachOf(all, lo, hi, t)...), lo, t)
			result := porcupine.CheckOperationsTimeout(pairModel(skewed), history, historyWithin)
			switch result {
			case porcupine.Illegal:
				g.w.violate("linearizable", "the calls on %s and %s can't have been carried out one after the other:\n%s", lo, hi, describe(history, g.w.began))
			case porcupine.Unknown:
				g.w.stats.unjudged.Add(1)
			case porcupine.Ok:
				g.w.stats.histories.Add(1)
			}
		}
	}
}

// history makes one of the calls on a pair. A call that nobody knows the end of counts if the database remembers it: it
// may then have been carried out at any time since.
func (g *group) history(ops []*operation, lo string, t *truth) []porcupine.Operation {
	numbers := map[string]int{}
	number := func(id string) int {
		if id == "" {
			return -1
		}
		n, ok := numbers[id]
		if !ok {
			n = len(numbers)
			numbers[id] = n
		}
		return n
	}
	var history []porcupine.Operation
	for _, o := range ops {
		if o.called.IsZero() {
			continue
		}
		row, carried := t.operations[o.by][o.opID]
		if o.partOf != nil {
			row, carried = opRow{}, true
		}
		s := &step{method: o.method, block: o.block, invitation: number(o.invitation), fresh: -1, from: o.called.UnixNano(), to: o.returned.UnixNano(), op: o}
		if o.by != lo {
			s.by = 1
		}
		if o.refusal != "" {
			out := &outcome{refusal: o.refusal, invitation: -1}
			if r := o.relation; r != nil {
				out.stated, out.state = true, r.State
				if r.Invitation != nil {
					out.invitation = number(r.Invitation.ID)
				}
			}
			history = append(history, porcupine.Operation{ClientId: s.by, Input: s, Call: s.from, Output: out, Return: s.to})
		}
		if !carried {
			continue
		}
		if o.refusal != "" && o.partOf != nil {
			continue
		}
		done := *s
		if !o.acknowledged { // an attempt that was not waited for
			done.to = never
		}
		out := &outcome{state: row.state, invitation: number(row.invitation), unchanged: row.unchanged, stated: true}
		if o.partOf != nil {
			out = &outcome{invitation: -1, silent: true, any: !o.acknowledged}
		}
		if o.method == protocol.MethodInvitationSend && !row.unchanged && row.state == protocol.RelationSent {
			done.fresh = out.invitation
		}
		history = append(history, porcupine.Operation{ClientId: s.by, Input: &done, Call: done.from, Output: out, Return: done.to})
	}
	if len(numbers) > maxOffers {
		g.w.violate("harness", "a history with %d invitations: make groups smaller", len(numbers))
		return nil
	}
	return history
}

func describe(history []porcupine.Operation, began time.Time) string {
	slices.SortFunc(history, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	var b strings.Builder
	for _, o := range history {
		s := o.Input.(*step)
		end := "…"
		if s.to < never {
			end = fmt.Sprintf("%.4f", time.Duration(s.to-began.UnixNano()).Seconds())
		}
		fmt.Fprintf(&b, "  %.4f-%s %s\n", time.Duration(s.from-began.UnixNano()).Seconds(), end, s.op)
	}
	return b.String()
}
