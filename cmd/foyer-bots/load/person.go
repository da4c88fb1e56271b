package load

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"foyer/protocol"
)

// kinds are what the devices of a person are, the first one first: only that one moves and talks.
var kinds = []protocol.Kind{protocol.KindHeadset, protocol.KindTablet, protocol.KindDesktop, protocol.KindMobile, protocol.KindWeb}

// person is somebody with some devices.
type person struct {
	f       *field
	index   int // in this process
	number  int // in the whole load
	name    string
	place   *place // nil without sessions
	devices []*device
	friends []*person     // set before the load
	setting chan struct{} // full while a presence is set

	living   sync.Mutex // held while coming and while going
	speaking sync.Mutex // held while a message is sent, and while leaving

	chosenBy atomic.Int32 // devices that asked for this one's states

	mu     sync.Mutex // guards what follows
	id     string     // from hello on
	token  string
	here   bool // to be online
	seated bool // to be in the session, having been answered
	moving bool // on the way in or out: no other task may touch its seat
	unsure bool // nobody knows whether it is in the session: an answer never came
	tasks  int  // under way with this person

	joinDue, leaveDue time.Time
	awaySince         time.Time // when the last device went; zero while one is there
	awayFrom, awayTo  time.Time // the last time of no device

	note               uint32               // of the last presence set
	noteDue            [16]time.Time        // when a note was to be set, by number
	noteBegun, noteSet time.Time            // when the last one was asked for, and answered
	done               int64                // counts what this person did
	ended              map[string]time.Time // until when somebody disconnected from may still be seen
}

func newPerson(f *field, index, number int) *person {
	p := &person{f: f, index: index, number: number, name: fmt.Sprintf("bot-%s-%d", f.run, number), awaySince: f.epoch, setting: make(chan struct{}, 1)}
	for slot := range f.s.DevicesEach {
		p.devices = append(p.devices, &device{p: p, slot: slot, target: (number + slot) % len(f.o.Targets), kind: kinds[slot%len(kinds)]})
	}
	return p
}

// who names a person in violations.
func (p *person) who() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id != "" {
		return p.id
	}
	return p.name
}

// userID returns the user id, "" before the first hello.
func (p *person) userID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id
}

// tokenFor returns the token to say hello with.
func (p *person) tokenFor(ctx context.Context, t *Target) (string, error) {
	p.mu.Lock()
	token := p.token
	p.mu.Unlock()
	if token != "" {
		return token, nil
	}
	token, err := p.f.o.Tokens(ctx, p.number, p.name, t)
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token = token
	if id := subject(token); id != "" && p.id == "" {
		p.id = id
		p.f.byID.Store(id, p)
	}
	return token, nil
}

// subject reads a token's sub without checking anything; "" if it can't be read.
func subject(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	_ = json.Unmarshal(body, &claims) // then there is none
	return claims.Subject
}

// arrive connects all devices and takes the seat. It reports whether that went well.
func (p *person) arrive(ctx context.Context, due time.Time) bool {
	p.living.Lock()
	defer p.living.Unlock()
	p.mu.Lock()
	p.here = true
	p.mu.Unlock()
	for _, d := range p.devices {
		d.begin(due)
	}
	for _, d := range p.devices {
		if !d.await(ctx, 30*time.Second) {
			return false
		}
	}
	if p.place == nil || len(p.f.s.Storms) > 0 {
		return true
	}
	return p.take(ctx, due)
}

// enlist begins something with this person; false if it isn't there, or about to go.
func (p *person) enlist() bool {
	if !p.present() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.here {
		return false
	}
	p.tasks++
	return true
}

// retire ends what enlist began.
func (p *person) retire() {
	p.mu.Lock()
	p.tasks--
	p.mu.Unlock()
}

// depart begins nothing more with this person, waits for what was begun, and ends all devices with a goodbye.
func (p *person) depart() {
	p.living.Lock()
	defer p.living.Unlock()
	p.mu.Lock()
	p.here = false
	p.mu.Unlock()
	poll(p.f.ctx, 20*time.Millisecond, p.idle)
	p.mu.Lock()
	if p.seated {
		p.seated, p.leaveDue = false, time.Now()
	}
	p.unsure = false
	p.mu.Unlock()
	if p.place != nil {
		p.place.without(p)
	}
	for _, d := range p.devices {
		d.end()
	}
	for _, d := range p.devices {
		d.forget()
	}
	p.release()
}

// claim makes the caller the only one who moves this person's seat; false if somebody else does, or if it is not in the
// state asked for.
func (p *person) claim(seated bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moving || !p.here || p.seated != seated {
		return false
	}
	p.moving = true
	return true
}

// idle reports whether nothing is under way with this person, and then claims the seat.
func (p *person) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tasks > 0 || p.moving {
		return false
	}
	p.moving = true
	return true
}

// doubt says whether it is unknown if this person is in the session.
func (p *person) doubt(unsure bool) {
	p.mu.Lock()
	p.unsure = unsure
	p.mu.Unlock()
}

func (p *person) release() {
	p.mu.Lock()
	p.moving = false
	p.mu.Unlock()
}

// present reports whether all devices are online.
func (p *person) present() bool {
	p.mu.Lock()
	here := p.here
	p.mu.Unlock()
	if !here {
		return false
	}
	for _, d := range p.devices {
		if !d.online() {
			return false
		}
	}
	return true
}

// went notes that a device has gone or come.
func (p *person) went(now time.Time) {
	p.mu.Lock()
	anybody := slices.ContainsFunc(p.devices, func(d *device) bool { return d.up.Load() > 0 })
	switch {
	case anybody && !p.awaySince.IsZero():
		p.awayFrom, p.awayTo, p.awaySince = p.awaySince, now, time.Time{}
	case !anybody && p.awaySince.IsZero():
		p.awaySince = now
	}
	p.mu.Unlock()
	if p.place != nil {
		p.place.touch(now)
	}
}

// mayBeGone reports whether a session may take this person for gone: it left, or was away for a grace not long ago. It may
// be in again by the time others read that.
func (p *person) mayBeGone(now time.Time, grace time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.seated || p.moving || now.Sub(p.leaveDue) < 30*time.Second:
		return true
	case !p.awaySince.IsZero():
		return now.Sub(p.awaySince) > grace-settling
	}
	return now.Sub(p.awayTo) < 30*time.Second && p.awayTo.Sub(p.awayFrom) > grace-settling
}
