package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"foyer/client/wire"
	"foyer/protocol"
)

// helloWithin is how long an attempt to be online may take.
const helloWithin = 15 * time.Second

// device is one socket at a time, and what its user would see on it.
type device struct {
	p      *person
	slot   int
	kind   protocol.Kind
	target int // where it connects first

	writing sync.Mutex // held while a frame is written

	up atomic.Int64 // since when it is online, in nanoseconds of the field's epoch; 0 while it isn't

	mu      sync.Mutex   // guards what follows
	socket  *wire.Socket // nil while offline
	greeted bool         // hello was answered on this socket
	ready   chan struct{}
	dead    error     // why it doesn't come back
	ending  bool      // a goodbye was said or is to be
	ours    bool      // this socket is broken by us
	back    time.Time // when to connect
	due     time.Time // from when being back counts
	stopped chan struct{}
	since   time.Time // online since
	life    uint16    // sockets so far

	lastID int64
	calls  map[int64]*call

	epoch, id string
	rev       int64
	replay    int64 // revisions up to this one come from the log
	unseen    int
	grace     time.Duration
	relations map[string]relation // by the other's user id, those that are not none
	waits     map[string][]*expectation
	lost      bool // revisions were not resumed: relations are to be read anew

	room    *room
	heard   map[*person]uint32 // the last note of each friend
	talk    map[*person]int64  // the last message of each
	roomed  time.Time          // since when there was no room any more
	stormed time.Time          // the last storm after which all were known
}

// begin starts the device; it connects at once and counts from due.
func (d *device) begin(due time.Time) {
	d.mu.Lock()
	d.ending, d.dead, d.ready, d.stopped, d.back, d.due, d.ours = false, nil, make(chan struct{}), make(chan struct{}), due, due, false
	d.mu.Unlock()
	go d.live()
}

// await waits for the first answer to hello.
func (d *device) await(ctx context.Context, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d.mu.Lock()
	ready := d.ready
	d.mu.Unlock()
	select {
	case <-ready:
	case <-ctx.Done():
		return false
	}
	return d.online()
}

// upAt reports whether the device has been online since before a time.
func (d *device) upAt(t time.Time) bool {
	up := d.up.Load()
	return up > 0 && up < d.p.f.since(t)
}

func (d *device) online() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.greeted
}

// who names a device in violations.
func (d *device) who() string { return d.p.who() + " (" + string(d.kind) + ")" }

// live is the device's goroutine: one socket after the other until the end.
func (d *device) live() {
	defer close(d.stopped)
	rec := d.p.f.rec
	for attempt := 0; ; attempt++ {
		target := d.p.f.o.Targets[(d.target+attempt)%len(d.p.f.o.Targets)]
		socket, wait, err := d.connect(target)
		if err == nil {
			d.mu.Lock()
			ended := d.ending
			d.mu.Unlock()
			if ended {
				socket.Close(protocol.CloseNormal)
				return
			}
			timer := time.AfterFunc(helloWithin, func() { d.dropUnlessGreeted(socket) })
			err = socket.Each(d.take)
			timer.Stop()
			socket.Drop()
			if d.offline(socket) {
				attempt = -1
			}
		} else {
			if reason := "connect: " + reasonOf(err); wait > 0 {
				rec.delay(reason) // it was asked to come later, and will
			} else {
				rec.refuse(reason)
			}
		}
		again, at := d.after(err, attempt, wait)
		if !again || !until(d.p.f.ctx, at) {
			return
		}
	}
}

