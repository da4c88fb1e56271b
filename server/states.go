package server

import (
	"context"
	"fmt"
	"slices"
	"time"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/ws"
	"foyer/session/relay"
)

// receiver is a device that gets a room's states, but not those of whom a block parts its user from.
type receiver struct {
	device *Device
	not    *relay.Exclusion // nil: nobody
	subset *relay.Subset    // what it asked for; nil: everything
}

// Binary takes a state: the newest of the member, in the session that the device is in. Where it is in none, or is a
// companion, there is nobody to show it to.
func (d *Device) Binary(payload []byte) {
	defer func() { d.endIfMistaken(recover()) }()
	state, ok := protocol.ParseState(payload)
	if !d.greeted || !ok {
		d.close(protocol.CloseNotProtocol, "not this protocol")
		return
	}
	if within, _ := d.states.allow(d.srv.now(), d.srv.limits.StatesPerSecond, d.srv.limits.StatesPerSecond); !within {
		d.srv.metrics.overLimit.Inc() // still the newest: at the next tick it counts, those before it don't
	}
	d.mu.Lock()
	p := d.place
	writes := p != nil && !p.over && !d.companion
	d.mu.Unlock()
	if writes && !d.stale() {
		p.room.writes(d, p, state)
	}
}

// Quick reports whether Binary would return at once. After a pause it asks first whose devices are this node's still.
func (d *Device) Quick() bool { return !d.srv.shared || !d.srv.beat.paused() }

// know takes note of a session's tick rate and age.
func (r *room) know(v protocol.Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hz, r.origin = v.TickHz, v.CreatedAt.Time
}

// writes makes state the newest of the member whose device d has place p, unless that ended meanwhile.
func (r *room) writes(d *Device, p *place, state []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d.mu.Lock()
	stays := d.place == p && !p.over // a place is over before gone ends what was written from it
	d.mu.Unlock()
	if stays {
		r.writeLocked(p.number, state)
	}
}

// writeLocked makes state, which a device here wrote, the newest of a member. It sees to it that a tick comes, and that
// other nodes are told.
func (r *room) writeLocked(number uint16, state []byte) {
	if r.relay.Write(number, state) {
		r.ownLocked(number)
		r.armLocked()
	}
}

// armLocked sees to it that a tick comes.
func (r *room) armLocked() {
	if r.armed || r.hz == 0 {
		return
	}
	r.armed = true
	now := r.srv.now()
	wait := relay.Next(r.origin, now, r.hz)
	r.due = now.Add(wait)
	if r.timer == nil {
		r.timer = time.AfterFunc(wait, r.ticked)
	} else {
		r.timer.Reset(wait)
	}
}

// ticked sends what changed since the last tick to everybody who is there. A device that has not taken its last states
// yet gets them whole instead.
func (r *room) ticked() {
	defer func() { r.endIfMistaken(recover()) }()
	r.telling.Lock()
	defer r.telling.Unlock()
	for _, m := range r.begun() {
		r.srv.bus.Publish(cluster.SessionTopic(r.id), m)
	}
	r.send()
}

// begun begins a tick and returns what other nodes are to be told.
func (r *room) begun() []*cluster.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = false
	r.srv.metrics.tickLate.Observe(r.srv.now().Sub(r.due).Seconds())
	return r.newsLocked()
}

// send ends a tick and sends it. Meanwhile states can be written.
func (r *room) send() {
	r.sending.Lock()
	defer r.sending.Unlock()
	defer func() {
		clear(r.out)
		r.out = r.out[:0]
	}()
	var frames framesOf
	tick := r.fill(&frames)
	for i, out := range r.out {
		if v := &r.live[i]; len(out) > 0 && !v.device.sock.SendState(out, false) {
			v.device.sock.SendState(r.anew(&frames, v, tick), true)
		}
	}
}

