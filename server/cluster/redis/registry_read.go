package redis

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"foyer/protocol"
	"foyer/session"
)

// rosters are those that this node has read or written last, to be decoded once for each version. They are only read.
type rosters struct {
	c      *Client
	mu     sync.Mutex
	by     map[string]*known // by key; guarded by mu
	pruned time.Time         // guarded by mu
}

type known struct {
	value
	roster *session.Roster
	used   time.Time // guarded by rosters.mu
}

// remembered is how many rosters are kept; beyond it, those go that were not asked for lately.
const remembered = 4096

// read returns a session's roster as it now is, nil if the session is not known. It must not be changed.
func (k *rosters) read(ctx context.Context, key string) (*session.Roster, error) {
	if have := k.last(key); have.roster != nil {
		text, err := k.c.rdb.HGet(ctx, key, "v").Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return nil, unreachable(err)
		}
		if version, err := strconv.ParseInt(text, 10, 64); err == nil && version == have.version {
			return have.roster, nil
		}
	}
	v, err := k.c.load(ctx, key)
	if err != nil {
		return nil, err
	}
	return k.keep(key, v)
}

// last returns a roster as this node has read or written it last; nothing if it never has.
func (k *rosters) last(key string) known {
	k.mu.Lock()
	defer k.mu.Unlock()
	have := k.by[key]
	if have == nil {
		return known{}
	}
	have.used = time.Now()
	return *have
}

// keep remembers what was read.
func (k *rosters) keep(key string, v value) (*session.Roster, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if v.body == "" {
		delete(k.by, key)
		return nil, nil
	}
	var before *session.Roster
	if have := k.by[key]; have != nil {
		if have.version == v.version {
			have.used = time.Now()
			return have.roster, nil
		}
		before = have.roster
	}
	roster, err := before.DecodeNext([]byte(v.body))
	if err != nil {
		return nil, err
	}
	k.putLocked(key, v, roster)
	return roster, nil
}

// put remembers what was written. The roster must not be changed any more.
func (k *rosters) put(key string, v value, roster *session.Roster) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.putLocked(key, v, roster)
}

func (k *rosters) putLocked(key string, v value, roster *session.Roster) {
	now := time.Now()
	if n := len(k.by); n >= 2*remembered || n >= remembered && now.Sub(k.pruned) > time.Second {
		k.pruned = now
		for key, old := range k.by {
			if now.Sub(old.used) > deskTime || len(k.by) >= 2*remembered {
				delete(k.by, key)
			}
		}
	}
	k.by[key] = &known{v, roster, now}
}

// forget has what stands there be read again.
func (k *rosters) forget(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.by, key)
}

// Standings implements session.Rosters.
func (r *Registry) Standings(ctx context.Context, sessionID string, userIDs ...string) (session.Standings, error) {
	v, _, err := r.read(ctx, sessionID)
	if err != nil {
		return session.Standings{}, err
	}
	if v == nil {
		return session.Standings{By: map[string]session.Standing{}}, nil
	}
	return v.Standings(userIDs), nil
}

// Roster implements session.Rosters.
func (r *Registry) Roster(ctx context.Context, sessionID string) (session.Snapshot, error) {
	v, alone, err := r.read(ctx, sessionID)
	if err != nil || v == nil {
		return session.Snapshot{SessionID: sessionID}, err
	}
	out := v.Snapshot()
	out.Alone = alone
	return out, nil
}

// Resync implements session.Rosters.
func (r *Registry) Resync(ctx context.Context, sessionID, userID string) (session.Joined, error) {
	v, _, err := r.read(ctx, sessionID)
	switch {
	case err != nil:
		return session.Joined{}, err
	case v == nil:
		return session.Joined{}, protocol.Refuse(protocol.NotInSession)
	}
	return v.View().Joined(userID)
}

// Summaries implements session.Rosters.
func (r *Registry) Summaries(ctx context.Context, sessionIDs []string) (map[string]session.Summary, error) {
	all, err := r.readAll(ctx, sessionIDs)
	if err != nil {
		return nil, err
	}
	out := make(map[string]session.Summary, len(sessionIDs))
	for i, v := range all {
		if v != nil {
			out[sessionIDs[i]] = v.Summary()
		}
	}
	return out, nil
}