// connect opens a socket and writes hello.
func (d *device) connect(target *Target) (*wire.Socket, time.Duration, error) {
	ctx, cancel := context.WithTimeout(d.p.f.ctx, helloWithin)
	defer cancel()
	token, err := d.p.tokenFor(ctx, target)
	if err != nil {
		return nil, 0, err
	}
	socket, err := wire.Dial(ctx, target.URL, wire.Options{NetDial: target.dial(d.p.index*len(d.p.devices) + d.slot), ReadBuffer: 512})
	var refused *wire.RefusedError
	if errors.As(err, &refused) {
		seconds, _ := strconv.Atoi(refused.Header.Get("Retry-After")) // 0 if there is none
		return nil, time.Duration(seconds) * time.Second, err
	}
	if err != nil {
		return nil, 0, err
	}
	d.mu.Lock()
	d.socket, d.lastID, d.ours = socket, d.lastID+1, false
	params := protocol.HelloParams{Token: token, Client: &protocol.HelloClient{Client: protocol.Client{Name: "foyer-bots", Version: "2", Kind: d.kind}}}
	if d.epoch != "" {
		params.Resume = &protocol.Resume{Epoch: d.epoch, Rev: d.rev, DeviceID: d.id}
	}
	frame := encode(d.lastID, protocol.MethodHello, params)
	d.mu.Unlock()
	if !d.write(socket, wire.Frame{Data: frame}) {
		return nil, 0, errors.New("hello could not be written")
	}
	return socket, 0, nil
}

func (d *device) dropUnlessGreeted(socket *wire.Socket) {
	d.mu.Lock()
	late := d.socket == socket && !d.greeted
	d.mu.Unlock()
	if late {
		socket.Drop()
	}
}

// write sends a frame; false breaks the socket, so that its reader notices.
func (d *device) write(socket *wire.Socket, f wire.Frame) bool {
	d.writing.Lock()
	defer d.writing.Unlock()
	if socket.Write(f) != nil {
		socket.Drop()
		return false
	}
	return true
}

// offline takes a socket away. It reports whether that one had been greeted.
func (d *device) offline(socket *wire.Socket) bool {
	d.mu.Lock()
	if d.socket != socket {
		d.mu.Unlock()
		return false
	}
	greeted := d.greeted
	d.socket, d.greeted = nil, false
	d.up.Store(0)
	d.outdate()
	d.mu.Unlock()
	if greeted {
		d.p.f.rec.online.Add(-1)
		d.p.went(time.Now())
	}
	return greeted
}

// after decides what follows the end of a socket: whether to come back, and when.
func (d *device) after(err error, attempt int, wait time.Duration) (bool, time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var closed *wire.ClosedError
	switch {
	case d.ending:
		return false, time.Time{}
	case d.dead != nil:
		d.giveUp(d.dead)
		return false, time.Time{}
	case d.ours:
		d.ours = false
		return true, d.back
	case errors.As(err, &closed):
		d.p.f.rec.close(fmt.Sprintf("%d %s", closed.Code, clip(closed.Reason)))
		if !closed.Code.Resumable() {
			d.giveUp(err)
			return false, time.Time{}
		}
	}
	backoff := min(250*time.Millisecond<<min(max(attempt, 0), 6), 8*time.Second)
	now := time.Now()
	if attempt < 0 {
		d.due = now // from now on it is to be back
	}
	return true, now.Add(max(wait, backoff/2+rand.N(backoff/2+1)))
}

// giveUp marks the device as one that doesn't come back; the caller holds mu.
func (d *device) giveUp(err error) {
	d.dead = err
	d.isReady()
}

// isReady lets await return; the caller holds mu.
func (d *device) isReady() {
	select {
	case <-d.ready:
	default:
		close(d.ready)
	}
}

// end says goodbye for good.
func (d *device) end() {
	d.mu.Lock()
	d.ending = true
	socket := d.socket
	d.mu.Unlock()
	if socket != nil {
		socket.Close(protocol.CloseNormal)
	}
}

// forget waits for the device's end and makes it one that was never online.
func (d *device) forget() {
	<-d.stopped
	d.mu.Lock()
	defer d.mu.Unlock()
	d.epoch, d.id, d.rev, d.relations, d.waits, d.heard, d.talk, d.life = "", "", 0, nil, nil, nil, nil, 0
	for _, c := range d.calls {
		c.take(answer{err: errInterrupted})
	}
	d.calls = nil
	d.leaveRoom()
}

