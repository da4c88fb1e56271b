package load

import (
	"time"

	"foyer/protocol"
)

// flow is one invitation from a to b, and what becomes of it. In the end nothing is between the two.
type flow struct {
	f    *field
	a, b *person
	due  time.Time // of what is done next
	id   string    // of the invitation
	step *step
}

// changes is what a person's devices must be told: the state and the cause.
func changes(state protocol.RelationState, cause protocol.Cause) expectation {
	return expectation{states: []protocol.RelationState{state}, cause: map[protocol.RelationState]protocol.Cause{state: cause}, notify: never}
}

// toast is an expectation of something worth one.
func (e expectation) toast() expectation { e.notify = always; return e }

// about is an expectation that names an invitation.
func (e expectation) about(id string) expectation { e.id = id; return e }

// measured is an expectation whose time is taken.
func (e expectation) measured(m metric, due time.Time, by *person) expectation {
	e.metric, e.due, e.timed, e.by = m, due, true, by.device()
	return e
}

// device returns the first device of a person, which acts.
func (p *person) device() *device { return p.devices[0] }

// after waits until something more is due: a time after the last thing was.
func (w *flow) after(d time.Duration) {
	w.due = w.due.Add(d)
	until(w.f.ctx, w.due)
}

// act begins a step: expectations first, then the request that is to meet them, then the wait for all of them.
func act[R any](w *flow, by *person, method protocol.Method, params any) (R, bool) {
	r, err := ask[R](by.device(), method, params)
	if err != nil {
		w.failed(err)
		return r, false
	}
	return r, w.seen()
}

// failed ends a step whose request failed.
func (w *flow) failed(err error) {
	if !undone(err) {
		w.f.lose(w.a, w.b)
	}
	w.step.cancel()
}

// expect begins a step with what the two must be told; empty expectations are nothing to be told.
func (w *flow) expect(ofA, ofB expectation) {
	w.step = newStep()
	if ofA.states != nil {
		w.step.expect(w.a, w.b, ofA)
	}
	if ofB.states != nil {
		w.step.expect(w.b, w.a, ofB)
	}
}

// seen waits until every device has been told. One that was offline meanwhile has its time from when it came back.
func (w *flow) seen() bool {
	if len(w.step.all) == 0 {
		return true
	}
	patience := w.f.o.Patience
	deadline := time.Now().Add(patience)
	for {
		timer := time.NewTimer(time.Until(deadline))
		select {
		case <-w.step.done:
			timer.Stop()
			return true
		case <-w.f.ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
		open := w.step.unmet()
		again := time.Time{}
		for _, e := range open {
			if at := e.device.patient(patience); at.After(time.Now()) && at.After(again) {
				again = at
			}
		}
		if again.IsZero() {
			w.f.lose(w.a, w.b)
			for _, e := range open {
				if e.device.gone() {
					continue
				}
				e.device.violate("lost", "was not told within %s of %s, about %s", patience, e.states[0], w.name(e.device.p))
			}
			w.step.cancel()
			return len(open) == 0
		}
		deadline = again
	}
}

// name is the other one of the two.
func (w *flow) name(p *person) string {
	if p == w.a {
		return w.b.name
	}
	return w.a.name
}

// patient returns until when a device may be waited for: it has to be online for so long. One that is away for a minute
// is waited for no longer, nor is one that has gone.
func (d *device) patient(patience time.Duration) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.ending || d.dead != nil:
		return time.Time{}
	case !d.greeted:
		return time.Now().Add(patience)
	}
	return d.since.Add(patience)
}

// gone reports whether the device has ended.
func (d *device) gone() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ending || d.dead != nil
}

// send has a invite b.
func (w *flow) send(timed bool) bool {
	received := changes(protocol.RelationReceived, protocol.CauseReceived).toast()
	if timed {
		received = received.measured(mInvite, w.due, w.a)
	}
	w.expect(changes(protocol.RelationSent, protocol.CauseSent), received)
	r, err := ask[protocol.InvitationSendResult](w.a.device(), protocol.MethodInvitationSend,
		protocol.InvitationSendParams{To: protocol.To{UserID: w.b.userID()}, Op: newOp()})
	if err != nil {
		w.failed(err)
		return false
	}
	if r.Unchanged || r.Invitation == nil || r.Relation.State != protocol.RelationSent {
		w.a.device().violate("relation", "invited %s: the answer is %s, unchanged %v", w.b.name, r.Relation.State, r.Unchanged)
		w.step.cancel()
		return false
	}
	w.id = r.Invitation.ID
	if !w.seen() {
		return false
	}
	for _, e := range w.step.all {
		if e.got.InvitationID != w.id {
			e.device.violate("relation", "was told of invitation %s, it is %s", e.got.InvitationID, w.id)
		}
	}
	return true
}

