package load

import (
	"slices"
	"sync"
	"time"

	"foyer/protocol"
)

// relation is what a device shows of another person.
type relation struct {
	state      protocol.RelationState
	invitation string
	seen       bool // counts as seen
}

// expectation is the next thing that a device must be told about a person, and only that.
type expectation struct {
	step   *step
	device *device
	states []protocol.RelationState // one of them
	cause  map[protocol.RelationState]protocol.Cause
	notify func(before protocol.RelationState, now protocol.RelationState) bool
	quiet  bool   // notify may be missing: by the time that a log was read, it may not have held any more
	id     string // of the invitation; "" while nobody knows it
	metric metric
	due    time.Time
	timed  bool    // measure it
	by     *device // who acts
	got    protocol.RelationChanged
}

// step is some expectations that are waited for together.
type step struct {
	mu   sync.Mutex
	open int
	done chan struct{}
	all  []*expectation
}

func newStep() *step { return &step{done: make(chan struct{})} }

// expect adds an expectation of what a person's devices are told of another one.
func (s *step) expect(p, other *person, e expectation) {
	id := other.userID()
	for _, d := range p.devices {
		one := e
		one.step, one.device = s, d
		s.mu.Lock()
		s.open++
		s.all = append(s.all, &one)
		s.mu.Unlock()
		d.mu.Lock()
		if d.waits == nil {
			d.waits = map[string][]*expectation{}
		}
		d.waits[id] = append(d.waits[id], &one)
		d.mu.Unlock()
	}
}

// met counts one expectation as met.
func (s *step) met() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.open == 0 {
		close(s.done)
	}
}

// cancel takes back what was not met: what was to cause it did not happen.
func (s *step) cancel() {
	s.mu.Lock()
	all := slices.Clone(s.all)
	s.mu.Unlock()
	for _, e := range all {
		e.device.mu.Lock()
		for id, waits := range e.device.waits {
			if i := slices.Index(waits, e); i >= 0 {
				e.device.setWaits(id, slices.Delete(slices.Clone(waits), i, i+1))
			}
		}
		e.device.mu.Unlock()
	}
}

// unmet returns which expectations are still waited for.
func (s *step) unmet() []*expectation {
	s.mu.Lock()
	all := slices.Clone(s.all)
	s.mu.Unlock()
	var open []*expectation
	for _, e := range all {
		e.device.mu.Lock()
		for _, waits := range e.device.waits {
			if slices.Contains(waits, e) {
				open = append(open, e)
			}
		}
		e.device.mu.Unlock()
	}
	return open
}

// setWaits replaces what is waited for about a person; the caller holds mu.
func (d *device) setWaits(id string, waits []*expectation) {
	if len(waits) == 0 {
		delete(d.waits, id)
		return
	}
	d.waits[id] = waits
}

// related takes in a change of a relation: it must be the next revision, and the next thing expected.
func (d *device) related(c *protocol.RelationChanged, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revision(c.Rev)
	who := d.p.name + " (" + string(d.kind) + ")"
	rec := d.p.f.rec
	if c.User == nil {
		return // an invitation to an address; bots send none
	}
	id := c.User.ID
	before := d.relations[id]
	d.apply(id, c, before)
	other := d.p.f.person(id)
	if other == nil {
		return // somebody that a token from a file knows
	}
	if c.Rev > d.replay && c.Unseen != d.unseen {
		rec.violate("badge", who, "revision %d says %d unseen invitations, there are %d", c.Rev, c.Unseen, d.unseen)
		d.unseen = c.Unseen
	}
	waits := d.waits[id]
	if !d.p.f.knows(d.p, other) {
		return
	}
	if len(waits) == 0 {
		rec.violate("relation", who, "was told of %s %s, which must not be told here (revision %d, cause %q)", id, c.Relation.State, c.Rev, c.Cause)
		return
	}
	e := waits[0]
	d.setWaits(id, waits[1:])
	if problem := e.wrong(c, before, c.Rev > d.replay); problem != "" {
		rec.violate("relation", who, "revision %d about %s: %s", c.Rev, id, problem)
	}
	e.got = *c
	if e.timed && d.since.Before(e.due) && (e.by == nil || e.by.upAt(e.due)) {
		rec.add(e.metric, d.p.index, now.Sub(e.due))
	}
	e.step.met()
}

// apply makes the device show a change; the caller holds mu.
func (d *device) apply(id string, c *protocol.RelationChanged, before relation) {
	if before.state == protocol.RelationReceived && !before.seen {
		d.unseen--
	}
	if c.Relation.State == protocol.RelationNone {
		delete(d.relations, id)
	} else {
		r := relation{state: c.Relation.State, seen: c.Cause == protocol.CauseUndone}
		if c.Relation.Invitation != nil {
			r.invitation = c.Relation.Invitation.ID
		}
		if d.relations == nil {
			d.relations = map[string]relation{}
		}
		d.relations[id] = r
		if r.state == protocol.RelationReceived && !r.seen {
			d.unseen++
		}
	}
	if before.state == protocol.RelationConnected && c.Relation.State != protocol.RelationConnected {
		d.p.mu.Lock()
		if d.p.ended == nil {
			d.p.ended = map[string]time.Time{}
		}
		d.p.ended[id] = time.Now().Add(5 * time.Second)
		d.p.mu.Unlock()
	}
}

// wrong says what about a change is not as the rules have it; "" if nothing. live is false in a replay, which may leave
// out that something was worth a toast.
func (e *expectation) wrong(c *protocol.RelationChanged, before relation, live bool) string {
	was := before.state
	if was == "" {
		was = protocol.RelationNone
	}
	state := c.Relation.State
	switch {
	case !slices.Contains(e.states, state):
		return "is " + string(state) + ", must be " + string(e.states[0])
	case c.Cause != e.cause[state]:
		return "the cause is " + quote(string(c.Cause)) + ", must be " + quote(string(e.cause[state]))
	case c.Notify && !e.notify(was, state):
		return "it is worth a toast and must not be (" + string(was) + " to " + string(state) + ")"
	case live && !e.quiet && !c.Notify && e.notify(was, state):
		return "it must be worth a toast (" + string(was) + " to " + string(state) + ")"
	case c.InvitationID == "" && e.id != "", e.id != "" && c.InvitationID != e.id:
		return "it names invitation " + quote(c.InvitationID) + ", must be " + quote(e.id)
	case (c.Relation.Invitation != nil) != (state == protocol.RelationSent || state == protocol.RelationReceived):
		return "the relation's invitation is there or missing wrongly"
	}
	return ""
}

func quote(s string) string { return `"` + s + `"` }

// never is for changes that are not worth a toast.
func never(_, _ protocol.RelationState) bool { return false }

// always is for those that are.
func always(_, _ protocol.RelationState) bool { return true }
