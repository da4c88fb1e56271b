package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"foyer/protocol"
)

// settleWithin is how long the house has until everybody knows the same, after the last fault: who hung on a node that
// died is gone by then.
const settleWithin = 30 * time.Second

// check holds all that the devices in the house know against each other, and against what the server answers now.
func (h *house) check(ctx context.Context) {
	var wrong string
	for late := time.Now().Add(settleWithin); time.Now().Before(late) && ctx.Err() == nil; sleep(ctx, 250*time.Millisecond) {
		if wrong = h.disagreement(ctx); wrong == "" {
			return
		}
	}
	h.w.violate("roster", "%s after all was whole: %s", settleWithin, wrong)
}

// disagreement returns the first thing on which two in the house disagree, "" if there is none.
func (h *house) disagreement(ctx context.Context) string {
	for _, id := range []string{h.hall, h.closet} {
		var first, where string
		var roster []string
		in, kinds := map[string]bool{}, map[string][]string{}
		for _, g := range h.guests {
			for _, s := range g.seats {
				s.mu.Lock()
				here, version, members := s.session == id, s.version, describeMembers(s.members)
				wants, ended := s.wants, s.ended
				s.mu.Unlock()
				if wants == id && !here {
					return fmt.Sprintf("%s is not in %s, where it is to be (last put out: %s)", s.d.name, id, ended)
				}
				if !here {
					continue
				}
				in[g.user] = true
				kinds[g.user] = append(kinds[g.user], string(s.d.kind))
				if l := s.d.current(); l != nil {
					where = fmt.Sprintf("%s on %s at version %d", s.d.name, l.node.name, version)
				}
				if first == "" {
					first, roster = where, members
				} else if !slices.Equal(roster, members) {
					return fmt.Sprintf("%s sees %v, %s sees %v", first, roster, where, members)
				}
				if answered := s.answered(ctx, id); !slices.Equal(answered, members) {
					return fmt.Sprintf("%s was told of %v, and is answered %v", where, members, answered)
				}
			}
		}
		if first == "" {
			continue
		}
		var there []string
		for _, m := range roster {
			user := m[:len("house-0")]
			there = append(there, user)
			slices.Sort(kinds[user])
			if want := fmt.Sprintf("%v connected=true", kinds[user]); !strings.HasSuffix(m, want) {
				return fmt.Sprintf("%s is there with %s; the roster says %s", user, want, m)
			}
		}
		if want := slices.Sorted(maps.Keys(in)); !slices.Equal(want, there) {
			return fmt.Sprintf("members are %v; in the session are %v", there, want)
		}
	}
	return ""
}

func describeMember(m protocol.Member) string {
	kinds := slices.Clone(m.Devices)
	slices.Sort(kinds)
	return fmt.Sprintf("%s #%d %s %v connected=%t", m.User.ID, m.Number, m.Role, kinds, m.Connected)
}

func describeMembers(members map[string]protocol.Member) (out []string) {
	for _, id := range slices.Sorted(maps.Keys(members)) {
		out = append(out, describeMember(members[id]))
	}
	return out
}

// answered is who is in the session by the device's node.
func (s *seat) answered(ctx context.Context, id string) (out []string) {
	r, refusal, err := call[protocol.PeopleInSessionResult](ctx, s.d, protocol.MethodPeopleInSession, protocol.PeopleInSessionParams{SessionID: id})
	if err != nil || refusal != nil {
		return []string{fmt.Sprint("nothing: ", err, " ", refusal)}
	}
	members := map[string]protocol.Member{}
	for _, p := range r.People {
		members[p.User.ID] = *p.Member
	}
	return describeMembers(members)
}

// ghost has somebody be in the hall by a node that is killed, and not come back: they must be gone from every roster.
func (h *house) ghost(n *node, rng *rand.Rand) {
	w := h.w
	user := fmt.Sprintf("ghost-%d", w.stats.kills.Load())
	g := &guest{h: h, user: user}
	g.seat(newDevice(w, user, 0, rng), slices.Index(w.nodes, n))
	s := g.seats[0]
	s.d.pinned = true
	ctx, leave := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.d.run(ctx) }()
	within, cancel := context.WithTimeout(ctx, 10*time.Second)
	s.join(within, h.hall)
	cancel()
	if !eventually(5*time.Second, func() bool { return h.seenBy(user) == len(h.stayers()) }) {
		w.violate("roster", "%s joined the hall, and only %d of %d see it", user, h.seenBy(user), len(h.stayers()))
	}
	n.kill()
	killed := time.Now()
	leave()
	<-ended
	if !eventually(ghostsGone, func() bool { return h.seenBy(user) == 0 }) {
		w.violate("ghost", "%s hung on %s, which was killed %.1f s ago, and %d still see it", user, n.name, time.Since(killed).Seconds(), h.seenBy(user))
	}
	w.say("the ghost was gone after %.1f s", time.Since(killed).Seconds())
	n.start()
}

func (h *house) stayers() (all []*seat) {
	for _, g := range h.guests {
		if g.stays {
			all = append(all, g.seats...)
		}
	}
	return all
}

// seenBy counts the devices that stay in the hall and see the user there.
func (h *house) seenBy(user string) (n int) {
	for _, s := range h.stayers() {
		s.mu.Lock()
		if _, in := s.members[user]; in {
			n++
		}
		s.mu.Unlock()
	}
	return n
}

func eventually(within time.Duration, holds func() bool) bool {
	for late := time.Now().Add(within); time.Now().Before(late); wait(20 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return holds()
}

// message checks that the host's messages come in order and at most once.
func (s *seat) message(l *line, m *protocol.ServerMessage) {
	var n protocol.SessionMessage
	if json.Unmarshal(m.Params, &n) != nil {
		return
	}
	s.g.h.w.stats.messages.Add(1)
	host := s.g.h.guests[0].seats[0].d.deviceID()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.Seq <= s.last && host == s.lastOf {
		s.g.h.w.violate("messages", "%s on %s got message %d of %s after %d", s.d.name, l.node.name, n.Seq, n.From, s.last)
	}
	s.last, s.lastOf = n.Seq, host
}
