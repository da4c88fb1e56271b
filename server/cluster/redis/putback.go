package redis

import (
	"context"
	"maps"
	"slices"

	"github.com/redis/go-redis/v9"

	"foyer/protocol"
	"foyer/session"
)

// refill puts the rosters back that somebody of this node is in, but for those of sessions that have ended. Of several
// nodes' the newest counts; who came into an older one meanwhile is taken along. It returns the other nodes in them.
func (r *Registry) refill(ctx context.Context, lasting func(ctx context.Context, ids []string) (map[string]bool, error)) (nodes map[string]bool, err error) {
	all := r.kept.all()
	lasts, err := lasting(ctx, slices.Collect(maps.Keys(all)))
	if err != nil {
		return nil, err
	}
	nodes = map[string]bool{}
	for id := range all {
		if !lasts[id] {
			r.kept.put(id, nil, false)
			continue
		}
		v, err := r.putBack(ctx, id)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		for _, m := range v.Snapshot().Members {
			for _, d := range m.Devices {
				if d.Node != r.self() && d.Node != "" {
					nodes[d.Node] = true
					if err := r.hung.vouch(ctx, d.Node, id); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return nodes, nil
}

// putBack writes a roster where it is missing, or is older, and returns it; nil if nobody of this node is in it any more.
func (r *Registry) putBack(ctx context.Context, id string) (*session.Roster, error) {
	leave := r.hung.hold(id) // what this node writes meanwhile would count as older
	defer leave()
	k := r.kept.of(id)
	if k == nil {
		return nil, nil
	}
	text, err := r.putBackOf(k)
	if err != nil {
		return nil, err
	}
	mine, err := session.DecodeRoster([]byte(text))
	if err != nil {
		return nil, err
	}
	if err := r.c.rdb.SAdd(ctx, r.index, id).Err(); err != nil {
		return nil, unreachable(err)
	}
	if err := r.hung.add(ctx, r.self(), id); err != nil {
		return nil, err
	}
	final := mine
	err = r.c.update(ctx, r.sessionKey(id), 0, func(body string) (string, bool, error) {
		if body == "" {
			return text, true, nil
		}
		there, err := session.DecodeRoster([]byte(body))
		if err != nil {
			return "", false, err
		}
		departed, err := r.depart(there, func(m session.Member) bool { return mine.Member(m.User.ID) == nil })
		if err != nil {
			return "", false, err
		}
		if there.Version >= mine.Version {
			final = there
			if restored, err := r.restore(there, r.ownMembers(mine)); err != nil || !restored && !departed {
				return "", false, err
			}
			there.Take()
			return string(there.Encode()), true, nil
		}
		if final, err = session.DecodeRoster([]byte(text)); err != nil {
			return "", false, err
		}
		members := slices.DeleteFunc(there.Snapshot().Members, mine.HasLeft) // whose node may have died since
		if _, err := r.restore(final, members); err != nil {
			return "", false, err
		}
		for _, m := range members {
			for _, d := range m.Devices {
				if d.Node != r.self() { // whose node has written it since
					final.Attach(m.User.ID, d)
				}
			}
		}
		final.Take()
		return string(final.Encode()), true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, m := range final.Snapshot().Members {
		user := m.User.ID
		if err := putPlace.Run(ctx, r.c.rdb, []string{r.placeKey(user)}, placeOf(id, stayOf(final, user)), m.JoinedAt).Err(); err != nil {
			return nil, unreachable(err)
		}
	}
	return final, r.due.at(ctx, id, final.DueAt(r.emptyAfter.Milliseconds()))
}

// putPlace writes where a user is, unless what is written there is as new.
var putPlace = redis.NewScript(`
local have = redis.call('GET', KEYS[1])
if have and tonumber(string.match(have, '^%d+/(%d+) ') or '0') >= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
`)

// restore puts members back who are missing, or are there by an earlier stay. It reports whether there were any.
func (r *Registry) restore(v *session.Roster, members []session.Member) (some bool, _ error) {
	for _, m := range members {
		if have := v.Member(m.User.ID); have != nil && have.JoinedAt < m.JoinedAt {
			if _, err := v.Leave(session.Leave{UserID: m.User.ID, Reason: protocol.LeftByChoice, At: m.JoinedAt}); err != nil {
				return false, err
			}
		}
	}
	return len(v.Restore(members)) > 0, nil
}

// depart takes those out of a roster that stands in Redis who hang on this node alone and, as it knows, have left: Redis has
// lost that. It reports whether there were any.
func (r *Registry) depart(there *session.Roster, left func(session.Member) bool) (some bool, _ error) {
	for _, m := range there.Snapshot().Members {
		if !r.onlyHere(m) || !left(m) {
			continue
		}
		if _, err := there.Leave(session.Leave{UserID: m.User.ID, Reason: protocol.LeftByChoice, At: r.now().UnixMilli()}); err != nil {
			return some, err
		}
		some = true
	}
	return some, nil
}

// onlyHere reports whether all that a member has hangs on this node.
func (r *Registry) onlyHere(m session.Member) bool {
	self := r.self()
	return len(m.Devices) > 0 && !slices.ContainsFunc(m.Devices, func(d session.Device) bool { return d.Node != self })
}

// takeOut has those leave who are here, and are said to be in a session that, as this node knows, nobody of its own is in.
func (r *Registry) takeOut(ctx context.Context, here func(user string, d session.Device) bool) error {
	ids, err := r.c.rdb.SMembers(ctx, r.index).Result()
	if err != nil {
		return unreachable(err)
	}
	ids = slices.DeleteFunc(ids, r.kept.has)
	for part := range slices.Chunk(ids, readAtOnce) {
		all, err := r.readAll(ctx, part)
		if err != nil {
			return err
		}
		for i, v := range all {
			if v == nil || !slices.ContainsFunc(v.Snapshot().Members, r.onlyHere) {
				continue
			}
			if err := r.takeOutOf(ctx, part[i], here); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Registry) takeOutOf(ctx context.Context, id string, here func(user string, d session.Device) bool) error {
	return r.c.update(ctx, r.sessionKey(id), 0, func(body string) (string, bool, error) {
		if body == "" {
			return "", false, nil
		}
		there, err := session.DecodeRoster([]byte(body))
		if err != nil {
			return "", false, err
		}
		some, err := r.depart(there, func(m session.Member) bool { // who isn't here is waited for
			return slices.ContainsFunc(m.Devices, func(d session.Device) bool { return here(m.User.ID, d) })
		})
		if err != nil || !some {
			return "", false, err
		}
		there.Take()
		return string(there.Encode()), true, nil
	})
}

// ownMembers returns the members with a device on this node.
func (r *Registry) ownMembers(v *session.Roster) []session.Member {
	self := r.self()
	return slices.DeleteFunc(v.Snapshot().Members, func(m session.Member) bool {
		return !slices.ContainsFunc(m.Devices, func(d session.Device) bool { return d.Node == self })
	})
}
