package load

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"foyer/protocol"
)

var statuses = []protocol.Status{protocol.StatusOnline, protocol.StatusBusy, protocol.StatusAway}

// presence has people change their status and note, one after the other.
func (f *field) presence(ctx context.Context, begun time.Time) {
	var turn atomic.Int64
	f.every(ctx, begun, f.s.Presence.Rate, func(due time.Time) {
		for range len(f.people) {
			p := f.people[int(turn.Add(1)-1)%len(f.people)]
			if p.enlist() {
				p.setPresence(due)
				p.retire()
				return
			}
		}
		f.idle("not begun: nobody is there")
	})
}

// setPresence sets the next note. Its number is how friends' devices are known to have seen it. One waits for the one
// before: if that had to be asked again, it would come last.
func (p *person) setPresence(due time.Time) {
	p.setting <- struct{}{}
	defer func() { <-p.setting }()
	p.mu.Lock()
	p.note++
	note := p.note
	now := time.Now()
	p.noteDue[note%uint32(len(p.noteDue))], p.noteBegun, p.noteSet = due, now, now
	p.mu.Unlock()
	text := "note " + strconv.FormatUint(uint64(note), 10)
	_, err := ask[struct{}](p.device(), protocol.MethodPresenceSet, struct {
		Status protocol.Status `json:"status"`
		Note   string          `json:"note"`
	}{statuses[int(note)%len(statuses)], text})
	p.mu.Lock()
	p.noteSet = time.Now()
	if err != nil {
		p.noteSet = time.Time{} // nobody knows which one counts
	}
	p.mu.Unlock()
}

// presences takes in what friends are up to. Whoever is no friend must not be among them.
func (d *device) presences(c *protocol.PresenceChanged, now time.Time) {
	rec := d.p.f.rec
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range c.People {
		who := d.p.f.person(one.UserID)
		if who == nil || who == d.p {
			continue
		}
		rec.presences.Add(1)
		if !d.mayKnow(who, one.UserID, now) {
			rec.violate("presence", d.p.name, "is shown the presence of %s, to whom there is no connection", who.name)
			continue
		}
		digits, has := strings.CutPrefix(one.Presence.Note, "note ")
		note, err := strconv.ParseUint(digits, 10, 32)
		if !has || err != nil {
			continue
		}
		if d.heard == nil {
			d.heard = map[*person]uint32{}
		}
		if before := d.heard[who]; uint32(note) > before && d.p.knows(who) {
			who.mu.Lock()
			due, newest := who.noteDue[note%uint64(len(who.noteDue))], who.note
			who.mu.Unlock()
			if newest-uint32(note) < uint32(len(who.noteDue)) && d.since.Before(due) {
				rec.add(mPresence, d.p.index, now.Sub(due))
			}
		}
		d.heard[who] = uint32(note)
	}
}

// mayKnow reports whether somebody's presence may be shown here; the caller holds mu. One may still be on its way when
// a connection ends, and one may be there before the connection is told.
func (d *device) mayKnow(who *person, id string, now time.Time) bool {
	if d.lost || d.relations[id].state == protocol.RelationConnected || len(d.waits[id]) > 0 {
		return true
	}
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	if now.Before(d.p.ended[id]) {
		return true
	}
	return slices.Contains(d.p.friends, who)
}

// knows reports whether somebody is a friend.
func (p *person) knows(who *person) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.friends, who)
}

// stale says which friend's newest note a device doesn't know though it had the time; "" if none.
func (d *device) stale(patience time.Duration) string {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.greeted || now.Sub(d.since) < patience {
		return ""
	}
	for _, friend := range d.p.friends {
		friend.mu.Lock()
		note, begun, set, away, back := friend.note, friend.noteBegun, friend.noteSet, !friend.awaySince.IsZero(), friend.awayTo
		friend.mu.Unlock()
		if note == 0 || set.IsZero() || now.Sub(set) < patience || away || now.Sub(back) < patience || begun.Before(d.since) {
			continue
		}
		if d.heard[friend] != note {
			return friend.name + ": note " + strconv.Itoa(int(note)) + " was set, note " + strconv.Itoa(int(d.heard[friend])) + " is shown"
		}
	}
	return ""
}
