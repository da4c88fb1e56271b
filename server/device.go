package server

import (
	"sync"
	"sync/atomic"
	"time"

	"foyer/protocol"
	"foyer/server/auth"
	"foyer/server/cluster"
	"foyer/server/ws"
)

// maxHeld is how many notifications wait behind a request in flight before the device counts as too slow.
const maxHeld = 4096

// Device is one socket of a user, from the upgrade to its end.
type Device struct {
	srv  *Server
	sock *ws.Socket

	// Owned by the socket's read goroutine.
	greeted bool  // hello has succeeded
	meter   meter // of requests
	states  meter // of states

	// Set by hello, read-only from then on.
	userID      string
	id          string
	incarnation string
	kind        protocol.Kind
	companion   bool
	resumed     bool // it continues one that was there before

	shown chan struct{} // full while an answer or a resync is under way that shows d its place

	replaced atomic.Bool // another socket was found to have taken it over, or may have: nothing more is carried out

	parted atomic.Int64 // how often it may have come to be others whose states d doesn't get

	mu          sync.Mutex // guards what follows
	claims      *auth.Claims
	account     *account    // from hello to the end
	timer       *time.Timer // the deadline for hello, then the token's end
	ended       bool        // Closed has run
	busy        int         // requests and resyncs in flight: notifications are held
	settling    int         // those of them behind whose answer the news of a session has to come
	held        []outgoing
	unanswered  bool        // hello is under way: nothing at all comes before its answer
	relief      *time.Timer // after which what is told in time waits no longer; nil: none of it is held
	relieved    bool        // it doesn't
	rev         int64       // the last revision delivered; -1 until hello has read one
	place       *place
	wantsStates bool    // of a companion: it asked for states at all
	wants       *wants  // whose states it asked for in its place; nil: everybody's
	entered     []*room // one for each time that it entered a room and has not left it again; the place counts
	left        []*room // to be left once mu is free
	moves       int     // up by 1 with each request to move and each change of place
	panel       *panel
	touched     int    // up by 1 with whatever may have changed what a panel shows
	seq         int64  // of the last session.message sent
	missed      string // the session of which messages may have been lost since the last join answer or resync
}

// outgoing is a notification on its way to a device. Rev or version say where it belongs in its order, if it has one.
type outgoing struct {
	frame   []byte
	shared  *ws.Frame // instead of frame, where many devices get the same
	rev     int64
	session string // what happened in this session: only for devices that follow it
	version int64  // of that session's roster
	ends    bool   // the device's stay in the session, if it is no later one than stamp says
	stamp   int64
	panel   *panel // what this panel shows: only while it is the one that is open
}

// ref names the device and its socket to the cluster.
func (d *Device) ref() cluster.Device {
	d.mu.Lock()
	defer d.mu.Unlock()
	return cluster.Device{ID: d.id, UserID: d.userID, Incarnation: d.incarnation, Seq: d.seq}
}

// deliver sends a notification, or holds it while a request is in flight.
func (d *Device) deliver(o outgoing) {
	d.mu.Lock()
	defer d.unlock()
	switch {
	case d.busy == 0 || d.relieved && d.inTimeLocked(o):
		d.sendLocked(o)
	default:
		d.holdLocked(o)
		if (o.rev > 0 || o.session != "") && d.relief == nil && !d.unanswered {
			d.relief = d.after(heldAtMost, d.relieve)
		}
	}
}

// heldAtMost is how long a change of the user's, or news of the session, is held back: a request may wait for what is out of
// reach, but this is told in time.
const heldAtMost = time.Second

// inTimeLocked reports whether o waits for no request any more that has taken heldAtMost already.
func (d *Device) inTimeLocked(o outgoing) bool {
	return o.rev > 0 || o.session != "" && d.settling == 0
}

// relieve sends what is held and told in time, and has what comes wait no longer for the request in flight.
func (d *Device) relieve() {
	d.mu.Lock()
	defer d.unlock()
	if d.busy == 0 || d.ended || d.unanswered {
		return
	}
	d.relieved = true
	d.relieveLocked()
}

func (d *Device) relieveLocked() {
	for _, o := range d.letGoLocked() {
		if d.inTimeLocked(o) {
			d.sendLocked(o)
		} else {
			d.holdLocked(o)
		}
	}
}

