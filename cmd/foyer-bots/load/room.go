package load

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"sync"
	"time"

	"foyer/protocol"
)

// room is the session that a device is in, as it was told. It is guarded by device.mu.
type room struct {
	place   *place
	id      string
	version int64
	own     uint16
	stale   bool // its socket broke: the next join answers anew
	count   int
	by      []*person // by number
	since   time.Time
	left    map[uint16]mark
	last    []uint64 // the last state of each number: the author's life and sequence
	tick    uint32   // of the last states
	ticked  time.Time

	chosen map[uint16]choice // by number
	asked  time.Time         // when the last such wish was answered
}

// mark is who had a number, and when that ended here.
type mark struct {
	who *person
	at  time.Time
}

// member, joined and roster are what of the protocol's structs a device needs: a storm has millions of them.
type member struct {
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Number uint16 `json:"number"`
}

type joined struct {
	Session struct {
		ID string `json:"id"`
	} `json:"session"`
	Number  uint16   `json:"number"`
	Members []member `json:"members"`
	Version int64    `json:"version"`
}

type roster struct {
	SessionID string          `json:"session_id"`
	Version   int64           `json:"version"`
	Joined    []member        `json:"joined"`
	Updated   []member        `json:"updated"`
	Left      []protocol.Left `json:"left"`
}

func (r *room) member(number uint16) *person {
	if int(number) >= len(r.by) {
		return nil
	}
	return r.by[number]
}

func (r *room) set(number uint16, who *person) {
	if grow := int(number) + 1 - len(r.by); grow > 0 {
		r.by = append(r.by, make([]*person, grow)...)
	}
	switch before := r.by[number]; {
	case before == nil && who != nil:
		r.count++
	case before != nil && who == nil:
		r.count--
	}
	r.by[number] = who
	if who == nil {
		r.unchoose(number)
	}
}

