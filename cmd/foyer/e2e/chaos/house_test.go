package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"foyer/protocol"
)

const (
	closetCapacity = 2
	// graceTime is how long who dropped is waited for; who is away for less than absentFor must not be seen to leave.
	graceTime  = 10 * time.Second
	absentFor  = graceTime - time.Second
	ghostsGone = 20 * time.Second
	stayers    = 3 // guests who are in the hall for good
)

// house has two sessions: a hall, in which some stay all the time, and a closet for few.
type house struct {
	w            *world
	hall, closet string
	guests       []*guest
	running      sync.WaitGroup
	acting       sync.WaitGroup
	leave        context.CancelFunc
}

// guest is a user with a device or two in the house.
type guest struct {
	h      *house
	user   string
	stays  bool // in the hall for good
	seats  []*seat
	mu     sync.Mutex
	absent time.Time // since when none of the devices has been there; zero while one is; guarded by mu
	lapse  time.Time // when the last long absence ended; guarded by mu

	came   time.Time // when it was last answered a place; guarded by mu
	number uint16    // that it has there; guarded by mu
}

// seat is a device and what it knows of the session that it is in.
type seat struct {
	g *guest
	d *device

	asking sync.Mutex // it asks for one place at a time; taken before mu

	mu      sync.Mutex // guards what follows
	session string     // "" if it is in none
	wants   string     // where it is to be
	ended   string     // how it was last told to be out of one
	lostIn  string     // where it was when its socket broke
	lostAt  time.Time  // and when that was
	version int64
	members map[string]protocol.Member
	last    int64  // seq of the newest message of the host
	lastOf  string // and the host's device by then: another one counts anew
	lane           // others' states
}

func (w *world) newHouse(ctx context.Context, rng *rand.Rand) *house {
	h := &house{w: w}
	live, leave := context.WithCancel(ctx)
	h.leave = leave
	for i := range 9 {
		g := &guest{h: h, user: fmt.Sprintf("house-%d", i), stays: i < stayers}
		devices := 1
		if g.stays {
			devices = 2
		}
		start := rng.IntN(3)
		for k := range devices {
			g.seat(newDevice(w, g.user, k, rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))), start+k)
		}
		h.guests = append(h.guests, g)
	}
	host := h.guests[0].seats[0]
	h.running.Go(func() { host.d.run(live) })
	closet := h.make(ctx, host, "Closet", closetCapacity)
	hall := h.make(ctx, host, "Hall", 100)
	host.mu.Lock() // whose device is at it already
	h.closet, h.hall = closet, hall
	host.mu.Unlock()
	for _, g := range h.guests {
		for _, s := range g.seats {
			if g.stays {
				s.mu.Lock()
				s.wants = h.hall
				s.mu.Unlock()
			}
			if s != host {
				h.running.Go(func() { s.d.run(live) })
			}
		}
	}
	for _, g := range h.guests[:stayers] {
		for _, s := range g.seats {
			s.join(ctx, h.hall)
		}
	}
	return h
}

// make makes a session that outlasts its members.
func (h *house) make(ctx context.Context, s *seat, name string, capacity int) string {
	r, refusal, err := call[protocol.SessionJoinResult](ctx, s.d, protocol.MethodSessionCreate, protocol.SessionCreateParams{
		Name: name, Visibility: protocol.VisibilityPublic, Capacity: &capacity, Persistent: true, Op: protocol.Op{OpID: newOpID()},
	})
	if err != nil || refusal != nil {
		h.w.violate("harness", "no session: %v %v", err, refusal)
	}
	return r.Session.ID
}

func (g *guest) seat(d *device, start int) {
	s := &seat{g: g, d: d, lane: newLane()}
	d.next, d.patience = start, 2*time.Second
	d.onNotice, d.onAnswer, d.onStates = s.notice, s.answer, s.states
	d.onLine, d.onGone = s.came, s.went
	g.seats = append(g.seats, s)
	g.absent = time.Now()
}

// act has everybody at it until done: guests come and go, the host talks and sends people out.
func (h *house) act(ctx context.Context, done <-chan struct{}) {
	for _, g := range h.guests {
		h.acting.Go(func() { g.pose(ctx, done) })
		for i, s := range g.seats {
			h.acting.Go(func() {
				for {
					select {
					case <-done:
						return
					case <-ctx.Done():
						return
					case <-time.After(time.Duration(50+s.d.rng.IntN(600)) * time.Millisecond):
					}
					switch {
					case !g.stays:
						s.wander(ctx)
					case g == h.guests[0] && i == 0:
						s.preside(ctx)
					default: // notices a node that is gone
						_, _, _ = call[protocol.SettingsResult](ctx, s.d, protocol.MethodSettingsGet, protocol.Empty{})
					}
				}
			})
		}
	}
}

