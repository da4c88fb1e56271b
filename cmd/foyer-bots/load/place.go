package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"foyer/protocol"
)

// place is a session that some people share, one after the other if it ends.
type place struct {
	f      *field
	index  int
	people []*person // who belong here

	opening sync.Mutex // held while somebody makes the session

	mu       sync.Mutex // guards what follows
	id       string     // of the session; "" while there is none
	truth    map[uint16]*person
	changed  time.Time // the last time that somebody came, went, or was away
	audience int       // devices that get states
	storm    time.Time // when all were to join at once
	whole    int       // how many there are when all have
}

func newPlace(f *field, index int) *place {
	return &place{f: f, index: index, truth: map[uint16]*person{}}
}

// touch notes that who is in may be changing.
func (p *place) touch(now time.Time) {
	p.mu.Lock()
	p.changed = now
	p.mu.Unlock()
}

func (p *place) session() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id
}

// create makes a new session, with a person in it.
func (p *place) create(by *device) (protocol.SessionJoinResult, error) {
	capacity := max(2, len(p.people))
	params := protocol.SessionCreateParams{
		Name: fmt.Sprintf("Bots %d", p.index+1), Visibility: protocol.VisibilityPrivate, Capacity: &capacity, TickHz: &p.f.s.Sessions.TickHz, Op: newOp(),
	}
	return enterBy[protocol.SessionJoinResult](by, protocol.MethodSessionCreate, params)
}

// enterBy makes a request whose answer is the session that the device is in from then on. The answer is taken in where
// the socket is read, before the rosters that count on from it.
func enterBy[R any](d *device, method protocol.Method, params any) (R, error) {
	return askInline[R](d, method, params, func(raw []byte, now time.Time) {
		var j joined
		if d.decode(method, raw, &j) {
			d.enter(&j, now)
		}
	})
}

// take makes a person a member: the first one of a place makes the session.
func (p *person) take(_ context.Context, due time.Time) bool {
	if !p.claim(false) {
		return false
	}
	defer p.release()
	return p.sit(due)
}

// sit is take for who has claimed the seat.
func (p *person) sit(due time.Time) bool {
	pl := p.place
	p.mu.Lock()
	p.joinDue = due
	p.mu.Unlock()
	pl.touch(time.Now())
	for i, d := range p.devices {
		began := due
		if i > 0 {
			began = time.Now()
		}
		number, err := pl.admit(d)
		if err != nil {
			p.doubt(i == 0 && !undone(err))
			return false
		}
		p.f.rec.add(mJoin, p.index, time.Since(began))
		if i == 0 {
			pl.with(p, number)
		}
	}
	return true
}

// admit takes a device in. It returns the member's number.
func (p *place) admit(d *device) (uint16, error) {
	var err error
	for range 3 {
		p.opening.Lock()
		id := p.session()
		if id == "" {
			made, err := p.create(d)
			if err == nil {
				p.open(made.Session.ID)
			}
			p.opening.Unlock()
			return made.Number, err
		}
		p.opening.Unlock()
		var entered protocol.SessionJoinResult
		entered, err = enterBy[protocol.SessionJoinResult](d, protocol.MethodSessionJoin, protocol.SessionJoinParams{SessionID: id})
		var refusal *protocol.Error
		if errors.As(err, &refusal) && refusal.Reason() == protocol.SessionNotFound {
			p.closed(id) // it was empty for too long
			continue
		}
		return entered.Number, err
	}
	return 0, err
}

// open begins with a new session.
func (p *place) open(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id, p.truth, p.changed = id, map[uint16]*person{}, time.Now()
}

// closed forgets a session that has ended.
func (p *place) closed(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id == id {
		p.id, p.truth, p.changed = "", map[uint16]*person{}, time.Now()
	}
}

// with notes that somebody is a member now.
func (p *place) with(who *person, number uint16) {
	p.mu.Lock()
	for n, other := range p.truth {
		if other == who {
			delete(p.truth, n)
		}
	}
	if other := p.truth[number]; other != nil {
		p.f.rec.violate("roster", who.name, "was given number %d, which %s has", number, other.name)
	}
	p.truth[number], p.changed = who, time.Now()
	p.mu.Unlock()
	who.mu.Lock()
	who.seated, who.unsure = true, false
	who.mu.Unlock()
}

// without notes that somebody is one no longer.
func (p *place) without(who *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n, other := range p.truth {
		if other == who {
			delete(p.truth, n)
		}
	}
	p.changed = time.Now()
}

// leave takes a person, whose seat was claimed, out of the session.
func (p *person) leave(due time.Time) bool {
	p.speaking.Lock() // who is speaking finishes first
	defer p.speaking.Unlock()
	pl := p.place
	id := pl.session()
	p.mu.Lock()
	p.seated, p.leaveDue = false, due
	p.mu.Unlock()
	pl.without(p)
	ok, unsure := true, false
	for _, d := range p.devices {
		_, err := askInline[protocol.Empty](d, protocol.MethodSessionLeave, protocol.SessionParams{SessionID: id}, func([]byte, time.Time) {
			d.mu.Lock()
			d.leaveRoom()
			d.mu.Unlock()
		})
		ok, unsure = ok && err == nil, unsure || err != nil && !undone(err)
	}
	p.doubt(unsure)
	pl.touch(time.Now())
	return ok
}

// rejoin brings a device that came back into its session again, if its user is a member.
func (p *place) rejoin(d *device) {
	d.p.mu.Lock()
	seated := d.p.seated
	d.p.mu.Unlock()
	if !seated {
		return
	}
	if number, err := p.admit(d); err == nil {
		p.mu.Lock()
		same := p.truth[number] == d.p
		p.mu.Unlock()
		d.p.mu.Lock()
		seated = d.p.seated
		d.p.mu.Unlock()
		if !same && seated {
			p.with(d.p, number)
		}
	}
}

// members returns who must be in, and whether that has been so for a while.
func (p *place) members(now time.Time, quiet time.Duration) (id string, truth map[uint16]*person, settled bool) {
	p.mu.Lock()
	id, settled = p.id, now.Sub(p.changed) > quiet
	truth = make(map[uint16]*person, len(p.truth))
	for n, who := range p.truth {
		truth[n] = who
	}
	p.mu.Unlock()
	for _, who := range p.people {
		who.mu.Lock()
		settled = settled && !who.unsure
		who.mu.Unlock()
	}
	for _, who := range truth {
		who.mu.Lock()
		settled = settled && who.awaySince.IsZero() && !who.moving
		who.mu.Unlock()
	}
	return id, truth, settled
}

// compare holds the rosters of all devices to who is in. It returns what is wrong.
func (p *place) compare(id string, truth map[uint16]*person) (problems []problem) {
	for _, who := range p.people {
		for _, d := range who.devices {
			d.mu.Lock()
			if r := d.room; r != nil && r.id == id && !r.stale && d.greeted {
				if what := r.differs(truth); what != "" {
					problems = append(problems, problem{d, what})
				}
			}
			d.mu.Unlock()
		}
	}
	return problems
}

// problem is something wrong with what a device shows.
type problem struct {
	d    *device
	what string
}

// differs says how a roster differs from who is in; "" if it doesn't.
func (r *room) differs(truth map[uint16]*person) string {
	for number, who := range truth {
		if r.member(number) != who {
			return fmt.Sprintf("does not know %s (number %d), who is in", who.name, number)
		}
	}
	if r.count == len(truth) {
		return ""
	}
	for number, who := range r.by {
		if who != nil && truth[uint16(number)] == nil {
			return fmt.Sprintf("still shows %s (number %d), who has gone", who.name, number)
		}
	}
	return ""
}