// fill makes what each gets of a tick, and returns which one it is.
func (r *room) fill(frames *framesOf) (tick uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	tick = r.tickLocked()
	if len(r.live) > 0 {
		r.relay.Tick(tick)
	}
	for i := range r.live {
		v := &r.live[i]
		r.out = append(r.out, frames.of(r.moved(v)))
		if v.subset != nil && r.relay.Behind(v.subset) {
			r.armLocked()
		}
	}
	return tick
}

// anew returns v's key frame instead of what it did not take.
func (r *room) anew(frames *framesOf, v *receiver, tick uint32) []*ws.Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	return frames.of(r.whole(v, tick))
}

// moved returns what v gets of the last tick.
func (r *room) moved(v *receiver) [][]byte {
	if v.subset != nil {
		return r.relay.Subset(v.subset)
	}
	return r.relay.Frames(v.not)
}

// whole returns v's key frame.
func (r *room) whole(v *receiver, tick uint32) [][]byte {
	if v.subset != nil {
		return r.relay.SubsetKey(tick, v.subset)
	}
	return r.relay.Key(tick, v.not)
}

func (r *room) tickLocked() uint32 { return relay.At(r.origin, r.srv.now(), r.hz) }

// framesOf makes socket frames of the relay's, each once for all who get it.
type framesOf struct {
	raw    [][]byte // what the last ones were made of
	frames []*ws.Frame
	others map[*byte]*ws.Frame // those before, by what they were made of
}

func (m *framesOf) of(raw [][]byte) []*ws.Frame {
	if len(raw) == 0 {
		return nil
	}
	if len(m.raw) == len(raw) && &m.raw[0][0] == &raw[0][0] && &m.raw[len(raw)-1][0] == &raw[len(raw)-1][0] {
		return m.frames
	}
	if m.raw != nil && m.others == nil {
		m.others = map[*byte]*ws.Frame{}
	}
	for i, f := range m.frames {
		m.others[&m.raw[i][0]] = f
	}
	made := make([]*ws.Frame, len(raw))
	for i, b := range raw {
		if made[i] = m.others[&b[0]]; made[i] == nil {
			made[i] = ws.NewBinary(b)
		}
	}
	m.raw, m.frames = raw, made
	return made
}

// gone ends the states of members who left by that version of the roster. Their numbers will be others' one day, so nobody
// is excluded by them.
func (r *room) gone(numbers []uint16, version int64) {
	r.sending.Lock()
	defer r.sending.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range numbers {
		r.relay.Remove(n)
		r.endLocked(n, version)
		for i := range r.live {
			v := &r.live[i]
			if not := v.not.Numbers(); slices.Contains(not, n) {
				v.not = r.exclusionLocked(slices.DeleteFunc(slices.Clone(not), func(m uint16) bool { return m == n }))
				v.subset = r.subsetLocked(v.device, v.not)
			} else if v.subset.Names(n) {
				v.subset = r.subsetLocked(v.device, v.not)
			}
		}
	}
}

// forget takes a device off the receivers unless it has a place here: it may have come back meanwhile.
func (r *room) forget(d *Device) {
	r.sending.Lock()
	defer r.sending.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	d.mu.Lock()
	stays := d.place != nil && d.place.room == r
	d.mu.Unlock()
	if !stays {
		r.dropLocked(d)
	}
}

// drop takes a device off the receivers.
func (r *room) drop(d *Device) {
	r.sending.Lock()
	defer r.sending.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropLocked(d)
}

func (r *room) dropLocked(d *Device) {
	r.live = slices.DeleteFunc(r.live, func(v receiver) bool { return v.device == d })
}

// stop ends the room: nobody is here any more.
func (r *room) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
}

// showStates begins to send d the states of the session that it is in, with a key frame first. A companion gets them
// only if it asked for them. Whose it doesn't get is read anew if that changed meanwhile.
func (s *Server) showStates(ctx context.Context, d *Device) {
	for done := false; !done; {
		done = s.showStatesOnce(ctx, d)
	}
}

