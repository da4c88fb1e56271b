package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"foyer/directory"
	"foyer/protocol/fold"
)

func (d directoryStore) Users(ctx context.Context, ids []string) (map[string]directory.User, error) {
	users := make(map[string]directory.User, len(ids))
	err := d.s.View(ctx, func(tx *Tx) error {
		clear(users)
		return inChunks(ids, func(places string, args []any) error {
			return tx.rows(`SELECT `+userColumns+` FROM users WHERE id IN (`+places+`)`, func(r scanner) error {
				u, err := scanUser(r)
				users[u.ID] = u
				return err
			}, args...)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return users, nil
}

// chunkMax is how many values one IN (…) has at most.
const chunkMax = 256

// inChunks calls do with ids in chunks, as the inside of an IN (…) and its arguments. The number of places is a power
// of two, filled up with the last id, so that few different statements have to be prepared.
func inChunks(ids []string, do func(places string, args []any) error) error {
	for len(ids) > 0 {
		n := min(len(ids), chunkMax)
		size := 1
		for size < n {
			size *= 2
		}
		args := make([]any, size)
		var places strings.Builder
		for i := range size {
			args[i] = ids[min(i, n-1)]
			if i > 0 {
				places.WriteByte(',')
			}
			places.WriteByte('$')
			places.WriteString(strconv.Itoa(i + 1))
		}
		if err := do(places.String(), args); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

const (
	userByUsername = `SELECT ` + userColumns + ` FROM users WHERE username_key = $1 AND username_key <> '' ORDER BY id LIMIT 1`
	usersByEmail   = `SELECT ` + userColumns + ` FROM users WHERE email_key = $1 AND email_verified = 1 ORDER BY seen_at DESC, id LIMIT CAST($2 AS BIGINT)`
	usersByPhone   = `SELECT ` + userColumns + ` FROM users WHERE phone_key = $1 AND phone_verified = 1 ORDER BY seen_at DESC, id LIMIT CAST($2 AS BIGINT)`
	findByAddress  = `SELECT id, name, username, avatar_url FROM users
		WHERE email_key = $1 AND email_verified = 1 AND findable_by_email = 1 AND suspended = 0 AND id <> $2 AND id > $3
		ORDER BY id LIMIT CAST($4 AS BIGINT)`
)

func (d directoryStore) UserByUsername(ctx context.Context, username string) (u directory.User, found bool, err error) {
	err = d.s.View(ctx, func(tx *Tx) error {
		u, err = scanUser(tx.row(userByUsername, fold.Username(username)))
		found = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return directory.User{}, false, fmt.Errorf("read user by username: %w", err)
	}
	return u, found, nil
}

// sharedAddress is how many users with the same verified address are read at most.
const sharedAddress = 100

func (d directoryStore) UsersByAddress(ctx context.Context, address string) ([]directory.User, error) {
	query, key := usersByEmail, fold.Address(address)
	if key == "" {
		query, key = usersByPhone, fold.Phone(address)
	}
	if key == "" {
		return nil, nil
	}
	var users []directory.User
	err := d.s.View(ctx, func(tx *Tx) error {
		users = nil
		return tx.rows(query, func(r scanner) error {
			u, err := scanUser(r)
			users = append(users, u)
			return err
		}, key, sharedAddress)
	})
	if err != nil {
		return nil, fmt.Errorf("read users by address: %w", err)
	}
	return users, nil
}

func (d directoryStore) FindByAddress(ctx context.Context, q directory.Query, after directory.Place, n int) ([]directory.Hit, error) {
	var hits []directory.Hit
	err := d.s.View(ctx, func(tx *Tx) error {
		hits = nil
		return tx.rows(findByAddress, func(r scanner) error {
			u, err := scanProfile(r)
			hits = append(hits, directory.Hit{User: u, Place: directory.Place{UserID: u.ID}})
			return err
		}, q.Address, q.Viewer, after.UserID, n)
	})
	if err != nil {
		return nil, fmt.Errorf("find users by address: %w", err)
	}
	return hits, nil
}

// findByWord walks the words with a prefix in order. A user with several such words is found at the first of them, and
// not at all if the address has found them before.
const findByWord = `SELECT u.id, u.name, u.username, u.avatar_url, w.word
	FROM user_words w JOIN users u ON u.id = w.user_id
	WHERE (w.word, w.user_id) > ($1, $2) AND w.word < $3 AND w.user_id <> $4 AND u.suspended = 0
		AND NOT (u.email_key = $5 AND u.email_verified = 1 AND u.findable_by_email = 1)
		AND NOT EXISTS (SELECT 1 FROM user_words e WHERE e.user_id = w.user_id AND e.word >= $6 AND e.word < w.word)
	ORDER BY w.word, w.user_id LIMIT CAST($7 AS BIGINT)`

func (d directoryStore) FindByWord(ctx context.Context, q directory.Query, after directory.Place, n int) ([]directory.Hit, error) {
	prefix := []byte(q.Prefix)
	from := prefix
	if after.Word != "" {
		from = []byte(after.Word)
	}
	var hits []directory.Hit
	err := d.s.View(ctx, func(tx *Tx) error {
		hits = nil
		return tx.rows(findByWord, func(r scanner) error {
			var word []byte
			u, err := scanProfile(r, &word)
			hits = append(hits, directory.Hit{User: u, Place: directory.Place{ByWord: true, Word: string(word), UserID: u.ID}})
			return err
		}, from, after.UserID, prefixEnd(prefix), q.Viewer, q.Address, prefix, n)
	})
	if err != nil {
		return nil, fmt.Errorf("find users by name: %w", err)
	}
	return hits, nil
}

// prefixEnd is the least key above all that begin with prefix, which is UTF-8: its last byte is never 0xFF.
func prefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	end[len(end)-1]++
	return end
}

// met finds with whom the viewer's stays overlapped. What is ordered by is the start of the last common stay: unlike
// its end, it doesn't change while both are still there.
const met = `SELECT u.id, u.name, u.username, u.avatar_url, t.at
	FROM (SELECT o.user_id, MAX(CASE WHEN o.from_at > m.from_at THEN o.from_at ELSE m.from_at END) AS at
		FROM stays m JOIN stays o ON o.session_id = m.session_id AND o.user_id <> m.user_id
		WHERE m.user_id = $1 AND (m.to_at = 0 OR m.to_at > $2) AND (o.to_at = 0 OR o.to_at > $2)
			AND (o.to_at = 0 OR o.to_at > m.from_at) AND o.from_at < CASE WHEN m.to_at = 0 THEN $6 ELSE m.to_at END
		GROUP BY o.user_id) t
	JOIN users u ON u.id = t.user_id
	WHERE u.recent_people = 1
		AND NOT EXISTS (SELECT 1 FROM pairs p WHERE p.lo = $1 AND p.hi = u.id AND p.lo_blocked > 0)
		AND NOT EXISTS (SELECT 1 FROM pairs p WHERE p.hi = $1 AND p.lo = u.id AND p.hi_blocked > 0)
		AND (t.at < $3 OR t.at = $3 AND u.id > $4)
	ORDER BY t.at DESC, u.id LIMIT CAST($5 AS BIGINT)`

func (d directoryStore) Met(ctx context.Context, viewer string, cutoff time.Time, after directory.Meeting, n int) ([]directory.Meeting, error) {
	before := int64(math.MaxInt64)
	if after.User.ID != "" {
		before = after.At.UnixMilli()
	}
	var people []directory.Meeting
	err := d.s.View(ctx, func(tx *Tx) error {
		people = nil
		return tx.rows(met, func(r scanner) error {
			var at int64
			u, err := scanProfile(r, &at)
			people = append(people, directory.Meeting{User: u, At: instant(at)})
			return err
		}, viewer, cutoff.UnixMilli(), before, after.User.ID, n, int64(math.MaxInt64))
	})
	if err != nil {
		return nil, fmt.Errorf("read people met: %w", err)
	}
	return people, nil
}
