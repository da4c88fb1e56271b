package chaos

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"foyer/client/wire"
	"foyer/protocol"
)

const (
	stateEvery = 100 * time.Millisecond
	// lingering is how long a state may be out of step with the roster beside it.
	lingering = time.Second
	// flowsWithin is how soon after a fault states come again, from everybody.
	flowsWithin = 10 * time.Second
)

// lane is what a seat knows of the others' states.
type lane struct {
	heard   map[string]time.Time // when a state of theirs came last
	counts  map[string]counted   // how far they had counted, on this socket
	left    map[uint16]departed  // who had a number before
	strange map[uint16]gap       // between which states came that are nobody's yet
}

// counted is how far a guest had counted in a stay. Another stay may begin with what another node knew of it.
type counted struct {
	number uint16
	count  int64
}

type departed struct {
	user  string
	at    time.Time
	count int64 // how far they had counted by then
}

func newLane() lane {
	return lane{heard: map[string]time.Time{}, counts: map[string]counted{}, left: map[uint16]departed{}, strange: map[uint16]gap{}}
}

// pose writes the guest's states by their first device, one that says its writer's name and counts up.
func (g *guest) pose(ctx context.Context, done <-chan struct{}) {
	tick := time.NewTicker(stateEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if l := g.seats[0].d.current(); l != nil {
			l.mu.Lock()
			_ = l.sock.Write(wire.Frame{Binary: true, Data: protocol.AppendState(nil, []byte(g.user+" "+strconv.Itoa(n)))})
			l.mu.Unlock()
		}
	}
}

// states takes in a frame of states: each must be of who has that number, and no older than the one before.
func (s *seat) states(l *line, data []byte) {
	w, now := s.g.h.w, time.Now()
	f, err := protocol.ParseStates(data)
	if err != nil {
		w.violate("frame", "%s on %s got a frame of states that is none: %v", s.d.name, l.node.name, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == "" {
		return
	}
	for number, state := range f.All() {
		user, text, _ := strings.Cut(string(state), " ")
		count, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			w.violate("state", "%s on %s got %q, which nobody wrote", s.d.name, l.node.name, state)
			continue
		}
		w.stats.states.Add(1)
		if m := s.members[user]; m.User.ID != user || m.Number != number {
			s.stranger(l, number, user, count, now)
			continue
		}
		delete(s.strange, number)
		if before := s.counts[user]; count < before.count && number == before.number {
			w.violate("state", "%s on %s got state %d of %s (number %d) after %d", s.d.name, l.node.name, count, user, number, before.count)
		}
		s.counts[user], s.heard[user] = counted{number, count}, now
	}
}

// sits takes note of the number that the guest was answered.
func (g *guest) sits(number uint16) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.came, g.number = time.Now(), number
}

// hasAgain reports whether the guest was answered a number since it had left with it: who leaves and comes before anybody
// saw it has the same one.
func (g *guest) hasAgain(number uint16, left time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.number == number && g.came.After(left)
}

// stranger judges a state under a number that isn't its writer's as far as s knows: it is one of before they left, or they
// are there and the roster that says so has not come, which it may not while Redis is away. The caller holds mu.
func (s *seat) stranger(l *line, number uint16, user string, count int64, now time.Time) {
	w, g := s.g.h.w, s.g.h.guest(user)
	again := func(left time.Time) bool { return g != nil && g.hasAgain(number, left) }
	if left, has := s.left[number]; has && left.user == user && !again(left.at) && count <= left.count+int64(lingering/stateEvery) {
		allowed := lingering
		if w.overlaps(left.at.Add(-5*time.Second), now, ofRedis) {
			allowed *= 3 // the nodes have to find out what became of whom while they were apart
		}
		if now.Sub(left.at) > allowed+slack && !w.tooSlow() {
			w.violate("state", "%s on %s gets a state of %s (number %d), who left %s ago", s.d.name, l.node.name, user, number, now.Sub(left.at).Round(time.Millisecond))
			delete(s.left, number)
		}
		return
	}
	came := s.strange[number]
	if now.Sub(came.to) > lingering { // others come now
		came.from = now
	}
	came.to = now
	if since := came.from; now.Sub(since) > 2*lingering+slack && !w.tooSlow() && !w.overlaps(since.Add(-lingering), now, ofRedis) {
		w.violate("state", "%s on %s has got states of %s (number %d) for %s, who is not there", s.d.name, l.node.name, user, number, now.Sub(since).Round(time.Millisecond))
		came.from = now.Add(time.Hour)
	}
	s.strange[number] = came
}

func ofRedis(p *phase) bool { return strings.HasPrefix(p.fault, "redis") }

// flows waits until everybody who stays in the hall gets states of all others who do.
func (h *house) flows(after string) {
	began, wrong := time.Now(), ""
	if !eventually(flowsWithin+slack, func() bool { wrong = h.unheard(); return wrong == "" }) && !h.w.tooSlow() && !h.w.overlaps(began, time.Now(), func(*phase) bool { return true }) {
		h.w.violate("state", "%s after %s: %s", flowsWithin, after, wrong)
	}
}

// unheard returns who does not hear whom, "" if all do who can.
func (h *house) unheard() string {
	now := time.Now()
	var writers []string
	for _, g := range h.guests[:stayers] {
		s := g.seats[0]
		s.mu.Lock()
		if l := s.d.current(); l != nil && now.Sub(l.since) > lingering && s.session == h.hall {
			writers = append(writers, g.user)
		}
		s.mu.Unlock()
	}
	for _, s := range h.stayers() {
		l := s.d.current()
		if l == nil || now.Sub(l.since) < lingering {
			continue
		}
		s.mu.Lock()
		here, heard := s.session == h.hall, s.heard
		for _, user := range writers {
			if here && user != s.g.user && now.Sub(heard[user]) > 2*lingering {
				s.mu.Unlock()
				return fmt.Sprintf("%s on %s has no new state of %s", s.d.name, l.node.name, user)
			}
		}
		s.mu.Unlock()
	}
	return ""
}