// breakOff breaks the socket without a goodbye and comes back at a time; false if it was not online.
func (d *device) breakOff(back time.Time) bool {
	d.mu.Lock()
	socket := d.socket
	if !d.greeted || d.ending {
		d.mu.Unlock()
		return false
	}
	d.ours, d.back, d.due = true, back, back
	d.mu.Unlock()
	d.p.f.rec.dropped.Add(1)
	socket.Drop()
	return true
}

// hello takes in the answer to hello.
func (d *device) hello(raw json.RawMessage, now time.Time) {
	var h protocol.HelloResult
	if err := json.Unmarshal(raw, &h); err != nil {
		d.violate("protocol", "answer to hello: %v", err)
		return
	}
	rec := d.p.f.rec
	d.mu.Lock()
	resuming := d.epoch != ""
	if resuming && !h.Resumed && h.Epoch == d.epoch && h.Rev >= d.rev && h.Rev-d.rev < 1000 {
		rec.violate("resume", d.p.name, "was not resumed from revision %d of %d in the same epoch", d.rev, h.Rev)
	}
	d.lost = resuming && !h.Resumed
	if !resuming || !h.Resumed {
		d.rev, d.unseen = h.Rev, h.Unseen
	}
	if d.lost {
		d.relations, d.waits = nil, nil
	}
	d.epoch, d.id, d.replay, d.grace = h.Epoch, h.DeviceID, h.Rev, time.Duration(h.Limits.GraceMS)*time.Millisecond
	d.greeted, d.since = true, now
	d.up.Store(max(1, d.p.f.since(now)))
	d.life++
	again := d.unanswered() // what is asked from now on goes over this socket by itself
	metric, due := mConnect, d.due
	if d.life > 1 {
		metric = mResume
	}
	d.isReady()
	d.mu.Unlock()

	rec.online.Add(1)
	rec.add(metric, d.p.index, now.Sub(due))
	if resuming && h.Resumed {
		rec.resumed.Add(1)
	}
	d.p.mu.Lock()
	d.p.id = h.User.ID
	d.p.mu.Unlock()
	d.p.f.byID.Store(h.User.ID, d.p)
	d.p.went(now)
	d.returned(again)
}

// refusedHello decides whether to come back after a hello that was refused.
func (d *device) refusedHello(e *protocol.Error) {
	d.p.f.rec.refuse("hello: " + string(e.Reason()))
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Code != protocol.CodeUnavailable && e.Code != protocol.CodeInternal && e.Code != protocol.CodeLimited {
		d.dead = e
		return
	}
	wait := time.Second
	if e.Data != nil {
		wait = max(wait, time.Duration(e.Data.RetryAfterMS)*time.Millisecond)
	}
	d.ours, d.back = true, time.Now().Add(wait+rand.N(wait))
	d.socket.Drop()
}

// returned asks again what was not answered, and goes back to the session, on a socket that has just been greeted. It
// must not wait: it runs where that socket is read.
func (d *device) returned(again []*call) {
	d.mu.Lock()
	socket, life, lost := d.socket, d.life, d.lost
	d.mu.Unlock()
	if life <= 1 && len(again) == 0 {
		return
	}
	go func() {
		if d.p.place != nil && life > 1 {
			d.p.place.rejoin(d)
		}
		for _, c := range again {
			if !d.write(socket, wire.Frame{Data: c.frame}) {
				return
			}
		}
		if lost {
			d.fetch()
		}
	}()
}

// reasonOf says in a word or two why a socket could not be opened.
func reasonOf(err error) string {
	var refused *wire.RefusedError
	if errors.As(err, &refused) {
		return strconv.Itoa(refused.Status) + " " + http.StatusText(refused.Status)
	}
	return clip(err.Error())
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

func (d *device) violate(kind, format string, args ...any) {
	d.p.f.rec.violate(kind, d.who(), format, args...)
}
