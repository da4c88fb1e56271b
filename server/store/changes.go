package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"foyer/invitation"
)

// ResumeMax is how many revisions back, and resumeKept how many milliseconds back, a device can resume from.
const (
	ResumeMax  = 1000
	resumeKept = 24 * 60 * 60 * 1000
)

// Change is one entry of a user's log, stripped of names and messages.
type Change struct {
	UserID string
	Rev    int64
	Kind   string // which room wrote it and renders it
	Body   []byte
	At     int64 // Unix milliseconds
}

// AppendChange raises userID's revision by 1 and logs what changed in that user's view. It returns the new revision.
func (tx *Tx) AppendChange(userID, kind string, body []byte, at int64) (int64, error) {
	rev, known := tx.revs[userID]
	if !known {
		if err := tx.row(tx.forUpdate(`SELECT rev FROM users WHERE id = $1`), userID).Scan(&rev); err != nil {
			return 0, fmt.Errorf("read revision: %w", err)
		}
	}
	rev++
	tx.hold(userID, rev)
	// Were the revision another one by now, the log's key would be violated.
	for _, query := range tx.words.logChange {
		if err := tx.later(query, userID, rev, kind, string(body), at); err != nil {
			return 0, fmt.Errorf("log change: %w", err)
		}
	}
	if rev%100 == 0 {
		if err := tx.later(`DELETE FROM changes WHERE user_id = $1 AND rev <= $2`, userID, rev-ResumeMax); err != nil {
			return 0, fmt.Errorf("trim log: %w", err)
		}
	}
	return rev, nil
}

// hold remembers the revision of a user whom this transaction has locked.
func (tx *Tx) hold(userID string, rev int64) {
	if tx.revs == nil {
		tx.revs = make(map[string]int64, 2)
	}
	tx.revs[userID] = rev
}

// Rev returns userID's revision, 0 for a user who is not known.
func (tx *Tx) Rev(userID string) (int64, error) {
	var rev int64
	err := tx.row(`SELECT rev FROM users WHERE id = $1`, userID).Scan(&rev)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return rev, err
}

// UserLog is what a user can see, as of one moment: a revision and how it came to that.
type UserLog struct {
	Rev    int64 // 0 for a user who is not known
	Unseen int   // received invitations that the user has not seen
	// Changes are those after the revision asked for, oldest first, if Complete. The log never returns a part of them: it
	// is not complete when it can't tell all of them any more, or the revision lies in the future.
	Changes  []Change
	Complete bool
}

// Log returns userID's log after revision after; with a negative one, none of it.
func (tx *Tx) Log(userID string, after, now int64) (UserLog, error) {
	var log UserLog
	batch := []*statement{{
		query: `SELECT u.rev, (SELECT COUNT(*) FROM invitations i WHERE i.recipient_id = u.id AND i.showing > 0 AND i.showing = 1 AND i.seen = 0) FROM users u WHERE u.id = $1`,
		args:  []any{userID}, scan: func(r scanner) error { return r.Scan(&log.Rev, &log.Unseen) },
	}}
	if after >= 0 {
		batch = append(batch, &statement{
			query: `SELECT rev, kind, body, at FROM changes WHERE user_id = $1 AND rev > $2 AND at > $3
				AND $2 >= (SELECT u.rev FROM users u WHERE u.id = $1) - $4 ORDER BY rev`,
			args: []any{userID, after, now - resumeKept, ResumeMax},
			scan: func(r scanner) error {
				c := Change{UserID: userID}
				err := r.Scan(&c.Rev, &c.Kind, &c.Body, &c.At)
				log.Changes = append(log.Changes, c)
				return err
			},
		})
	}
	if err := tx.together(batch...); err != nil {
		return UserLog{}, fmt.Errorf("read log: %w", err)
	}
	log.Complete = after >= 0 && after <= log.Rev && int64(len(log.Changes)) == log.Rev-after
	if !log.Complete {
		log.Changes = nil
	}
	return log, nil
}

// Tail is how the log has grown since a mark.
type Tail struct {
	Revs   map[string]int64         // the newest revision of each user whose log has grown
	Blocks []invitation.BlockChange // those that are told, each user's in their order
	Mark   string                   // to go on from
}

