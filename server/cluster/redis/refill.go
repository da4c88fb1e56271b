package redis

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session"
)

// kept is what this node has written and somebody of its own is in: what it writes back when Redis has lost it.
type kept[T any] struct {
	mu sync.Mutex
	by map[string]T // guarded by mu
}

func (k *kept[T]) put(id string, v T, ours bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !ours {
		delete(k.by, id)
		return
	}
	if k.by == nil {
		k.by = map[string]T{}
	}
	k.by[id] = v
}

func (k *kept[T]) all() map[string]T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.by)
}

func (k *kept[T]) has(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.by[id]
	return ok
}

func (k *kept[T]) of(id string) T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.by[id]
}

// seen is what this node last read or wrote, of its own users and for as long as it reads it now and then: what it goes
// by while Redis is away.
type seen[T any] struct {
	own    func(id string) bool // whose devices hang here; set before use, may be nil
	mu     sync.Mutex
	by     map[string]sight[T] // guarded by mu
	pruned time.Time           // guarded by mu
}

type sight[T any] struct {
	v    T
	last time.Time
}

// seenFor is longer than between two looks at somebody who is watched.
const seenFor = 2 * time.Minute

func (s *seen[T]) put(id string, v T) { s.note([]string{id}, map[string]T{id: v}) }

// note remembers what was found of all that was asked for.
func (s *seen[T]) note(asked []string, found map[string]T) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string]sight[T]{}
	}
	for _, id := range asked {
		if v, ok := found[id]; ok {
			s.by[id] = sight[T]{v, now}
		} else {
			delete(s.by, id)
		}
	}
	if now.Sub(s.pruned) > seenFor {
		s.pruned = now
		maps.DeleteFunc(s.by, func(id string, v sight[T]) bool { return now.Sub(v.last) > seenFor && (s.own == nil || !s.own(id)) })
	}
}

// drop forgets what is remembered, if it is so.
func (s *seen[T]) drop(id string, so func(T) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.by[id]; ok && so(v.v) {
		delete(s.by, id)
	}
}

// of returns what is remembered, and remembers it for longer.
func (s *seen[T]) of(ids []string) map[string]T {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]T, len(ids))
	for _, id := range ids {
		if v, ok := s.by[id]; ok {
			out[id] = v.v
			s.by[id] = sight[T]{v.v, now}
		}
	}
	return out
}

// away reports whether an error says that Redis is out of reach.
func away(err error) bool { return errors.Is(err, protocol.Refuse(protocol.Unavailable)) }

// nobody is the ID of no node.
func nobody() string { return "" }

// ours reports whether one of a user's devices hangs on this node.
func (r *Devices) ours(u *roll) bool {
	self := r.self()
	return self != "" && slices.ContainsFunc(u.Devices, func(d cluster.Device) bool { return d.Connected && d.Node == self })
}

// refill puts the devices that hang on this node back, where they are missing.
func (r *Devices) refill(ctx context.Context) error {
	self := r.self()
	for user, text := range r.kept.all() {
		mine, err := readRoll(text)
		if err != nil {
			return err
		}
		if err := r.c.rdb.SAdd(ctx, r.hung(self), user).Err(); err != nil {
			return unreachable(err)
		}
		err = r.update(ctx, user, func(u *roll) (bool, error) {
			added := false
			for _, d := range mine.Devices {
				if d.Node != self || !d.Connected {
					continue
				}
				switch i := u.find(d.ID, anySocket); {
				case i < 0:
					u.Devices, u.Profile, added = append(u.Devices, d), mine.Profile, true
				case u.Devices[i].Incarnation != d.Incarnation && (!u.Devices[i].Connected || u.Devices[i].Node == self):
					u.Devices[i], added = d, true // it came back here while Redis was away
				}
			}
			return added, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *roll) text() string {
	text, err := json.Marshal(u)
	if err != nil {
		panic("redis: " + err.Error()) // a Device is made of what always encodes
	}
	return string(text)
}

func (r *Registry) ours(v *session.Roster) bool {
	self := r.self()
	if self == "" || v == nil {
		return false
	}
	for _, m := range v.Snapshot().Members {
		for _, d := range m.Devices {
			if d.Connected && d.Node == self {
				return true
			}
		}
	}
	return false
}

// refill puts the rosters back that somebody of this node is in. Of several nodes' the newest counts; who came into an
// older one meanwhile is taken along.
func (r *Registry) refill(ctx context.Context) error {
	for id, text := range r.kept.all() {
		mine, err := session.DecodeRoster([]byte(text))
		if err != nil {
			return err
		}
		if err := r.c.rdb.SAdd(ctx, r.index, id).Err(); err != nil {
			return unreachable(err)
		}
		final := mine
		err = r.c.update(ctx, r.sessionKey(id), 0, func(body string) (string, bool, error) {
			if body == "" {
				return text, true, nil
			}
			there, err := session.DecodeRoster([]byte(body))
			if err != nil || there.Version >= mine.Version {
				final = there
				return "", false, err
			}
			if final, err = session.DecodeRoster([]byte(text)); err != nil {
				return "", false, err
			}
			final.Restore(there.Snapshot().Members)
			final.Take()
			return string(final.Encode()), true, nil
		})
		if err != nil {
			return err
		}
		for _, m := range final.Snapshot().Members {
			user := m.User.ID
			err := r.c.rdb.SetArgs(ctx, r.placeKey(user), placeOf(id, stayOf(final, user)), redis.SetArgs{Mode: "NX"}).Err()
			if err != nil && !errors.Is(err, redis.Nil) {
				return unreachable(err)
			}
		}
		if err := r.due.at(ctx, id, final.DueAt(r.emptyAfter.Milliseconds())); err != nil {
			return err
		}
	}
	return nil
}

// own returns the devices that hang on this node, by user, as far as they may be in sessions.
func (r *Devices) own() map[string][]cluster.Device {
	self, out := r.self(), map[string][]cluster.Device{}
	for user, text := range r.kept.all() {
		u, err := readRoll(text)
		if err != nil {
			continue // it was written here
		}
		for _, d := range u.Devices {
			if d.Node == self && d.Connected && !d.Companion {
				out[user] = append(out[user], d)
			}
		}
	}
	return out
}

// attachAll has the members of sessions hang on the sockets that their devices have by now.
func (r *Registry) attachAll(ctx context.Context, devices map[string][]cluster.Device) error {
	places, err := r.Places(ctx, slices.Collect(maps.Keys(devices)))
	if err != nil {
		return err
	}
	sessions := map[string][]string{}
	for user, id := range places {
		sessions[id] = append(sessions[id], user)
	}
	for id, users := range sessions {
		_, err := r.ask(ctx, id, &task{do: func(v *session.Roster) ([]string, error) {
			for _, user := range users {
				for _, d := range devices[user] {
					if v != nil {
						v.Attach(user, session.Device{ID: d.ID, Kind: d.Kind, Node: d.Node, Link: d.Incarnation, Connected: true})
					}
				}
			}
			return nil, nil
		}})
		if err != nil {
			return err
		}
	}
	return nil
}