// withdraw takes the invitation back, in one of the three ways; hidden says that b must not notice.
func (w *flow) withdraw(hidden bool) bool {
	gone := changes(protocol.RelationNone, "").about(w.id).measured(mWithdraw, w.due, w.a)
	if hidden {
		gone = expectation{}
	}
	w.expect(changes(protocol.RelationNone, protocol.CauseWithdrawn).about(w.id), gone)
	switch w.a.turn() % 3 {
	case 0:
		_, ok := act[protocol.RelationResult](w, w.a, protocol.MethodInvitationWithdraw, protocol.InvitationWithdrawParams{InvitationID: w.id, Op: newOp()})
		return ok
	case 1:
		_, ok := act[protocol.RelationResult](w, w.a, protocol.MethodInvitationWithdraw, protocol.InvitationWithdrawParams{UserID: w.b.userID(), Op: newOp()})
		return ok
	}
	r, ok := act[protocol.InvitationWithdrawManyResult](w, w.a, protocol.MethodInvitationWithdrawMany,
		protocol.InvitationWithdrawManyParams{InvitationIDs: []string{w.id}, Op: newOp()})
	if ok && len(r.Withdrawn) != 1 {
		w.a.device().violate("relation", "withdrew %s in bulk, and the answer does not have it", w.id)
	}
	return ok
}

// turn counts what a person has done.
func (p *person) turn() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	return p.done
}

func (w *flow) hold() time.Duration { return w.f.s.Invitations.Hold.Std() }

// withdrawn: a invites, and takes it back.
func (w *flow) withdrawn() bool {
	if !w.send(true) {
		return false
	}
	w.after(w.hold())
	return w.withdraw(false)
}

// accepted: a invites, b accepts, a removes the connection.
func (w *flow) accepted() bool {
	if !w.send(true) {
		return false
	}
	w.after(w.hold())
	w.expect(changes(protocol.RelationConnected, protocol.CauseAccepted).toast().about(w.id).measured(mAccept, w.due, w.b),
		changes(protocol.RelationConnected, protocol.CauseAccepted).about(w.id))
	if _, ok := act[protocol.RelationResult](w, w.b, protocol.MethodInvitationAccept, protocol.InvitationParams{InvitationID: w.id, Op: newOp()}); !ok {
		return false
	}
	w.after(w.hold())
	return w.remove()
}

// remove: a removes the connection, which b sees gone without a reason.
func (w *flow) remove() bool {
	w.expect(changes(protocol.RelationNone, protocol.CauseRemoved), changes(protocol.RelationNone, "").measured(mRemove, w.due, w.a))
	_, ok := act[protocol.RelationResult](w, w.a, protocol.MethodConnectionRemove, struct {
		UserID string `json:"user_id"`
		protocol.Op
	}{w.b.userID(), newOp()})
	return ok
}

// declined: a invites, b declines, and a must not notice. Then b takes the decline back and a withdraws, or a withdraws
// what b must not notice, and b makes up for it by inviting.
func (w *flow) declined() bool {
	if !w.send(true) {
		return false
	}
	w.after(w.hold())
	w.expect(expectation{}, changes(protocol.RelationNone, protocol.CauseDeclined).about(w.id).measured(mDecline, w.due, w.b))
	if _, ok := act[protocol.RelationResult](w, w.b, protocol.MethodInvitationDecline, protocol.InvitationDeclineParams{InvitationID: w.id, Op: newOp()}); !ok {
		return false
	}
	w.after(w.hold())
	if w.b.turn()%2 == 0 {
		w.expect(expectation{}, changes(protocol.RelationReceived, protocol.CauseUndone).about(w.id))
		if _, ok := act[protocol.RelationOnly](w, w.b, protocol.MethodInvitationUndoDecline, protocol.InvitationParams{InvitationID: w.id, Op: newOp()}); !ok {
			return false
		}
		w.after(w.hold())
		return w.withdraw(false)
	}
	if !w.withdraw(true) {
		return false
	}
	w.after(w.hold())
	w.a, w.b = w.b, w.a // a connection is what ends the suppression
	return w.accepted()
}

// crossed: both invite each other at once. Whoever is first is told that the other one's came.
func (w *flow) crossed() bool {
	return w.cross() && func() bool { w.after(w.hold()); return w.remove() }()
}

// cross connects the two by an invitation each.
func (w *flow) cross() bool {
	first := expectation{
		states: []protocol.RelationState{protocol.RelationSent, protocol.RelationReceived},
		cause: map[protocol.RelationState]protocol.Cause{
			protocol.RelationSent: protocol.CauseSent, protocol.RelationReceived: protocol.CauseReceived,
		},
		notify: func(_, now protocol.RelationState) bool { return now == protocol.RelationReceived }, quiet: true,
	}
	// The one whose invitation was first is told that the other answered it.
	then := changes(protocol.RelationConnected, protocol.CauseCrossed).measured(mCross, w.due, w.a)
	then.notify = func(before, _ protocol.RelationState) bool { return before == protocol.RelationSent }
	w.step = newStep()
	for _, e := range []expectation{first, then} {
		w.step.expect(w.a, w.b, e)
		w.step.expect(w.b, w.a, e)
	}
	results := make(chan bool, 2)
	for _, who := range []struct{ from, to *person }{{w.a, w.b}, {w.b, w.a}} {
		go func() {
			_, err := ask[protocol.InvitationSendResult](who.from.device(), protocol.MethodInvitationSend,
				protocol.InvitationSendParams{To: protocol.To{UserID: who.to.userID()}, Op: newOp()})
			results <- err == nil
		}()
	}
	one, other := <-results, <-results
	if !one || !other {
		w.failed(errNoAnswer) // one of them may have been carried out
		return false
	}
	return w.seen()
}