// readAll returns rosters in the order of their sessions, nil for those that are not known.
func (r *Registry) readAll(ctx context.Context, sessionIDs []string) ([]*session.Roster, error) {
	keys := make([]string, len(sessionIDs))
	for i, id := range sessionIDs {
		keys[i] = r.sessionKey(id)
	}
	values, err := r.c.loadAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]*session.Roster, len(values))
	for i, v := range values {
		if out[i], err = r.rosters.keep(keys[i], v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sweepBatch is how many sessions one Sweep looks at.
const sweepBatch = 100

// Sweep implements session.Upkeep. Of several nodes that look at the same time, one gets each departure and each end.
func (r *Registry) Sweep(ctx context.Context, now int64) (session.Swept, error) {
	ids, err := r.due.until(ctx, now, sweepBatch)
	if err != nil {
		return session.Swept{}, err
	}
	swept := make([]session.Swept, len(ids))
	failed := make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { swept[i], failed[i] = r.sweep(ctx, id, now) })
	}
	all.Wait()
	out := session.Swept{Closed: r.takeClosed()}
	for _, s := range swept {
		out.Departed = append(out.Departed, s.Departed...)
		out.Ended = append(out.Ended, s.Ended...)
	}
	slices.SortFunc(out.Departed, func(a, b session.Departure) int {
		return cmp.Or(cmp.Compare(a.SessionID, b.SessionID), cmp.Compare(a.Member.Number, b.Member.Number))
	})
	slices.Sort(out.Ended)
	return out, errors.Join(failed...)
}

func (r *Registry) takeClosed() []session.Departure {
	r.mu.Lock()
	defer r.mu.Unlock()
	closed := r.closed
	r.closed = nil
	return closed
}

func (r *Registry) sweep(ctx context.Context, id string, now int64) (session.Swept, error) {
	var out session.Swept
	_, err := r.ask(ctx, id, &task{
		do: func(v *session.Roster) (touched []string, err error) {
			if out = (session.Swept{}); v == nil {
				return nil, nil
			}
			out.Departed = v.Sweep(now)
			if v.Idle(now, r.emptyAfter.Milliseconds()) {
				v.End(now)
				out.Ended = []string{id}
			}
			return usersOf(out.Departed), nil
		},
		drop: func(v *session.Roster) bool { return v.Forgettable(now) },
	})
	if err != nil {
		return session.Swept{}, err
	}
	return out, r.due.done(ctx, id, func() (int64, error) {
		v, err := r.rosters.read(ctx, r.sessionKey(id))
		if err != nil || v == nil {
			return 0, err
		}
		return v.DueAt(r.emptyAfter.Milliseconds()), nil
	})
}

// Restore implements session.Upkeep.
func (r *Registry) Restore(ctx context.Context, sessionID string, rules session.Rules, members []session.Member) error {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.User.ID
	}
	elsewhere, err := r.Places(ctx, ids)
	if err != nil {
		return err
	}
	free := slices.DeleteFunc(slices.Clone(members), func(m session.Member) bool { return elsewhere[m.User.ID] != "" })
	at := r.now().UnixMilli()
	_, err = r.ask(ctx, sessionID, &task{
		make: func() *session.Roster { return session.NewRoster(sessionID, rules, at) },
		do: func(v *session.Roster) (touched []string, err error) {
			v.SetRules(rules)
			for _, m := range v.Restore(free) {
				touched = append(touched, m.User.ID)
			}
			return touched, nil
		},
	})
	return err
}

// readAtOnce is how many rosters All reads at a time.
const readAtOnce = 500

// All implements session.Upkeep.
func (r *Registry) All(ctx context.Context) ([]session.Snapshot, error) {
	ids, err := r.c.rdb.SMembers(ctx, r.index).Result()
	if err != nil {
		return nil, unreachable(err)
	}
	var out []session.Snapshot
	for part := range slices.Chunk(ids, readAtOnce) {
		all, err := r.readAll(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, v := range all {
			if v != nil && v.Len() > 0 {
				out = append(out, v.Snapshot())
			}
		}
	}
	slices.SortFunc(out, func(a, b session.Snapshot) int { return cmp.Compare(a.SessionID, b.SessionID) })
	return out, nil
}
