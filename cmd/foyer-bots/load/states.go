package load

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"foyer/client/wire"
	"foyer/protocol"
)

// A state begins with who wrote it and when; the rest is filler.
const (
	stateMagic = 0xF07E_B075
	stateHead  = 40
	// lingering is how long a state of somebody who left may still be on its way beside the roster that said so.
	lingering = 500 * time.Millisecond
	// sampled is of how many states one is measured.
	sampled = 16
)

// putState writes a state's head.
func putState(b []byte, who *person, order uint64, due int64) {
	le := binary.LittleEndian
	le.PutUint32(b, stateMagic)
	le.PutUint32(b[4:], uint32(who.place.index))
	le.PutUint64(b[8:], uint64(who.index))
	le.PutUint64(b[16:], order)
	le.PutUint64(b[24:], uint64(due))
	le.PutUint64(b[32:], uint64(who.f.epoch.UnixNano()))
}

// mover writes the states of one device.
type mover struct {
	p     *person
	frame []byte
	room  *room // in which it wrote last
	seq   uint32
	life  uint16
}

// move has every member's first device write states, evenly spaced and each device at moments of its own, which have
// nothing to do with those of the others in its session.
func (f *field) move(ctx context.Context, begun time.Time) {
	workers := runtime.GOMAXPROCS(0)
	step := time.Duration(float64(time.Second) / f.s.States.Hz)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() { f.moveSome(ctx, begun, step, w, workers) })
	}
	all.Wait()
}

// moveSome writes for every n-th person. They take turns within a step.
func (f *field) moveSome(ctx context.Context, begun time.Time, step time.Duration, first, n int) {
	var movers []*mover
	order := rand.New(rand.NewPCG(0, 0)).Perm(len(f.people)) // #nosec G404 -- the same each time, so that runs compare
	for i := first; i < len(order); i += n {
		movers = append(movers, &mover{p: f.people[order[i]], frame: protocol.AppendState(nil, make([]byte, f.s.States.Bytes))})
	}
	if len(movers) == 0 {
		return
	}
	for round := int64(0); ; round++ {
		for i, m := range movers {
			offset := step * time.Duration(i*n+first) / time.Duration(len(f.people))
			due := begun.Add(time.Duration(round)*step + offset)
			if wait := time.Until(due); wait > 200*time.Microsecond && !until(ctx, due) || ctx.Err() != nil {
				return
			}
			m.write(due)
			if i%64 == 0 {
				f.rec.add(mLag, first, max(0, time.Since(due)))
			}
		}
	}
}