// wander joins, leaves, or breaks its socket.
func (s *seat) wander(ctx context.Context) {
	switch roll := s.d.rng.IntN(20); {
	case roll < 7:
		s.join(ctx, s.g.h.hall)
	case roll < 14:
		s.join(ctx, s.g.h.closet)
	case roll < 18:
		s.asking.Lock()
		defer s.asking.Unlock()
		s.mu.Lock()
		in := s.session
		s.wants = ""
		s.mu.Unlock()
		if in != "" {
			_, _, _ = call[protocol.Empty](ctx, s.d, protocol.MethodSessionLeave, protocol.SessionParams{SessionID: in})
		}
	default:
		s.d.drop()
	}
}

// preside sends a message, and at times somebody out.
func (s *seat) preside(ctx context.Context) {
	l, err := s.d.await(ctx)
	if err != nil {
		return
	}
	_, _ = l.ask(ctx, protocol.MethodSessionSend, protocol.SessionSendParams{SessionID: s.g.h.hall, Kind: "note", Data: json.RawMessage(`{}`)})
	if s.d.rng.IntN(5) > 0 {
		return
	}
	s.mu.Lock()
	var guests []string
	for id := range s.members {
		if !s.g.h.stayer(id) && !strings.HasPrefix(id, "ghost") {
			guests = append(guests, id)
		}
	}
	s.mu.Unlock()
	if len(guests) > 0 {
		slices.Sort(guests)
		_, _ = l.ask(ctx, protocol.MethodSessionKick, protocol.SessionKickParams{SessionID: s.g.h.hall, UserID: guests[s.d.rng.IntN(len(guests))]})
	}
}

func (h *house) stayer(user string) bool { return h.guest(user) != nil && h.guest(user).stays }

func (h *house) guest(user string) *guest {
	i := slices.IndexFunc(h.guests, func(g *guest) bool { return g.user == user })
	if i < 0 {
		return nil
	}
	return h.guests[i]
}

// join asks for a session until the answer stays. What it says is taken in where it is read.
func (s *seat) join(ctx context.Context, id string) {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.mu.Lock()
	s.wants = id
	s.mu.Unlock()
	_, refusal, err := call[protocol.SessionJoinResult](ctx, s.d, protocol.MethodSessionJoin, protocol.SessionJoinParams{SessionID: id})
	if err != nil {
		return
	}
	s.g.h.w.stats.joins.Add(1)
	if refusal == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.session == id { // it may have come back meanwhile, and was to be where it was before
			s.wants = id
		}
		return
	}
	// not_in_session: another request of the same user took them out again at once.
	if refusal.Reason() != protocol.SessionFull && refusal.Reason() != protocol.NotInSession || s.g.stays {
		s.g.h.w.violate("join", "%s was refused %s: %v", s.d.name, id, refusal)
	}
	s.mu.Lock()
	s.wants = s.session
	s.mu.Unlock()
}

// came is called after each hello: whoever was somewhere asks for it again, and is still there.
func (s *seat) came(_ *device, l *line, hello *protocol.HelloResult) {
	g := s.g
	g.reckon()
	late := s.d.noticedLate()
	s.mu.Lock()
	wants := s.wants
	quick := time.Since(s.lostAt) < absentFor && !late
	kept := quick && wants == g.h.closet && s.lostIn == wants // nobody is sent out of there
	s.session, s.members = "", nil
	asked := wants
	if !g.stays && wants != hello.SessionID {
		s.wants, wants = hello.SessionID, hello.SessionID
	}
	s.mu.Unlock()
	if (quick && s.lostIn == asked && g.stays && !g.wasLongAway() || kept) && hello.SessionID != asked && !g.h.w.tooSlow() && !g.h.w.overlaps(time.Now().Add(-time.Second), time.Now(), ofRedis) {
		g.h.w.violate("place lost", "%s came back on %s after %s, as %s, and hello says it is in %q", s.d.name, l.node.name, time.Since(s.lostAt), hello.DeviceID, hello.SessionID)
	}
	if wants != "" {
		go s.join(context.WithoutCancel(g.h.w.t.Context()), wants)
	}
}

func (s *seat) went(*device, *line) {
	s.mu.Lock()
	s.lostIn, s.lostAt = s.session, time.Now()
	s.session, s.members, s.lane = "", nil, newLane()
	s.mu.Unlock()
	s.g.reckon()
}