// Tail returns what has been logged since mark. The mark "" is the end of the log. No change is passed over, however long
// it took to be committed and whatever any clock says, and none is told twice.
func (s *Store) Tail(ctx context.Context, mark string) (t Tail, err error) {
	after, others := int64(0), ""
	if mark != "" {
		if after, others, err = readMark(mark); err != nil {
			return Tail{}, err
		}
	}
	err = s.View(ctx, func(tx *Tx) error {
		t = Tail{Revs: map[string]int64{}}
		if err := tx.row(tx.words.tailMark).Scan(&t.Mark); err != nil || mark == "" {
			return err
		}
		return tx.together(
			// Not by user_id: for that, SQLite would read the whole log in order of its key.
			&statement{
				query: `SELECT user_id || '' AS who, MAX(rev) FROM changes WHERE ` + tx.words.newer + ` GROUP BY who`, args: []any{after, others},
				scan: func(r scanner) error {
					var user string
					var rev int64
					err := r.Scan(&user, &rev)
					t.Revs[user] = rev
					return err
				},
			},
			&statement{
				query: `SELECT user_id || '' AS who, body FROM changes WHERE ` + tx.words.newer + ` AND body LIKE '%blocked"%' ORDER BY who, rev`,
				args:  []any{after, others}, scan: t.scanBlock,
			},
		)
	})
	return t, err
}

func (t *Tail) scanBlock(r scanner) error {
	var user string
	var body []byte
	if err := r.Scan(&user, &body); err != nil {
		return err
	}
	if b, is := invitation.LoggedBlock(user, body); is {
		t.Blocks = append(t.Blocks, b)
	}
	return nil
}

// readMark takes apart what words.tailMark selected.
func readMark(mark string) (next int64, others string, err error) {
	_, rest, _ := strings.Cut(mark, ":")
	number, others, _ := strings.Cut(rest, ":")
	if next, err = strconv.ParseInt(number, 10, 64); err != nil {
		return 0, "", fmt.Errorf("mark of the log %q: %w", mark, err)
	}
	return next, others, nil
}

// Trim forgets log entries and operations that are older than they are kept.
func (s *Store) Trim(ctx context.Context) error {
	now := s.now().UnixMilli()
	err := s.deleteOld(ctx, "changes", now-resumeKept)
	if err != nil {
		return fmt.Errorf("trim log: %w", err)
	}
	err = s.deleteOld(ctx, "operations", now-operationKept)
	if err != nil {
		return fmt.Errorf("trim operations: %w", err)
	}
	return nil
}

// deletedAtOnce is how many rows that nobody needs any more are deleted in one transaction.
const deletedAtOnce = 1000

// deleteSome deletes the rows of a table that are older than $1 in small transactions, which keep nobody waiting, until
// there are no more of them, or only such as another node is about to delete.
func (s *Store) deleteSome(ctx context.Context, table, old string, before int64) error {
	return s.bitByBit(ctx, func(w *words) string { return fmt.Sprintf(w.deleteSome, table, old, deletedAtOnce) }, before)
}

// deleteOld is deleteSome for a table whose rows come in order of time.
func (s *Store) deleteOld(ctx context.Context, table string, before int64) error {
	return s.bitByBit(ctx, func(w *words) string { return fmt.Sprintf(w.deleteOld, table, deletedAtOnce) }, before)
}

func (s *Store) bitByBit(ctx context.Context, query func(*words) string, before int64) error {
	for {
		var n int64
		err := s.Update(ctx, func(tx *Tx) (err error) {
			n, err = tx.exec(query(tx.words), before)
			return err
		})
		if err != nil || n < deletedAtOnce {
			return err
		}
	}
}

// Log returns userID's log after revision after as it is now; with a negative one, none of it.
func (s *Store) Log(ctx context.Context, userID string, after int64) (log UserLog, err error) {
	now := s.now().UnixMilli()
	err = s.View(ctx, func(tx *Tx) error {
		log, err = tx.Log(userID, after, now)
		return err
	})
	return log, err
}
