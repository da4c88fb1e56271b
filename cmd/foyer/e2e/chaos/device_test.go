package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/client/wire"
	"foyer/protocol"
)

// device is one of a user's. It comes back whenever its socket breaks, on the next node, and resumes.
type device struct {
	w        *world
	user     string
	name     string // for reports
	kind     protocol.Kind
	next     int           // the node to try next; owned by run
	patience time.Duration // for an answer; then the socket is given up
	rng      *rand.Rand    // owned by the actor
	pinned   bool          // it never tries another node
	onNotice func(d *device, l *line, m *protocol.ServerMessage)
	onAnswer func(l *line, method protocol.Method, m *protocol.ServerMessage) // on the reading goroutine, in order with notices
	onStates func(l *line, frame []byte)                                      // nil: nothing
	onLine   func(d *device, l *line, hello *protocol.HelloResult)            // after each hello, on the reading goroutine; nil: nothing
	onGone   func(d *device, l *line)

	mu     sync.Mutex // guards what follows
	line   *line      // nil while offline
	up     chan struct{}
	epoch  string
	id     string
	rev    int64
	first  int64 // the revision it began with
	told   []told
	lost   time.Time // when its last socket broke
	lostOn string    // and on which node
	silent bool      // it reads nothing
	woken  chan struct{}
	mutes  []gap // when it read nothing
	closed bool
}

// told is a relation.changed or a settings.changed as it came.
type told struct {
	rev        int64
	at, since  time.Time // when, and since when its socket was signed in
	node       string
	other      string
	state      protocol.RelationState
	invitation string // of the relation
	id         string
	cause      protocol.Cause
	notify     bool
	unseen     int
	settings   protocol.Settings // of a settings.changed
}

// line is one socket of a device.
type line struct {
	d     *device
	sock  *wire.Socket
	node  *node
	since time.Time
	gone  chan struct{}

	mu      sync.Mutex // guards what follows
	pending map[int64]asked
	lastID  int64
}

func newDevice(w *world, user string, i int, rng *rand.Rand) *device {
	return &device{
		w: w, user: user, name: fmt.Sprintf("%s/%d", user, i), kind: []protocol.Kind{protocol.KindHeadset, protocol.KindDesktop}[i%2],
		next: int(rng.Uint64N(3)), patience: []time.Duration{1500 * time.Millisecond, 5 * time.Second}[rng.IntN(2)], rng: rng,
		up: make(chan struct{}), first: -1,
	}
}

// run keeps the device online until ctx ends; then it says goodbye.
func (d *device) run(ctx context.Context) {
	for ctx.Err() == nil {
		n := d.w.nodes[d.next%len(d.w.nodes)]
		if !d.pinned {
			d.next++
		}
		l, err := d.connect(ctx, n)
		if err != nil {
			sleep(ctx, time.Duration(20+rand.IntN(100))*time.Millisecond)
			continue
		}
		err = d.read(ctx, l)
		d.offline(l)
		if ctx.Err() != nil {
			break
		}
		d.judge(err, n)
		d.w.stats.reconnects.Add(1)
		sleep(ctx, time.Duration(rand.IntN(150))*time.Millisecond)
	}
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
}

// judge looks at why a socket ended.
func (d *device) judge(err error, n *node) {
	var closed *wire.ClosedError
	if !errors.As(err, &closed) {
		return
	}
	switch closed.Code {
	case 1000, 1001, 1006, 1012, 1013, protocol.CloseSlowReader, protocol.ClosePongMissing, protocol.CloseReplaced:
	default:
		d.w.violate("close", "%s on %s was closed with %d %s", d.name, n.name, closed.Code, closed.Reason)
	}
}

var errRefused = errors.New("hello refused")