// enter takes in the answer to a join, or a resync: the roster as it is.
func (d *device) enter(j *joined, now time.Time) {
	pl := d.p.place
	if pl == nil {
		return // a session that a token's user was in before
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leaveRoom()
	r := &room{place: pl, id: j.Session.ID, version: j.Version, own: j.Number, since: now}
	for _, m := range j.Members {
		who := d.p.f.person(m.User.ID)
		if who == nil {
			d.p.f.rec.violate("roster", d.p.name, "shows %s, who is nobody of this load", m.User.ID)
			continue
		}
		if r.member(m.Number) != nil {
			d.p.f.rec.violate("roster", d.p.name, "shows number %d twice", m.Number)
		}
		r.set(m.Number, who)
	}
	if r.member(j.Number) != d.p {
		d.p.f.rec.violate("roster", d.p.name, "is in as number %d, and the answer's members do not say so", j.Number)
	}
	d.room = r
	d.stormy(now)
	pl.mu.Lock()
	pl.audience++
	pl.mu.Unlock()
}

// leaveRoom forgets the session; the caller holds mu.
func (d *device) leaveRoom() {
	if d.room == nil {
		return
	}
	d.outdate()
	d.room, d.roomed = nil, time.Now()
}

// outdate makes the roster one that is to be read anew; the caller holds mu.
func (d *device) outdate() {
	if d.room == nil || d.room.stale {
		return
	}
	d.room.stale = true
	d.room.choose(nil, time.Time{})
	d.room.place.mu.Lock()
	d.room.place.audience--
	d.room.place.mu.Unlock()
}

// stormy notes that the device knows everybody, where all joined at once; the caller holds mu.
func (d *device) stormy(now time.Time) {
	r := d.room
	r.place.mu.Lock()
	storm, whole := r.place.storm, r.place.whole
	r.place.mu.Unlock()
	if whole > 0 && r.count == whole && d.slot == 0 && !d.stormed.Equal(storm) {
		d.stormed = storm
		d.p.f.rec.add(mComplete, d.p.index, now.Sub(storm))
	}
}

// roster takes in who came, changed and went: the next version, and nothing that can't be.
func (d *device) roster(u *roster, now time.Time) {
	rec := d.p.f.rec
	who := d.p.name + " (" + string(d.kind) + ")"
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.room
	if r == nil || r.stale || r.id != u.SessionID {
		return // on the way in or out
	}
	rec.rosters.Add(1)
	if u.Version != r.version+1 {
		what := "a roster is missing"
		if u.Version <= r.version {
			what = "a roster came again"
		}
		rec.violate("roster", who, "%s: version %d after %d", what, u.Version, r.version)
	}
	r.version = max(r.version, u.Version)
	for _, l := range u.Left {
		d.left(r, l, now)
	}
	for _, m := range u.Joined {
		d.joined(r, m, now)
	}
	for _, m := range u.Updated {
		if other := d.p.f.person(m.User.ID); other == nil || r.member(m.Number) != other {
			rec.violate("roster", who, "version %d updates %s as number %d, who was not there", u.Version, m.User.ID, m.Number)
		}
	}
	d.stormy(now)
}

// joined takes in a new member; the caller holds mu.
func (d *device) joined(r *room, m member, now time.Time) {
	rec := d.p.f.rec
	other := d.p.f.person(m.User.ID)
	switch before := r.member(m.Number); {
	case other == nil:
		rec.violate("roster", d.p.name, "shows %s, who is nobody of this load", m.User.ID)
		return
	case before == other:
		rec.violate("roster", d.p.name, "was told twice that %s joined", other.name)
		return
	case before != nil:
		rec.violate("roster", d.p.name, "%s joined as number %d, which %s has", other.name, m.Number, before.name)
	}
	r.set(m.Number, other)
	delete(r.left, m.Number)
	other.mu.Lock()
	due := other.joinDue
	other.mu.Unlock()
	if other != d.p && r.since.Before(due) {
		rec.add(mRoster, d.p.index, now.Sub(due))
	}
}

// left takes in that a member went; the caller holds mu.
func (d *device) left(r *room, l protocol.Left, now time.Time) {
	rec := d.p.f.rec
	other := d.p.f.person(l.UserID)
	if other == nil || r.member(l.Number) != other {
		rec.violate("roster", d.p.name, "was told that %s (number %d) left, who was not there", l.UserID, l.Number)
		return
	}
	r.set(l.Number, nil)
	if r.left == nil {
		r.left = map[uint16]mark{}
	}
	r.left[l.Number] = mark{other, now}
	if int(l.Number) < len(r.last) {
		r.last[l.Number] = 0
	}
	if l.Reason == protocol.LeftKicked || l.Reason == protocol.LeftBanned || !other.mayBeGone(now, d.grace) {
		rec.violate("roster", d.p.name, "was told that %s left (%s), who did not", other.name, l.Reason)
	}
	other.mu.Lock()
	due, seated := other.leaveDue, other.seated
	other.mu.Unlock()
	if !seated && l.Reason == protocol.LeftByChoice && r.since.Before(due) {
		rec.add(mLeave, d.p.index, now.Sub(due))
	}
}

// sessionEnded takes in that the device is in a session no longer.
func (d *device) sessionEnded(e *protocol.SessionEnded) {
	d.p.mu.Lock()
	mine := !d.p.seated || d.p.moving
	d.p.mu.Unlock()
	d.mu.Lock()
	in := d.room != nil && d.room.id == e.SessionID
	if in {
		d.leaveRoom()
	}
	d.mu.Unlock()
	if in && !mine {
		d.violate("roster", "the session ended for it (%s), and nobody here had ended it", e.Reason)
	}
}

// rosterPrefix is how a frame begins that all members of a session get alike.
var rosterPrefix = []byte(`{"jsonrpc":"2.0","method":"session.roster",`)

// rosterCache keeps the rosters that were read last: a frame for a thousand members is read once.
type rosterCache struct {
	seed maphash.Seed
	mu   sync.Mutex
	ring [64]cached
	next int
}

type cached struct {
	hash   uint64
	frame  []byte
	roster *roster
}

func newRosterCache() *rosterCache { return &rosterCache{seed: maphash.MakeSeed()} }

// read returns the roster in a frame, nil if it has none. Nobody may change it.
func (c *rosterCache) read(frame []byte) *roster {
	hash := maphash.Bytes(c.seed, frame)
	c.mu.Lock()
	for i := range c.ring {
		if e := &c.ring[i]; e.hash == hash && e.roster != nil && bytes.Equal(e.frame, frame) {
			found := e.roster // under the lock: the place may be taken right after
			c.mu.Unlock()
			return found
		}
	}
	c.mu.Unlock()
	var notification struct {
		Params roster `json:"params"`
	}
	if json.Unmarshal(frame, &notification) != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ring[c.next] = cached{hash, bytes.Clone(frame), &notification.Params}
	c.next = (c.next + 1) % len(c.ring)
	return &notification.Params
}
