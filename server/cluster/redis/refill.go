package redis

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/redis/go-redis/v9"

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

// nobody is the ID of no node.
func nobody() string { return "" }

// ours reports whether one of a user's devices hangs on this node.
func (r *Devices) ours(u *roll) bool {
	self := r.self()
	return self != "" && slices.ContainsFunc(u.Devices, func(d clusterDevice) bool { return d.Connected && d.Node == self })
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
				if d.Node == self && d.Connected && u.find(d.ID, anySocket) < 0 {
					u.Devices, u.Profile, added = append(u.Devices, d), mine.Profile, true
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