// connect makes one attempt to be online.
func (d *device) connect(ctx context.Context, n *node) (*line, error) {
	within, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	sock, err := wire.Dial(within, "ws://"+n.listen+"/v1/ws", wire.Options{})
	if err != nil {
		return nil, err
	}
	l := &line{d: d, sock: sock, node: n, gone: make(chan struct{}), pending: map[int64]asked{}}
	t, err := token(d.user)
	if err != nil {
		return nil, err
	}
	params := protocol.HelloParams{Token: t, Client: &protocol.HelloClient{Client: protocol.Client{Name: "chaos", Version: "1", Kind: d.kind}}}
	d.mu.Lock()
	resuming := d.epoch != ""
	if resuming {
		params.Resume = &protocol.Resume{Epoch: d.epoch, Rev: d.rev, DeviceID: d.id}
	}
	d.mu.Unlock()
	frame, err := request(0, protocol.MethodHello, params)
	if err != nil {
		return nil, err
	}
	patient, cancelHello := context.WithTimeout(ctx, 5*time.Second)
	defer cancelHello()
	if err := sock.Write(wire.Frame{Data: frame}); err != nil {
		sock.Drop()
		return nil, err
	}
	answer, err := sock.Read(patient)
	if err != nil {
		sock.Drop()
		return nil, err
	}
	m, err := protocol.ParseServerFrame(answer.Data)
	switch {
	case err != nil || !m.IsResponse():
		d.w.violate("hello", "%s on %s: not an answer to hello: %s", d.name, n.name, answer.Data)
		sock.Drop()
		return nil, errRefused
	case m.Error != nil:
		if m.Error.Code != protocol.CodeUnavailable {
			d.w.violate("hello", "%s on %s: %s", d.name, n.name, answer.Data)
		}
		sock.Drop()
		return nil, errRefused
	}
	var hello protocol.HelloResult
	if err := json.Unmarshal(m.Result, &hello); err != nil {
		return nil, err
	}
	d.online(l, &hello, resuming)
	return l, nil
}

func (d *device) online(l *line, hello *protocol.HelloResult, resuming bool) {
	late := d.noticedLate()
	d.mu.Lock()
	if resuming && !hello.Resumed {
		d.w.violate("resume", "%s at revision %d was not resumed on %s (epoch %s, now %s, revision %d)", d.name, d.rev, l.node.name, d.epoch, hello.Epoch, hello.Rev)
	}
	if resuming && hello.DeviceID != d.id && time.Since(d.lost) < absentFor && !late && !d.w.tooSlow() && !d.w.overlaps(d.lost, time.Now(), ofRedis) && !d.w.stood(d.lostOn, d.lost) {
		d.w.violate("place lost", "%s came back on %s after %s, and is another device: %s, now %s", d.name, l.node.name, time.Since(d.lost), d.id, hello.DeviceID)
	}
	if !hello.Resumed {
		d.rev = hello.Rev
		if d.first < 0 {
			d.first = hello.Rev
		}
	}
	if resuming && hello.Rev > d.rev {
		d.w.stats.replayed.Add(hello.Rev - d.rev)
	}
	d.epoch, d.id = hello.Epoch, hello.DeviceID
	l.since = time.Now()
	d.line = l
	close(d.up)
	d.mu.Unlock()
	if d.onLine != nil {
		d.onLine(d, l, hello)
	}
}

func (d *device) offline(l *line) {
	l.sock.Drop()
	close(l.gone)
	d.mu.Lock()
	d.line, d.lost, d.lostOn = nil, time.Now(), l.node.name
	d.up = make(chan struct{})
	d.mu.Unlock()
	if d.onGone != nil {
		d.onGone(d, l)
	}
}