// showStatesOnce reports whether there is nothing left to do.
func (s *Server) showStatesOnce(ctx context.Context, d *Device) bool {
	parted := d.parted.Load()
	d.mu.Lock()
	p := d.place
	wanted := p != nil && p.version >= 0 && (!d.companion || d.wantsStates)
	d.mu.Unlock()
	if !wanted {
		return true
	}
	not, err := s.notSeen(ctx, d, p.room.id)
	if err != nil {
		s.log.Warn().Err(err).Msg("blocked members not read")
		d.close(protocol.CloseOverload, "come back") // rather no states than those of somebody blocked
		return true
	}
	p.room.sending.Lock()
	defer p.room.sending.Unlock()
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if d.parted.Load() != parted {
		return false
	}
	d.mu.Lock()
	stays := d.place == p && !d.ended
	d.mu.Unlock()
	if !stays {
		p.room.dropLocked(d)
		return true
	}
	v := receiver{device: d, not: p.room.exclusionLocked(not)}
	v.subset = p.room.subsetLocked(d, v.not)
	if i := slices.IndexFunc(p.room.live, func(v receiver) bool { return v.device == d }); i >= 0 {
		p.room.live[i] = v // in its place, so that its ticks come as evenly as before
	} else {
		p.room.live = append(p.room.live, v)
	}
	d.sock.SendState(new(framesOf).of(p.room.whole(&v, p.room.tickLocked())), true)
	return true
}

// notSeen returns the numbers of the members of a session whom a block parts d's user from.
func (s *Server) notSeen(ctx context.Context, d *Device, sessionID string) ([]uint16, error) {
	d.mu.Lock()
	a := d.account
	d.mu.Unlock()
	if a == nil {
		return nil, nil
	}
	deaf := a.notHeard()
	if len(deaf) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(deaf))
	for id := range deaf {
		ids = append(ids, id)
	}
	standings, err := s.registry.Standings(ctx, sessionID, ids...)
	if err != nil {
		return nil, err
	}
	var numbers []uint16
	for _, standing := range standings.By {
		if standing.Member != nil {
			numbers = append(numbers, standing.Member.Number)
		}
	}
	return numbers, nil
}

// exclusionLocked returns the exclusion of numbers, the same for all receivers with the same numbers.
func (r *room) exclusionLocked(numbers []uint16) *relay.Exclusion {
	x := relay.NewExclusion(numbers)
	if x == nil {
		return nil
	}
	key := fmt.Sprint(x.Numbers())
	if have := r.shared[key]; have != nil {
		return have
	}
	if r.shared == nil || len(r.shared) > 2*len(r.live)+16 { // old ones are found anew when they are needed again
		r.shared = map[string]*relay.Exclusion{}
	}
	r.shared[key] = x
	return x
}

// exclude keeps one more member's states from d.
func (r *room) exclude(d *Device, number uint16) {
	d.parted.Add(1) // before it is looked whether d receives any
	r.sending.Lock()
	defer r.sending.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.live {
		v := &r.live[i]
		if v.device == d && !slices.Contains(v.not.Numbers(), number) {
			v.not = r.exclusionLocked(append(slices.Clone(v.not.Numbers()), number))
			v.subset = r.subsetLocked(d, v.not)
		}
	}
}

// reexclude has the devices of a user see whom they may see now that a block came or went.
func (s *Server) reexclude(ctx context.Context, userID string) {
	for _, d := range s.byUser.Of(userID) {
		s.touchPanel(d)
		d.parted.Add(1) // before it is looked whether d receives any
		d.mu.Lock()
		p := d.place
		d.mu.Unlock()
		if p != nil && p.room.receives(d) {
			s.showStates(ctx, d)
		}
	}
}

func (r *room) receives(d *Device) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.live, func(v receiver) bool { return v.device == d })
}