// holdLocked keeps a notification back until the request in flight is answered.
func (d *Device) holdLocked(o outgoing) {
	if d.ended {
		return
	}
	if room := d.sock.Hold(o.kept()); !room || len(d.held) == maxHeld {
		d.sock.LetGo(o.kept())
		d.srv.metrics.heldFull.Inc()
		d.sock.Close(protocol.CloseSlowReader, "too slow a reader")
		return
	}
	d.held = append(d.held, o)
}

func (o outgoing) kept() ws.Held { return ws.Held{Text: o.frame, Frame: o.shared} }

// letGoLocked returns what was held.
func (d *Device) letGoLocked() []outgoing {
	held := d.held
	d.held = nil
	for _, o := range held {
		d.sock.LetGo(o.kept())
	}
	return held
}

// unlock releases mu, and leaves the rooms that were given up under it.
func (d *Device) unlock() {
	left := d.left
	d.left = nil
	d.mu.Unlock()
	for _, r := range left {
		d.srv.exit(d, r)
	}
}

// sendLocked sends o if it is the next in its order. What the device has already is dropped; what is too far ahead
// makes the node fetch the rest.
func (d *Device) sendLocked(o outgoing) {
	switch {
	case o.panel != nil:
		if o.panel != d.panel {
			return
		}
	case o.rev > 0:
		if d.rev < 0 || o.rev <= d.rev {
			return
		}
		if o.rev > d.rev+1 {
			d.srv.metrics.gaps.WithLabelValues("revision").Inc()
			d.srv.catchUp(d.userID)
			return
		}
		d.rev = o.rev
	case o.ends:
		in := d.place != nil && d.place.room.id == o.session
		if in && d.place.stamp > o.stamp || !in && d.companion {
			return
		}
		if in {
			d.vacateLocked()
		}
	case o.session != "":
		if d.place == nil || d.place.room.id != o.session || d.place.version < 0 || o.version > 0 && o.version <= d.place.version {
			return
		}
		if o.version > d.place.version+1 {
			d.srv.metrics.gaps.WithLabelValues("roster").Inc()
			d.missed = o.session
			d.srv.resync(d)
			return
		}
		d.place.version = max(d.place.version, o.version)
	}
	d.pushLocked(o)
}

// pushLocked queues a frame; a device whose queue is full is closed and comes back.
func (d *Device) pushLocked(o outgoing) {
	var queued bool
	if o.shared == nil {
		queued = d.sock.Send(o.frame)
	} else {
		queued = d.sock.SendFrame(o.shared)
	}
	if !queued {
		d.sock.Close(protocol.CloseSlowReader, "too slow a reader")
	}
}

// notify encodes and delivers a notification without a place in any order.
func (d *Device) notify(m protocol.Method, params any) {
	d.deliver(outgoing{frame: encode(m, params)})
}

// hold begins to hold notifications back: with settling, the news of a session until the end, however long that takes. Each
// hold needs one release of its kind.
func (d *Device) hold(settling bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy++
	if settling {
		d.settling++
	}
}

// settle makes the hold of the request with these effects one with settling.
func (d *Device) settle(fx *effects) {
	if fx.settling {
		return
	}
	fx.settling = true
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settling++
}

// holdAll is hold for hello.
func (d *Device) holdAll() {
	d.mu.Lock()
	d.busy++
	d.unanswered = true
	d.mu.Unlock()
}

// release sends frames (an answer and what belongs to it) ahead of everything held, then, with the last hold gone,
// what was held.
func (d *Device) release(settling bool, frames ...outgoing) {
	d.mu.Lock()
	defer d.unlock()
	for _, f := range frames {
		d.pushLocked(f)
	}
	if settling {
		d.settling--
	}
	if d.busy--; d.busy > 0 {
		if d.relieved {
			d.relieveLocked()
		}
		return
	}
	if d.relief != nil {
		d.relief.Stop()
		d.relief = nil
	}
	d.relieved, d.unanswered = false, false
	for _, o := range d.letGoLocked() {
		d.sendLocked(o)
	}
}

// setRev says up to which revision the device knows all; it never goes back.
func (d *Device) setRev(rev int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rev = max(d.rev, rev)
}

// revision returns the last revision delivered, -1 if none was read yet.
func (d *Device) revision() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rev
}

// close ends the device's socket with a code and a reason for people.
func (d *Device) close(code protocol.CloseCode, reason string) { d.sock.Close(code, reason) }

// encode returns a notification's frame. Every notification can be encoded; one that can't is a mistake in the code.
func encode(m protocol.Method, params any) []byte {
	frame, err := protocol.EncodeNotification(m, params)
	if err != nil {
		panic("encode " + string(m) + ": " + err.Error())
	}
	return frame
}