func (s *seat) answer(_ *line, method protocol.Method, m *protocol.ServerMessage) {
	if m.Error != nil || method != protocol.MethodSessionJoin && method != protocol.MethodSessionCreate && method != protocol.MethodSessionLeave {
		return
	}
	if method == protocol.MethodSessionLeave {
		s.mu.Lock()
		s.session, s.members = "", nil
		s.mu.Unlock()
		return
	}
	var r protocol.SessionJoinResult
	if json.Unmarshal(m.Result, &r) == nil {
		s.sit(&r)
	}
}

// sit takes in a session as a whole.
func (s *seat) sit(r *protocol.SessionJoinResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, moved := s.members, s.session != r.Session.ID
	s.session, s.version, s.members = r.Session.ID, r.Version, map[string]protocol.Member{}
	if moved {
		s.lane = newLane()
	}
	for _, m := range r.Members {
		s.members[m.User.ID] = m
		if m.User.ID == s.g.user {
			s.g.sits(m.Number)
		}
	}
	for id, m := range before {
		if s.members[id].User.ID == "" && !moved {
			s.left[m.Number] = departed{id, time.Now(), s.counts[id].count}
		}
	}
	s.look()
}

// look checks what must hold for every roster; the caller holds mu.
func (s *seat) look() {
	w := s.g.h.w
	if s.session == s.g.h.closet && len(s.members) > closetCapacity && s.session != "" && !w.tooSlow() {
		w.violate("capacity", "%s sees %d members in a session for %d: %v", s.d.name, len(s.members), closetCapacity, slices.Sorted(maps.Keys(s.members)))
	}
	numbers := map[uint16]string{}
	for id, m := range s.members {
		if other := numbers[m.Number]; other != "" {
			w.violate("roster", "%s sees %s and %s with the number %d", s.d.name, id, other, m.Number)
		}
		numbers[m.Number] = id
	}
	if s.members[s.g.user].User.ID == "" {
		w.violate("roster", "%s is in a session without being one of its members: %v", s.d.name, slices.Sorted(maps.Keys(s.members)))
	}
}

func (s *seat) notice(_ *device, l *line, m *protocol.ServerMessage) {
	switch m.Method {
	case protocol.NotifySessionRoster:
		var r protocol.SessionRoster
		if json.Unmarshal(m.Params, &r) == nil {
			s.roster(l, &r)
		}
	case protocol.NotifySessionResync:
		var r protocol.SessionJoinResult
		if json.Unmarshal(m.Params, &r) == nil {
			s.g.h.w.stats.resyncs.Add(1)
			s.sit(&r)
		}
	case protocol.NotifySessionEnded:
		var e protocol.SessionEnded
		if json.Unmarshal(m.Params, &e) != nil {
			return
		}
		s.mu.Lock()
		s.ended = fmt.Sprintf("%s by %s, %.2f s", e.Reason, l.node.name, time.Since(s.g.h.w.began).Seconds())
		if s.session == e.SessionID {
			s.session, s.members = "", nil
		}
		if s.wants == e.SessionID && e.Reason != protocol.EndedMoved {
			s.wants = ""
		}
		hall := s.g.h.hall
		s.mu.Unlock()
		if s.g.stays && e.SessionID == hall && e.Reason != protocol.EndedMoved {
			s.g.h.w.violate("false leave", "%s on %s: session.ended %s", s.d.name, l.node.name, e.Reason)
		}
	case protocol.NotifySessionMessage:
		s.message(l, m)
	}
}

func (s *seat) roster(l *line, r *protocol.SessionRoster) {
	w := s.g.h.w
	w.stats.rosters.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != r.SessionID {
		return // it came before the answer to the join, or after the end
	}
	if r.Version != s.version+1 {
		w.violate("roster", "%s on %s has version %d and got %d", s.d.name, l.node.name, s.version, r.Version)
	}
	s.version = r.Version
	for _, gone := range r.Left {
		delete(s.members, gone.UserID)
		s.left[gone.Number] = departed{gone.UserID, time.Now(), s.counts[gone.UserID].count}
		if g := s.g.h.guest(gone.UserID); g != nil && g.stays && !g.wasLongAway() {
			w.violate("false leave", "%s on %s was told that %s left (%s)", s.d.name, l.node.name, gone.UserID, gone.Reason)
		}
	}
	for _, m := range append(r.Joined, r.Updated...) {
		s.members[m.User.ID] = m
	}
	if _, in := s.members[s.g.user]; in { // else session.ended is on its way
		s.look()
	}
}
