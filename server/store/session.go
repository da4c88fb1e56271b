package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"

	"foyer/protocol"
	"foyer/protocol/fold"
	"foyer/session"
)

// sessions is session.Store in SQL.
type sessions struct{ store *Store }

// Sessions returns the part of s that keeps sessions, bans, stays and members over a restart.
func (s *Store) Sessions() session.Store { return sessions{s} }

const sessionColumns = `id, name, visibility, capacity, locked, password_hash, persistent, metadata, tick_hz, created_at, creator, heir, rules_rev`

func scanSession(r scanner) (session.Record, error) { return scanSessionAnd(r) }

// scanSessionAnd reads a session, and more from the columns behind it.
func scanSessionAnd(r scanner, more ...any) (session.Record, error) {
	var rec session.Record
	var metadata []byte
	dest := append(make([]any, 0, 20), &rec.ID, &rec.Name, &rec.Visibility, &rec.Capacity, &rec.Locked, &rec.PasswordHash, &rec.Persistent,
		&metadata, &rec.TickHz, &rec.CreatedAt, &rec.Creator, &rec.Heir, &rec.RulesRev)
	err := r.Scan(append(dest, more...)...)
	rec.Metadata = metadata
	return rec, err
}

// createdSession is what is remembered of an operation: the answer is made anew.
type createdSession struct {
	SessionID string `json:"session_id"`
}

// Create implements session.Records.
func (s sessions) Create(ctx context.Context, r session.Record, op session.Operation, limit int) (string, error) {
	id := ""
	err := s.store.Update(ctx, func(tx *Tx) error {
		before, found, err := tx.createdBefore(op, r.CreatedAt)
		if err != nil || found {
			id = before
			return err
		}
		id = r.ID
		if limit > 0 && r.Creator != "" {
			if err := tx.lockName(lockCreator, r.Creator); err != nil {
				return err
			}
			var have int
			if err := tx.row(`SELECT COUNT(*) FROM sessions WHERE creator = $1`, r.Creator).Scan(&have); err != nil {
				return err
			}
			if have >= limit {
				return protocol.Refuse(protocol.SessionLimit).WithLimit(limit)
			}
		}
		if err := tx.insertSession(&r); err != nil {
			return err
		}
		return tx.rememberCreated(op, r.ID, r.CreatedAt)
	})
	return id, err
}

// createdBefore returns the session that op made, if it was carried out already.
func (tx *Tx) createdBefore(op session.Operation, now int64) (id string, found bool, err error) {
	if op.OpID == "" {
		return "", false, nil
	}
	done, found, err := tx.Operation(op.UserID, op.OpID, now)
	if err != nil || !found {
		return "", false, err
	}
	if done.Method != op.Method || done.Digest != op.Digest {
		return "", false, protocol.Refuse(protocol.OpIDConflict)
	}
	var created createdSession
	err = json.Unmarshal(done.Result, &created)
	return created.SessionID, err == nil, err
}

func (tx *Tx) rememberCreated(op session.Operation, id string, at int64) error {
	if op.OpID == "" {
		return nil
	}
	result, err := json.Marshal(createdSession{id})
	if err != nil {
		return err
	}
	return tx.SaveOperation(Operation{UserID: op.UserID, OpID: op.OpID, Method: op.Method, Digest: op.Digest, Result: result, At: at})
}

func (tx *Tx) insertSession(r *session.Record) error {
	return tx.later(`INSERT INTO sessions (name_key, `+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		sessionKey(r.Name), r.ID, r.Name, string(r.Visibility), r.Capacity, number(r.Locked), r.PasswordHash, number(r.Persistent),
		string(r.Metadata), r.TickHz, r.CreatedAt, r.Creator, number(r.Heir), r.RulesRev)
}

// number is how a condition is stored, the same on each database.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sessionKey returns what a search for a session can begin with, each after a line break.
func sessionKey(name string) string {
	return "\n" + strings.Join(fold.Starts(name), "\n")
}

// lookup is one statement, since each join needs it.
var lookup = `SELECT s.` + strings.ReplaceAll(sessionColumns, ", ", ", s.") + `,
		EXISTS (SELECT 1 FROM session_bans b WHERE b.session_id = s.id AND b.user_id = $2),
		NOT EXISTS (` + blocksOfAsker + `),
		COALESCE(u.id, ''), COALESCE(u.name, ''), COALESCE(u.username, ''), COALESCE(u.avatar_url, '')
	FROM sessions s LEFT JOIN users u ON u.id = $2 WHERE s.id = $1`

var blocksOfAsker = strings.ReplaceAll(blocksOf, "$1", "$2")

