package server

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"foyer/server/cluster"
	"foyer/server/ws"
	"foyer/session/relay"
)

// room is one session as far as this node has devices in it: it carries their states.
type room struct {
	srv *Server
	id  string

	refs int // guarded by rooms.mu

	telling sync.Mutex // one tick at a time; taken before the others

	sending sync.Mutex    // guards, with mu, changes of live; taken before mu. A tick under way has it, and mu only now and then
	out     [][]*ws.Frame // what each of live gets of the tick under way; guarded by sending

	keeping sync.Mutex // one looks at a time whose states are over; taken before sending

	mu      sync.Mutex // guards what follows
	relay   relay.Relay
	timer   *time.Timer // made with the first tick
	armed   bool        // a tick is due
	due     time.Time   // when
	hz      int         // 0 until the first device has settled
	origin  time.Time   // when tick 0 was
	live    []receiver  // who gets states; changed with sending too
	shared  map[string]*relay.Exclusion
	subsets map[string]*relay.Subset
	heard   map[string]heard   // messages, by the device that sent them
	own     map[uint16]telling // whose states are written here; only with other nodes
	vacant  map[uint16]vacancy // numbers that nobody has any more; only with other nodes
	kept    int64              // version of the newest roster by which states were ended that was read, as its messages may be lost
	unsure  bool               // messages may have been lost: whose states are written here is looked at first
	written map[uint16]writing // by whom, and when, each state was; only with other nodes
}

// rooms are the sessions with devices on this node.
type rooms struct {
	mu sync.Mutex
	by map[string]*room // guarded by mu
}

// of returns the room of a session, nil if no device here is in it.
func (k *rooms) of(sessionID string) *room {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.by[sessionID]
}

// place is where a device is. A device that came back is a member still, but follows only once it has joined again.
type place struct {
	room    *room
	number  uint16
	version int64 // of the roster that the device knows; -1 if it doesn't follow
	stamp   int64 // of the member as it came in: a stay that ended with a lower one is not this one
	over    bool  // the others were told that its member left: the device itself is about to be
}

// heard is the newest message of a device.
type heard struct {
	seq int64
	at  time.Time
}

// What a node could not send on for a while may come long after its device has gone on from another: heardFor is longer.
const (
	heardFor  = time.Minute
	heardMany = 1024 // devices are remembered for ever up to so many
)

// inOrder reports whether a message of a device is newer than all that came, and takes note of it.
func (r *room) inOrder(device string, seq int64) bool {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	last, known := r.heard[device]
	if known && seq <= last.seq {
		return false
	}
	if r.heard == nil {
		r.heard = map[string]heard{}
	}
	if !known && len(r.heard) >= heardMany {
		maps.DeleteFunc(r.heard, func(_ string, h heard) bool { return now.Sub(h.at) > heardFor })
	}
	r.heard[device] = heard{seq, now}
	return true
}

// enter makes what happens in a session reach d, and returns its room. Every enter needs one exit, or a place. Nobody holds a
// room without being subscribed to its session: it hears all as long as it is there.
func (s *Server) enter(ctx context.Context, d *Device, sessionID string) (*room, error) {
	if err := s.bus.Subscribe(ctx, cluster.SessionTopic(sessionID)); err != nil {
		return nil, err
	}
	s.rooms.mu.Lock()
	r := s.rooms.by[sessionID]
	if r == nil {
		r = &room{srv: s, id: sessionID}
		s.rooms.by[sessionID] = r
	}
	r.refs++
	first := r.refs == 1
	s.rooms.mu.Unlock()
	if first && s.many {
		s.askForStates(sessionID)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Contains(d.entered, r) {
		s.bySession.Add(sessionID, d)
	}
	d.entered = append(d.entered, r)
	return r, nil
}

// exit undoes one enter. The device stays in the index while it has others in the room.
func (s *Server) exit(d *Device, r *room) {
	d.mu.Lock()
	i := slices.Index(d.entered, r)
	if d.entered = slices.Delete(d.entered, i, i+1); !slices.Contains(d.entered, r) {
		s.bySession.Remove(r.id, d)
	}
	d.mu.Unlock()
	r.forget(d)
	s.letGo(r)
	s.bus.Unsubscribe(cluster.SessionTopic(r.id))
}

// letGo gives up a room that was counted; the last to do so ends it.
func (s *Server) letGo(r *room) {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	if r.refs--; r.refs == 0 {
		delete(s.rooms.by, r.id)
		r.stop()
	}
}

// settle gives d its place in a room that it entered, which from then on counts for that enter, and takes the place
// that it had before.
func (s *Server) settle(d *Device, p *place) {
	d.mu.Lock()
	d.settleLocked(p)
	d.unlock()
	p.room.drop(d) // a key frame comes first
}

// settleIf is settle unless the device ended or moved since moves was read. Then it exits, and answers false.
func (s *Server) settleIf(d *Device, p *place, moves int) bool {
	d.mu.Lock()
	ok := !d.ended && d.moves == moves
	if ok {
		d.settleLocked(p)
	} else {
		d.left = append(d.left, p.room)
	}
	d.unlock()
	if ok {
		p.room.drop(d)
	}
	return ok
}

func (d *Device) settleLocked(p *place) {
	wants := d.wants
	if d.place == nil || d.place.room != p.room {
		wants = nil
	}
	d.vacateLocked()
	d.place, d.wants = p, wants
}

// vacateLocked takes d's place away. Whoever unlocks has the room left.
func (d *Device) vacateLocked() {
	d.moves++
	d.wants = nil
	if d.place == nil {
		return
	}
	d.left = append(d.left, d.place.room)
	d.place = nil
	d.sock.DropStates()
}

// leaveRoom takes d's place away, if it is in the session; "" is any.
func (s *Server) leaveRoom(d *Device, sessionID string) {
	d.mu.Lock()
	defer d.unlock()
	if d.place != nil && (sessionID == "" || d.place.room.id == sessionID) {
		d.vacateLocked()
	}
}

// placing has d shown its place by one at a time: else what is read later, and sent sooner, would be followed by an answer
// that is older. It ends when the answer is on its way.
func (d *Device) placing(ctx context.Context, fx *effects) error {
	if fx.placing {
		return nil // an item before in the same batch
	}
	select {
	case d.shown <- struct{}{}: // as a rule; a context that is never asked costs less
	default:
		select {
		case d.shown <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	fx.placing = true
	fx.then(func() { <-d.shown })
	return nil
}

// moving notes that d is about to move, so that nothing that is read before will settle it any more.
func (d *Device) moving() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.moves++
}

// follows reports whether d is in a session and told what happens there.
func (d *Device) follows(sessionID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.place != nil && d.place.room.id == sessionID && d.place.version >= 0
}
