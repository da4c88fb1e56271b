package load

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"foyer/protocol"
)

// wander takes members out of their session, one after the other, and back.
func (f *field) wander(ctx context.Context, begun time.Time) {
	var turn atomic.Int64
	f.every(ctx, begun, f.s.Moves.Rate, func(due time.Time) {
		for range len(f.people) {
			p := f.people[int(turn.Add(1)-1)%len(f.people)]
			if !p.enlist() {
				continue
			}
			if !p.claim(true) {
				p.retire()
				continue
			}
			if p.leave(due) {
				back := due.Add(f.s.Moves.Away.Std())
				until(f.ctx, back)
				p.sit(back)
			}
			p.release()
			p.retire()
			return
		}
		f.idle("not begun: nobody is in a session")
	})
}

// talk has members send messages to all others.
func (f *field) talk(ctx context.Context, begun time.Time) {
	var turn atomic.Int64
	filler := strings.Repeat("x", f.s.Messages.Bytes)
	f.every(ctx, begun, f.s.Messages.Rate, func(due time.Time) {
		for range len(f.people) {
			p := f.people[int(turn.Add(1)-1)%len(f.people)]
			if p.speak(due, filler) {
				return
			}
		}
		f.idle("not begun: nobody is in a session")
	})
}

// saying is what a message has.
type saying struct {
	Who  int    `json:"who"`
	N    int64  `json:"n"`
	Due  int64  `json:"due"`
	Text string `json:"text"`
}

// speak sends a message; false if this person is in no session.
func (p *person) speak(due time.Time, text string) bool {
	if !p.speaking.TryLock() {
		return false
	}
	defer p.speaking.Unlock()
	d := p.device()
	d.mu.Lock()
	in := d.greeted && d.room != nil && !d.room.stale
	id := ""
	if in {
		id = d.room.id
	}
	d.mu.Unlock()
	if !in || !p.enlist() {
		return false
	}
	defer p.retire()
	data, err := json.Marshal(saying{p.index, p.turn(), p.f.since(due), text})
	if err != nil {
		return false
	}
	_, _ = ask[protocol.SeqResult](d, protocol.MethodSessionSend, protocol.SessionSendParams{SessionID: id, Kind: "bots", Data: data}) // counted there
	return true
}

// message takes in one: at most once, and in the order in which its sender's were sent.
func (d *device) message(m *protocol.SessionMessage, now time.Time) {
	var s saying
	rec := d.p.f.rec
	if json.Unmarshal(m.Data, &s) != nil || s.Who < 0 || s.Who >= len(d.p.f.people) {
		d.violate("message", "a message that nobody here sent")
		return
	}
	from := d.p.f.people[s.Who]
	rec.messages.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.talk == nil {
		d.talk = map[*person]int64{}
	}
	if before := d.talk[from]; s.N <= before {
		rec.violate("message", d.p.name, "message %d of %s after %d", s.N, from.name, before)
	}
	d.talk[from] = s.N
	if r := d.room; r != nil && from != d.p && d.p.f.since(r.since) < s.Due {
		rec.add(mMessage, d.p.index, time.Duration(d.p.f.since(now)-s.Due))
	}
}

// drop breaks sockets, one at a time.
func (f *field) drop(ctx context.Context, begun time.Time) {
	f.every(ctx, begun, f.s.Drops.Rate, func(time.Time) {
		for range len(f.people) {
			p := f.people[rand.IntN(len(f.people))]
			if p.devices[rand.IntN(len(p.devices))].breakOff(time.Now().Add(f.s.Drops.Away.Std())) {
				return
			}
		}
		f.idle("not begun: nobody is there")
	})
}

// herds breaks many sockets at once, and has them come back within a time.
func (f *field) herds(ctx context.Context, begun time.Time) {
	for _, h := range f.s.Herds {
		if !until(ctx, begun.Add(h.At.Std())) {
			return
		}
		for _, p := range f.people {
			for _, d := range p.devices {
				if rand.Float64() < h.Share {
					d.breakOff(time.Now().Add(rand.N(h.Within.Std())))
				}
			}
		}
	}
}

// storms has all members of each session join a new one at one moment.
func (f *field) storms(ctx context.Context, begun time.Time) {
	for _, s := range f.s.Storms {
		due := begun.Add(s.At.Std())
		if !until(ctx, due) {
			return
		}
		var all sync.WaitGroup
		for _, pl := range f.places {
			all.Go(func() { pl.rush(due) })
		}
		all.Wait()
	}
}

// rush empties a place, and fills it with everybody at once.
func (p *place) rush(due time.Time) {
	var claimed []*person
	var all sync.WaitGroup
	for _, who := range p.people {
		if who.present() && (who.claim(true) || who.claim(false)) {
			claimed = append(claimed, who)
		}
	}
	if len(claimed) == 0 {
		p.f.idle("not begun: nobody is there")
		return
	}
	for _, who := range claimed {
		all.Go(func() {
			who.mu.Lock()
			in := who.seated
			who.mu.Unlock()
			if in {
				who.leave(due)
			}
		})
	}
	all.Wait()
	p.mu.Lock()
	p.id, p.truth, p.changed, p.storm, p.whole = "", map[uint16]*person{}, time.Now(), time.Now(), 0
	p.mu.Unlock()
	if !claimed[0].sit(time.Now()) {
		for _, who := range claimed {
			who.release()
		}
		return
	}
	claimed[0].release()
	gate := time.Now() // from here on all of them are to be in
	p.mu.Lock()
	p.storm, p.whole = gate, len(claimed)
	p.mu.Unlock()
	for _, who := range claimed[1:] {
		all.Go(func() {
			who.sit(gate)
			who.release()
		})
	}
	all.Wait()
}
