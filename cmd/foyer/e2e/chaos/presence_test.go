package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"foyer/protocol"
)

// presenceWithin is how long what a device was told of a connection may be another than what it is answered, with no fault on.
const presenceWithin = 3 * time.Second

// sights are what a device was told of its user's connections: by the list that it asks for on each socket, and since.
type sights struct {
	mu     sync.Mutex        // guards what follows
	by     map[string]string // what was told on this socket
	listed bool              // the list was among it
}

// masks say since when users have been invisible. Who changes it holds turn.
type masks struct {
	turn   map[string]*sync.Mutex
	mu     sync.Mutex
	since  map[string]time.Time // guarded by mu
	unsure map[string]time.Time // until when it isn't known who is; guarded by mu
}

// requestTime is more than a node takes for a request: one whose answer was lost is carried out by then, or never.
const requestTime = 17 * time.Second

func newMasks(users []string) *masks {
	m := &masks{turn: map[string]*sync.Mutex{}, since: map[string]time.Time{}, unsure: map[string]time.Time{}}
	for _, u := range users {
		m.turn[u] = &sync.Mutex{}
	}
	return m
}

func (m *masks) set(user string, since time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since[user] = since
}

func (m *masks) doubt(user string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unsure[user] = time.Now().Add(requestTime)
}

// of returns since when the user has been invisible, zero if they aren't, and whether that is sure.
func (m *masks) of(user string) (since time.Time, sure bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.since[user], time.Now().After(m.unsure[user])
}

// appear has the user shown otherwise.
func (a *actor) appear(ctx context.Context) {
	status := []protocol.Status{protocol.StatusOnline, protocol.StatusAway, protocol.StatusBusy, protocol.StatusInvisible}[a.d.rng.IntN(4)]
	turn := a.g.masks.turn[a.d.user]
	turn.Lock()
	defer turn.Unlock()
	a.g.masks.set(a.d.user, time.Time{})
	_, lost, refusal, err := callAgain[protocol.PresenceSetResult](ctx, a.d, protocol.MethodPresenceSet, protocol.PresenceSetParams{Status: status})
	if lost { // nothing says that it is the same request
		a.g.masks.doubt(a.d.user)
	}
	if refusal != nil {
		a.g.w.violate("error", "%s: presence.set: %v", a.d.name, refusal)
	}
	if err == nil && status == protocol.StatusInvisible {
		a.g.masks.set(a.d.user, time.Now())
	}
}

// observe has the actor's device keep what it is told of connections.
func (a *actor) observe() {
	up, answer, gone := a.d.onLine, a.d.onAnswer, a.d.onGone
	a.d.onLine = func(d *device, l *line, hello *protocol.HelloResult) {
		if up != nil {
			up(d, l, hello)
		}
		go func() {
			ctx := a.g.w.t.Context()
			for ctx.Err() == nil {
				m, err := l.ask(ctx, protocol.MethodConnectionList, protocol.ConnectionListParams{})
				if err != nil || m.Error == nil {
					return
				}
				sleep(ctx, 100*time.Millisecond) // the store is out of reach
			}
		}()
	}
	a.d.onAnswer = func(l *line, method protocol.Method, m *protocol.ServerMessage) {
		if answer != nil {
			answer(l, method, m)
		}
		var r protocol.ConnectionListResult
		if method != protocol.MethodConnectionList || m.Error != nil || json.Unmarshal(m.Result, &r) != nil {
			return
		}
		a.seen.mu.Lock()
		defer a.seen.mu.Unlock()
		// Who isn't in it may have become a connection since it was read, and have been shown before it came.
		maps.Copy(a.seen.by, describePeople(r.People))
		a.seen.listed = true
	}
	a.d.onGone = func(d *device, l *line) {
		if gone != nil {
			gone(d, l)
		}
		a.seen.mu.Lock()
		defer a.seen.mu.Unlock()
		a.seen.by, a.seen.listed = map[string]string{}, false
	}
	a.seen.by = map[string]string{}
}

func describePeople(people []protocol.Person) map[string]string {
	out := map[string]string{}
	for _, p := range people {
		if p.User != nil && p.Presence != nil {
			out[p.User.ID] = describePresence(*p.Presence)
		}
	}
	return out
}

func describePresence(p protocol.Presence) string {
	kinds := slices.Clone(p.Devices)
	slices.Sort(kinds)
	return fmt.Sprintf("%s %v", p.Status, kinds)
}

// sees takes in a presence.changed. Nobody is shown who has been invisible for some time, but to a device that has read
// nothing since before they were.
func (a *actor) sees(l *line, m *protocol.ServerMessage) {
	var c protocol.PresenceChanged
	if json.Unmarshal(m.Params, &c) != nil {
		return
	}
	now := time.Now()
	a.seen.mu.Lock()
	defer a.seen.mu.Unlock()
	for _, p := range c.People {
		a.seen.by[p.UserID] = describePresence(p.Presence)
		since, sure := a.g.masks.of(p.UserID)
		if sure && p.Presence.Status != protocol.StatusOffline && !since.IsZero() && now.Sub(since) > presenceWithin && !a.d.wasSilent(since, now) && !a.g.w.tooSlow() {
			a.g.w.violate("hidden", "%s on %s was told %s of %s, who has been invisible for %s", a.d.name, l.node.name, describePresence(p.Presence), p.UserID, now.Sub(since).Round(time.Millisecond))
		}
		a.g.w.stats.presences.Add(1)
	}
}

// checkPresence holds what each device was told of its user's connections against what the user's other device is
// answered, once nothing changes any more.
func (g *group) checkPresence(ctx context.Context) {
	for i, a := range g.actors {
		other := g.actors[i^1].d
		calm := time.Now()
		for ctx.Err() == nil {
			r, refusal, err := call[protocol.ConnectionListResult](ctx, other, protocol.MethodConnectionList, protocol.ConnectionListParams{})
			if err != nil || refusal != nil {
				return
			}
			fresh := describePeople(r.People)
			wrong := a.unlike(fresh)
			if wrong == "" {
				break
			}
			if g.w.overlaps(time.Now().Add(-time.Millisecond), time.Now(), func(*phase) bool { return true }) || a.d.current() == nil {
				calm = time.Now()
			}
			if time.Since(calm) > presenceWithin+slack && !g.w.tooSlow() {
				g.w.violate("presence", "%s, %s after all was whole: %s", a.d.name, presenceWithin, wrong)
				break
			}
			sleep(ctx, 50*time.Millisecond)
		}
	}
}

// unlike returns what is wrong with what the device was told, or with what it is answered.
func (a *actor) unlike(fresh map[string]string) string {
	a.seen.mu.Lock()
	defer a.seen.mu.Unlock()
	if !a.seen.listed {
		return "it has no list yet"
	}
	for user, answered := range fresh {
		if told := a.seen.by[user]; told != answered {
			return fmt.Sprintf("it was told of %s %q; asked anew it is %q", user, told, answered)
		}
		hidden := answered == describePresence(protocol.Presence{Status: protocol.StatusOffline})
		if since, sure := a.g.masks.of(user); sure && !since.IsZero() != hidden {
			return fmt.Sprintf("%s is shown as %s, and has been invisible since %v", user, answered, since)
		}
	}
	return ""
}
