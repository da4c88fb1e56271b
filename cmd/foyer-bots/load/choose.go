package load

import (
	"context"
	"errors"
	"time"

	"foyer/protocol"
)

// choice is a member whose states a device asked for.
type choice struct {
	who   *person
	since time.Time
}

// names reports whether devices ask for the states of some members only.
func (f *field) names() bool { return f.s.States != nil && f.s.States.Named > 0 }

// chooseAnew has each device name members, and others now and then, at moments of its own.
func (f *field) chooseAnew(ctx context.Context, begun time.Time) {
	every := f.s.States.Renew.Std()
	for round := 0; ; round++ {
		for i, p := range f.people {
			if round > 0 { // at first all at once
				due := begun.Add(time.Duration(round)*every + every*time.Duration(i)/time.Duration(len(f.people)))
				if wait := time.Until(due); wait > 200*time.Microsecond && !until(ctx, due) {
					return
				}
			}
			if ctx.Err() != nil {
				return
			}
			for _, d := range p.devices {
				d.choose(round)
			}
		}
	}
}

// choose asks for the states of some members, whose numbers follow the own one; with each round others.
func (d *device) choose(round int) {
	d.mu.Lock()
	r := d.room
	if r == nil || r.stale || !d.greeted {
		d.mu.Unlock()
		return
	}
	s := d.p.f.s.States
	params := protocol.SessionSubscribeParams{SessionID: r.id, Numbers: r.some(s.Named, round*(1+s.Named/4))}
	if s.OthersHz > 0 {
		params.OthersHz = &s.OthersHz
	}
	d.mu.Unlock()
	d.start(protocol.MethodSessionSubscribe, params, func(a answer) {
		var refusal *protocol.Error
		switch {
		case errors.As(a.err, &refusal) && refusal.Reason() == protocol.NotInSession, errors.Is(a.err, errInterrupted): // it has left meanwhile
		case a.err != nil:
			d.refused(protocol.MethodSessionSubscribe, a.err)
		default:
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.room == r && !r.stale {
				r.choose(params.Numbers, a.at)
			}
		}
	})
}

// some returns the numbers of up to n other members: those that follow the own one, without the first few.
func (r *room) some(n, skip int) []uint16 {
	others := make([]uint16, 0, r.count)
	for i := 1; i < len(r.by); i++ {
		if number := (int(r.own) + i) % len(r.by); r.by[number] != nil {
			others = append(others, uint16(number)) // #nosec G115 -- a number
		}
	}
	out := make([]uint16, 0, n)
	for i := range min(n, len(others)) {
		out = append(out, others[(skip+i)%len(others)])
	}
	return out
}

// choose notes whose states come from now on; the caller holds the device's mu.
func (r *room) choose(numbers []uint16, now time.Time) {
	before := r.chosen
	r.chosen, r.asked = map[uint16]choice{}, now
	for _, n := range numbers {
		if who := r.member(n); who != nil {
			r.chosen[n] = choice{who, now}
			who.chosenBy.Add(1)
		}
	}
	for n, c := range before {
		c.who.chosenBy.Add(-1)
		if _, again := r.chosen[n]; again {
			r.chosen[n] = c // the numbers of who leaves are not among them any more
		}
	}
}

// unchoose notes that who had a number has left.
func (r *room) unchoose(number uint16) {
	if c, chosen := r.chosen[number]; chosen {
		c.who.chosenBy.Add(-1)
		delete(r.chosen, number)
	}
}

// unwanted judges a state of somebody that the device did not name; the caller holds mu.
func (d *device) unwanted(r *room, who *person, now time.Time) {
	if d.p.f.s.States.OthersHz == 0 && !r.asked.IsZero() && now.Sub(r.asked) > lingering {
		d.p.f.rec.violate("state", d.p.name, "gets a state of %s, whom it did not name", who.name)
	}
}