// write writes the next state, if its device is in a session.
func (m *mover) write(due time.Time) {
	d := m.p.devices[0]
	d.mu.Lock()
	r, socket, life := d.room, d.socket, d.life
	if r == nil || r.stale || !d.greeted || d.ending {
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	if r != m.room || life != m.life {
		m.room, m.life = r, life
	}
	m.seq++
	others := m.p.audience()
	putState(m.frame[1:], m.p, uint64(life)<<32|uint64(m.seq), m.p.f.since(due))
	if d.write(socket, wire.Frame{Binary: true, Data: m.frame}) {
		m.p.f.rec.written.Add(1)
		m.p.f.rec.due.Add(int64(others))
	}
}

// see takes in a frame of states: each must be of who has that number, in this session, and not older than the one before.
func (d *device) see(frame []byte, now time.Time) {
	rec := d.p.f.rec
	f, err := protocol.ParseStates(frame)
	if err != nil {
		d.violate("state", "a frame that is none: %v", err)
		return
	}
	rec.states.Add(int64(f.Count))
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.room
	if r == nil || r.stale {
		if r == nil && f.Count > 0 && d.greeted && !d.roomed.IsZero() && now.Sub(d.roomed) > lingering && d.p.place != nil && !d.movingIn() {
			rec.violate("state", d.p.name, "gets states and is in no session")
		}
		return
	}
	d.steady(r, f, now)
	var arrived int64
	for number, state := range f.All() {
		if number != r.own {
			arrived += d.state(r, number, state, now)
		}
	}
	if before := rec.arrived.Add(arrived) - arrived; arrived > 0 && before/sampled != (before+arrived)/sampled {
		d.sample(r, f, now)
	}
}

// movingIn reports whether the user is on the way into a session; the caller holds mu.
func (d *device) movingIn() bool {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	return d.p.moving
}

// sample measures one state of a frame; the caller holds mu.
func (d *device) sample(r *room, f protocol.StateFrame, now time.Time) {
	if f.Kind != protocol.FrameTick {
		return
	}
	for number, state := range f.All() {
		if number != r.own && (r.chosen[number].who != nil || !d.p.f.names()) && len(state) >= stateHead {
			d.p.f.rec.add(mState, d.p.index, time.Duration(d.p.f.since(now)-int64(binary.LittleEndian.Uint64(state[24:]))))
			return
		}
	}
}

// state holds one state to what it must be, and returns how many of its author's it stands for: those that it replaced
// within a tick count as delivered with it. The caller holds mu.
func (d *device) state(r *room, number uint16, state []byte, now time.Time) int64 {
	rec := d.p.f.rec
	le := binary.LittleEndian
	if len(state) < stateHead || le.Uint32(state) != stateMagic || int64(le.Uint64(state[32:])) != d.p.f.epoch.UnixNano() {
		rec.violate("state", d.p.name, "number %d has a state that nobody here wrote", number)
		return 0
	}
	author := le.Uint64(state[8:])
	if author >= uint64(len(d.p.f.people)) {
		rec.violate("state", d.p.name, "number %d has a state of nobody", number)
		return 0
	}
	who := d.p.f.people[author]
	if r.member(number) != who {
		d.stranger(r, number, who, now)
		return 0
	}
	if int(le.Uint32(state[4:])) != r.place.index {
		rec.violate("state", d.p.name, "%s's state is one of another session", who.name)
		return 0
	}
	if grow := int(number) + 1 - len(r.last); grow > 0 {
		r.last = append(r.last, make([]uint64, grow)...)
	}
	order, before := le.Uint64(state[16:]), r.last[number]
	switch {
	case order < before:
		rec.violate("state", d.p.name, "%s's state went back from %s to %s", who.name, orderText(before), orderText(order))
		return 0
	case order == before:
		return 0
	}
	r.last[number] = order
	same, since := before>>32 == order>>32, r.since
	if d.p.f.names() {
		c, chosen := r.chosen[number]
		if !chosen {
			d.unwanted(r, who, now)
			return 0
		}
		since = c.since
	} else if same {
		return int64(order - before)
	}
	if same {
		order -= before
	}
	// The first one stands for those written since this device could get any.
	could := 1 + int64(float64(int64(le.Uint64(state[24:]))-d.p.f.since(since))/float64(time.Second)*d.p.f.s.States.Hz)
	return max(1, min(could, int64(order&0xFFFFFFFF)))
}

// audience is how many devices of others are to get a person's states.
func (p *person) audience() int {
	if p.f.names() {
		return int(p.chosenBy.Load())
	}
	p.place.mu.Lock()
	defer p.place.mu.Unlock()
	return max(0, p.place.audience-len(p.devices))
}

// steady measures how far the time since the tick before is from what it should be; the caller holds mu.
func (d *device) steady(r *room, f protocol.StateFrame, now time.Time) {
	if f.Kind != protocol.FrameTick || f.Tick <= r.tick {
		return // another part of it
	}
	if r.tick != 0 {
		should := float64(f.Tick-r.tick) / float64(d.p.f.s.Sessions.TickHz) * float64(time.Second)
		d.p.f.rec.add(mJitter, d.p.index, (now.Sub(r.ticked) - time.Duration(should)).Abs())
	}
	r.tick, r.ticked = f.Tick, now
}

func orderText(order uint64) string {
	return fmt.Sprintf("%d of socket %d", order&0xFFFFFFFF, order>>32)
}

// stranger judges a state under a number that isn't its author's here: it may come with the roster that tells of the
// author, or have been on its way beside the one that told of the end. The caller holds mu.
func (d *device) stranger(r *room, number uint16, who *person, now time.Time) {
	left, has := r.left[number]
	switch {
	case has && left.who == who && now.Sub(left.at) > lingering:
		d.p.f.rec.violate("state", d.p.name, "gets a state of %s (number %d), who left %s ago", who.name, number, now.Sub(left.at).Round(time.Millisecond))
	case has && left.who == who:
		d.p.f.rec.late.Add(1)
	case r.member(number) != nil:
		d.p.f.rec.violate("state", d.p.name, "gets a state of %s as number %d, which is %s", who.name, number, r.member(number).name)
	default:
		d.p.f.rec.early.Add(1)
	}
}
