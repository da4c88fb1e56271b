package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"foyer/cmd/foyer-bots/result"
	"foyer/protocol"
)

const (
	// verified is how many devices at most have what they show compared with what the server holds.
	verified = 2000
	// abreast is how many of them at a time.
	abreast = 32
	// presenceWithin is when the newest presence must be shown at the latest: what was lost on the way is read anew every
	// 30 s.
	presenceWithin = 35 * time.Second
)

// sweep holds, each second, the rosters of sessions in which nothing has happened for a while to who is in, and what is
// shown of friends to what they set.
func (f *field) sweep(ctx context.Context) {
	reported := map[*device]bool{}
	for until(ctx, time.Now().Add(time.Second)) {
		for _, pl := range f.places {
			id, truth, settled := pl.members(time.Now(), f.o.Patience)
			if !settled || id == "" {
				continue
			}
			for _, problem := range pl.compare(id, truth) {
				if _, _, still := pl.members(time.Now(), f.o.Patience); still && !reported[problem.d] {
					reported[problem.d] = true
					problem.d.violate("roster", "%s; nobody has come or gone for %s", problem.what, f.o.Patience)
				}
			}
		}
		if f.s.Presence == nil {
			continue
		}
		for _, p := range f.people {
			for _, d := range p.devices {
				if what := d.stale(presenceWithin); what != "" && !reported[d] {
					reported[d] = true
					d.violate("presence", "%s, after %s", what, presenceWithin)
				}
			}
		}
	}
}

// settle waits for what is on its way, and compares what every device shows with the truth and with what the server holds.
func (f *field) settle(ended result.Ending) {
	f.verifying.Store(true)
	if ended == result.Unreachable {
		return
	}
	patience := f.o.Patience
	if ended != result.Complete {
		patience = min(patience, 3*time.Second)
	}
	f.comeBack(patience)
	f.rostersAgree(patience)
	if ended == result.Complete {
		f.presenceAgrees()
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, abreast)
	check := func(do func()) {
		slots <- struct{}{}
		all.Go(func() { defer func() { <-slots }(); do() })
	}
	count := 0
	for _, p := range f.people {
		for _, d := range p.devices {
			if d.online() && count < verified {
				count++
				check(func() { d.verify(patience) })
			}
		}
	}
	for i, pl := range f.places {
		if i < verified {
			check(pl.verify)
		}
	}
	all.Wait()
}

// comeBack waits for devices whose socket broke.
func (f *field) comeBack(patience time.Duration) {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		away := 0
		for _, p := range f.people {
			p.mu.Lock()
			here, moving := p.here, p.moving
			p.mu.Unlock()
			if here && (!p.present() || moving) {
				away++
			}
		}
		if away == 0 || !until(f.ctx, time.Now().Add(50*time.Millisecond)) {
			return
		}
	}
}

// rostersAgree waits until each device's roster has exactly who is in.
func (f *field) rostersAgree(patience time.Duration) {
	deadline := time.Now().Add(patience)
	for _, pl := range f.places {
		for {
			id, truth, settled := pl.members(time.Now(), 0)
			problems := pl.compare(id, truth)
			if len(problems) == 0 {
				break
			}
			if time.Now().After(deadline) || !until(f.ctx, time.Now().Add(50*time.Millisecond)) {
				if settled {
					for _, problem := range problems {
						problem.d.violate("roster", "at the end: %s", problem.what)
					}
				}
				break
			}
		}
	}
}

// presenceAgrees waits until each device shows the newest note of each friend.
func (f *field) presenceAgrees() {
	if f.s.Presence == nil {
		return
	}
	deadline := time.Now().Add(presenceWithin)
	for _, p := range f.people {
		for _, d := range p.devices {
			poll(f.ctx, 50*time.Millisecond, func() bool { return d.stale(0) == "" || time.Now().After(deadline) })
			if what := d.stale(2 * time.Second); what != "" {
				d.violate("presence", "at the end: %s", what)
			}
		}
	}
}

// fetch reads all relations anew, after revisions that were not resumed.
func (d *device) fetch() {
	d.p.f.rec.fetched.Add(1)
	held, rev, err := d.list()
	if err != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if rev >= d.rev {
		d.relations, d.rev, d.lost = held, max(rev, d.rev), false
	}
}

// list reads the relations as the server holds them.
func (d *device) list() (map[string]relation, int64, error) {
	held := map[string]relation{}
	limit := 200
	page := protocol.Page{Limit: &limit}
	for {
		r, err := ask[protocol.RelationListResult](d, protocol.MethodRelationList, page)
		if err != nil {
			return nil, 0, err
		}
		for id, one := range r.Relations {
			rel := relation{state: one.State}
			if one.Invitation != nil {
				rel.invitation = one.Invitation.ID
			}
			held[id] = rel
		}
		if r.NextCursor == "" {
			return held, r.Rev, nil
		}
		page.Cursor = r.NextCursor
	}
}

// verify compares what the server holds with what this device shows, once that has caught up.
func (d *device) verify(patience time.Duration) {
	held, rev, err := d.list()
	if err != nil {
		return // counted
	}
	for deadline := time.Now().Add(patience); ; {
		d.mu.Lock()
		have, different := d.rev, ""
		if have == rev {
			different = d.different(held)
		}
		online := d.greeted
		d.mu.Unlock()
		switch {
		case have == rev && different != "":
			d.violate("relation", "at the end, at revision %d: %s", rev, different)
			return
		case have >= rev || !online:
			return
		case time.Now().After(deadline) || !until(d.p.f.ctx, time.Now().Add(10*time.Millisecond)):
			d.violate("revision", "at the end: was told up to revision %d, the server is at %d", have, rev)
			return
		}
	}
}

// different says how relations differ from those that the device shows, as far as they are with bots; the caller holds mu.
func (d *device) different(held map[string]relation) string {
	for id, r := range held {
		mine := d.relations[id]
		if d.p.f.person(id) != nil && (mine.state != r.state || mine.invitation != r.invitation) {
			return fmt.Sprintf("%s is %s %s, and %q %s is shown", id, r.state, r.invitation, mine.state, mine.invitation)
		}
	}
	for id, mine := range d.relations {
		if _, has := held[id]; !has && d.p.f.person(id) != nil {
			return fmt.Sprintf("%s is none, and %s is shown", id, mine.state)
		}
	}
	return ""
}

// verify compares the server's list of members with who is in.
func (p *place) verify() {
	id, truth, settled := p.members(time.Now(), 0)
	var by *device
	for _, who := range truth {
		if who.present() {
			by = who.device()
		}
	}
	if id == "" || by == nil || !settled {
		return
	}
	missing := map[string]string{}
	for _, who := range truth {
		missing[who.userID()] = who.name
	}
	limit := 200
	params := protocol.PeopleInSessionParams{SessionID: id, Page: protocol.Page{Limit: &limit}}
	for {
		r, err := ask[protocol.PeopleInSessionResult](by, protocol.MethodPeopleInSession, params)
		if err != nil {
			return // counted
		}
		for _, one := range r.People {
			if one.User == nil {
				continue
			}
			if _, is := missing[one.User.ID]; !is {
				by.violate("roster", "at the end, the server lists %s in the session, who is not in", one.User.ID)
			}
			delete(missing, one.User.ID)
		}
		if r.NextCursor == "" {
			break
		}
		params.Cursor = r.NextCursor
	}
	for _, name := range missing {
		by.violate("roster", "at the end, the server does not list %s in the session, who is in", name)
	}
}
