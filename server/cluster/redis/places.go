package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"foyer/server/cluster"
	"foyer/session"
)

// A place is where a user is, and which stay that is: a member's number and when they joined.
func placeOf(sessionID, stay string) string { return stay + " " + sessionID }

func cutPlace(place string) (sessionID, stay string) {
	stay, sessionID, _ = strings.Cut(place, " ")
	return sessionID, stay
}

func stayOf(v *session.Roster, userID string) string {
	if v == nil {
		return ""
	}
	m := v.Member(userID)
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%d/%d", m.Number, m.JoinedAt)
}

func (r *Registry) placeKey(userID string) string { return r.c.key("p", cluster.UserTopic(userID)) }

// place returns the session that a user is in or, with Redis out of reach, was last seen in.
func (r *Registry) place(ctx context.Context, userID string) (string, error) {
	places, err := r.Places(ctx, []string{userID})
	return places[userID], err
}

// placesOf returns where users are, as it is written; "" is nowhere.
func (r *Registry) placesOf(ctx context.Context, userIDs []string) (map[string]string, error) {
	if len(userIDs) == 0 {
		return map[string]string{}, nil
	}
	pipe := r.c.rdb.Pipeline()
	asked := make([]*redis.StringCmd, len(userIDs))
	for i, id := range userIDs {
		asked[i] = pipe.Get(ctx, r.placeKey(id))
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, unreachable(err)
	}
	out := make(map[string]string, len(userIDs))
	for i, id := range userIDs {
		out[id] = asked[i].Val()
	}
	return out, nil
}

// vacate removes a place unless it is another by now.
var vacate = redis.NewScript(`
local have = redis.call('GET', KEYS[1])
if have == ARGV[1] then redis.call('DEL', KEYS[1]) end
return have or ''
`)

// before is what a user was to a session until a batch: their stay, if any, and whether they asked for a place.
type before struct {
	stay  string
	joins bool
}

// settle writes where users are after a session's roster was written, and returns what stood there. A storm of joins is
// one way to Redis and back.
func (r *Registry) settle(ctx context.Context, v *session.Roster, touched map[string]before) (was map[string]string, err error) {
	pipe := r.c.rdb.Pipeline()
	came := map[string]*redis.StatusCmd{}
	for user, before := range touched {
		stay := stayOf(v, user)
		switch {
		case stay != "" && (before.joins || stay != before.stay):
			came[user] = pipe.SetArgs(ctx, r.placeKey(user), placeOf(v.ID, stay), redis.SetArgs{Get: true})
			r.seen.put(user, v.ID)
		case stay == "" && before.stay != "":
			vacate.Eval(ctx, pipe, []string{r.placeKey(user)}, placeOf(v.ID, before.stay))
			r.seen.drop(user, func(id string) bool { return id == v.ID })
		}
	}
	if pipe.Len() == 0 {
		return nil, nil
	}
	done, err := pipe.Exec(ctx)
	if errors.Is(err, redis.Nil) {
		err = nil // somebody had no place
		for _, cmd := range done {
			if e := cmd.Err(); e != nil && !errors.Is(e, redis.Nil) {
				err = e
			}
		}
	}
	was = make(map[string]string, len(came))
	for user, cmd := range came {
		was[user] = cmd.Val()
	}
	return was, unreachable(err)
}

// Places implements session.Rosters. With Redis out of reach they are as this node last saw them.
func (r *Registry) Places(ctx context.Context, userIDs []string) (map[string]string, error) {
	began := time.Now()
	places, err := r.placesOf(ctx, userIDs)
	if ctx.Err() == nil && away(err) {
		return r.seen.of(userIDs), nil
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(userIDs))
	for user, place := range places {
		if s, _ := cutPlace(place); s != "" {
			out[user] = s
		}
	}
	r.seen.note(userIDs, out, began)
	return out, nil
}

// mend removes the places of those who are said to be in a session and aren't.
func (r *Registry) mend(ctx context.Context, sessionID string, v *session.Roster, places map[string]string) error {
	pipe := r.c.rdb.Pipeline()
	for user, place := range places {
		if id, stay := cutPlace(place); id == sessionID && (v == nil || stayOf(v, user) != stay) {
			vacate.Eval(ctx, pipe, []string{r.placeKey(user)}, place)
		}
	}
	if pipe.Len() == 0 {
		return nil
	}
	_, err := pipe.Exec(ctx)
	return unreachable(err)
}

// mendAll removes the places of users who are said to be where they aren't.
func (r *Registry) mendAll(ctx context.Context, userIDs []string) error {
	places, err := r.placesOf(ctx, userIDs)
	if err != nil {
		return err
	}
	sessions := map[string]map[string]string{}
	for user, place := range places {
		id, _ := cutPlace(place)
		if sessions[id] == nil {
			sessions[id] = map[string]string{}
		}
		sessions[id][user] = place
	}
	for id, there := range sessions {
		if id == "" {
			continue
		}
		v, err := r.rosters.read(ctx, r.sessionKey(id))
		if err != nil {
			return err
		}
		if err := r.mend(ctx, id, v, there); err != nil {
			return err
		}
	}
	return nil
}