// read takes in frames until the socket breaks or ctx ends.
func (d *device) read(ctx context.Context, l *line) error {
	for {
		d.mu.Lock()
		silent, woken := d.silent, d.woken
		d.mu.Unlock()
		if silent {
			select {
			case <-woken:
			case <-ctx.Done():
			}
		}
		f, err := l.sock.Read(ctx)
		if err != nil {
			if ctx.Err() != nil {
				l.sock.Close(1000)
			}
			return err
		}
		if f.Binary {
			if d.onStates != nil {
				d.onStates(l, f.Data)
			}
			continue
		}
		m, err := protocol.ParseServerFrame(f.Data)
		if err != nil {
			d.w.violate("frame", "%s on %s got what is no frame of the protocol: %v: %.300s", d.name, l.node.name, err, f.Data)
			return err
		}
		if m.IsResponse() {
			l.answered(m)
			continue
		}
		if err := d.notified(l, &m); err != nil {
			return err
		}
	}
}

// notified takes in a notification. Revisions have to come each once and in order.
func (d *device) notified(l *line, m *protocol.ServerMessage) error {
	if m.Method != protocol.NotifyRelationChanged && m.Method != protocol.NotifySettingsChanged {
		if d.onNotice != nil {
			d.onNotice(d, l, m)
		}
		return nil
	}
	var c struct {
		protocol.RelationChanged
		Settings protocol.Settings `json:"settings"`
	}
	if err := json.Unmarshal(m.Params, &c); err != nil {
		return err
	}
	at := time.Now()
	t := told{settings: c.Settings, rev: c.Rev, at: at, since: l.since, node: l.node.name, state: c.Relation.State, id: c.InvitationID, cause: c.Cause, notify: c.Notify, unseen: c.Unseen}
	if c.User != nil {
		t.other = c.User.ID
	}
	if c.Relation.Invitation != nil {
		t.invitation = c.Relation.Invitation.ID
	}
	d.mu.Lock()
	have := d.rev
	if c.Rev == have+1 {
		d.rev = c.Rev
		d.told = append(d.told, t)
	}
	d.mu.Unlock()
	d.w.stats.deliveries.Add(1)
	switch {
	case c.Rev <= have:
		d.w.violate("told twice", "%s on %s was told of revision %d, and has %d", d.name, l.node.name, c.Rev, have)
	case c.Rev > have+1:
		d.w.violate("gap", "%s on %s was told of revision %d, and has %d", d.name, l.node.name, c.Rev, have)
	}
	if d.onNotice != nil {
		d.onNotice(d, l, m)
	}
	return nil
}

// log returns what the device was told so far, and the revision it has.
func (d *device) log() ([]told, int64, int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]told(nil), d.told...), d.first, d.rev
}

// deviceID returns the id that the server last gave the device.
func (d *device) deviceID() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.id
}

// current returns the line that is up, nil if none is.
func (d *device) current() *line {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.line
}

// await waits until the device is online.
func (d *device) await(ctx context.Context) (*line, error) {
	for {
		d.mu.Lock()
		l, up := d.line, d.up
		if d.silent {
			l, up = nil, d.woken
		}
		d.mu.Unlock()
		if l != nil {
			return l, nil
		}
		select {
		case <-up:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// drop breaks the socket without a goodbye.
func (d *device) drop() {
	if l := d.current(); l != nil {
		l.sock.Drop()
	}
}

// silence has the device read nothing until the returned function is called.
func (d *device) silence() (wake func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.silent {
		return func() {}
	}
	d.silent, d.woken = true, make(chan struct{})
	woken, from := d.woken, time.Now()
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.silent, d.mutes = false, append(d.mutes, gap{from, time.Now()})
		close(woken)
	}
}

// noticedLate reports whether the device read nothing of late: its socket may have ended long before it saw that.
func (d *device) noticedLate() bool { return d.wasSilent(time.Now().Add(-absentFor), time.Now()) }

// wasSilent reports whether the device read nothing at some time between two moments.
func (d *device) wasSilent(from, to time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.mutes, func(g gap) bool { return g.from.Before(to) && g.to.After(from) })
}

func TestWhoReadsNothingNoticesLateThatItsSocketIsGone(t *testing.T) {
	t.Parallel()
	d := &device{}
	require.False(t, d.noticedLate())
	d.silence()()
	require.True(t, d.noticedLate(), "for as long as it counts that it came back soon")
}