// Lookup implements session.Records.
func (s sessions) Lookup(ctx context.Context, id, userID string) (l session.Lookup, found bool, err error) {
	err = s.store.View(ctx, func(tx *Tx) error {
		l, found = session.Lookup{}, false
		return tx.rows(lookup, func(r scanner) (err error) {
			found = true
			l.Record, err = scanSessionAnd(r, &l.Banned, &l.Unblocked, &l.User.ID, &l.User.Name, &l.User.Username, &l.User.AvatarURL)
			return err
		}, id, userID)
	})
	return l, found, err
}

// lockSession returns a session that nobody else changes until the transaction ends.
func (tx *Tx) lockSession(id string) (session.Record, error) {
	rec, err := scanSession(tx.row(tx.forUpdate(`SELECT `+sessionColumns+` FROM sessions WHERE id = $1`), id))
	if errors.Is(err, sql.ErrNoRows) {
		return rec, protocol.Refuse(protocol.SessionNotFound)
	}
	return rec, err
}

// Change implements session.Records.
func (s sessions) Change(ctx context.Context, id string, change func(*session.Record) (bool, error)) (session.Record, error) {
	var rec session.Record
	err := s.store.Update(ctx, func(tx *Tx) error {
		before, err := tx.lockSession(id)
		if err != nil {
			return err
		}
		rec = before
		changed, err := change(&rec)
		if err != nil || !changed {
			return err
		}
		if rec.Rules() != before.Rules() || rec.PasswordHash != before.PasswordHash || rec.Visibility != before.Visibility {
			rec.RulesRev = before.RulesRev + 1
		}
		return tx.later(`UPDATE sessions SET name = $1, name_key = $2, visibility = $3, capacity = $4, locked = $5, password_hash = $6,
			metadata = $7, rules_rev = $8 WHERE id = $9`,
			rec.Name, sessionKey(rec.Name), string(rec.Visibility), rec.Capacity, number(rec.Locked), rec.PasswordHash,
			string(rec.Metadata), rec.RulesRev, id)
	})
	return rec, err
}

// Delete implements session.Records.
func (s sessions) Delete(ctx context.Context, id string) error {
	return s.store.Update(ctx, func(tx *Tx) error {
		// The session first, whose lock keeps new bans out.
		if err := tx.later(`DELETE FROM sessions WHERE id = $1`, id); err != nil {
			return err
		}
		return tx.later(`DELETE FROM session_bans WHERE session_id = $1`, id)
	})
}

// List implements session.Records.
func (s sessions) List(ctx context.Context, q session.ListQuery) ([]session.Record, error) {
	after := q.After
	if after.At == 0 {
		after.At = math.MaxInt64
	}
	pattern := ""
	if q.Name != "" {
		pattern = "%\n" + likeEscaper.Replace(q.Name) + "%"
	}
	var out []session.Record
	err := s.store.View(ctx, func(tx *Tx) error {
		out = nil
		return tx.rows(`SELECT `+sessionColumns+` FROM sessions s
			WHERE visibility <> 'private' AND (created_at < $1 OR created_at = $1 AND id < $2)
				AND ($3 = '' OR name_key LIKE $3 ESCAPE '\')
				AND NOT EXISTS (SELECT 1 FROM session_bans b WHERE b.session_id = s.id AND b.user_id = $4)
			ORDER BY created_at DESC, id DESC LIMIT CAST($5 AS BIGINT)`,
			collect(&out, scanSession), after.At, after.ID, pattern, q.Viewer, q.Limit)
	})
	return out, err
}

// likeEscaper makes the characters that LIKE treats otherwise stand for themselves.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// collect appends each row to out.
func collect[T any](out *[]T, scan func(scanner) (T, error)) func(scanner) error {
	return func(r scanner) error {
		v, err := scan(r)
		if err == nil {
			*out = append(*out, v)
		}
		return err
	}
}

// Find implements session.Records.
func (s sessions) Find(ctx context.Context, ids []string) ([]session.Record, error) {
	var out []session.Record
	err := s.store.View(ctx, func(tx *Tx) error {
		out = nil
		if len(ids) == 0 {
			return tx.rows(`SELECT `+sessionColumns+` FROM sessions WHERE persistent = 0 ORDER BY id`, collect(&out, scanSession))
		}
		return inChunks(ids, func(places string, args []any) error {
			return tx.rows(`SELECT `+sessionColumns+` FROM sessions WHERE id IN (`+places+`)`, collect(&out, scanSession), args...)
		})
	})
	asked := make(map[string]int, len(ids))
	for i, id := range ids {
		asked[id] = i
	}
	if len(ids) > 0 {
		slices.SortFunc(out, func(a, b session.Record) int { return asked[a.ID] - asked[b.ID] })
	}
	return out, err
}
