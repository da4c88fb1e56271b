package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"foyer/directory"
	"foyer/protocol"
	"foyer/protocol/fold"
)

// Directory returns the users' part of the store.
func (s *Store) Directory() directory.Store { return directoryStore{s} }

type directoryStore struct{ s *Store }

func (d directoryStore) Update(ctx context.Context, fn func(directory.Tx) error) error {
	return d.s.Update(ctx, func(tx *Tx) error { return fn(directoryTx{tx}) })
}

func (d directoryStore) View(ctx context.Context, fn func(directory.Tx) error) error {
	return d.s.View(ctx, func(tx *Tx) error { return fn(directoryTx{tx}) })
}

// directoryTx is Tx as the directory uses it.
type directoryTx struct{ *Tx }

const userColumns = `id, rev, name, username, avatar_url, email, email_verified, phone, phone_verified, username_key,
	invitable_by, findable_by_name, findable_by_email, email_reminders, recent_people,
	note, note_until, invisible, visible_at, shown_rev, suspended, created_at, seen_at`

func scanUser(r scanner) (directory.User, error) {
	var u directory.User
	var usernameKey string
	var noteUntil, visibleAt, createdAt, seenAt int64
	err := r.Scan(&u.ID, &u.Rev, &u.Name, &u.Username, &u.AvatarURL, &u.Email, &u.EmailVerified, &u.Phone, &u.PhoneVerified, &usernameKey,
		&u.Settings.InvitableBy, &u.Settings.FindableByName, &u.Settings.FindableByEmail, &u.Settings.EmailReminders, &u.Settings.RecentPeople,
		&u.Note, &noteUntil, &u.Invisible, &visibleAt, &u.ShownRev, &u.Suspended, &createdAt, &seenAt)
	u.HoldsUsername = usernameKey != ""
	u.NoteUntil, u.VisibleSince = instant(noteUntil), instant(visibleAt)
	u.CreatedAt, u.SeenAt = instant(createdAt), instant(seenAt)
	return u, err
}

// instant returns what millis wrote.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// millis returns t as the database has it, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// flag returns b as the database has it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (tx directoryTx) User(id string) (directory.User, bool, error) {
	u, found, err := tx.user(id)
	if err != nil || found || !tx.locks {
		return u, found, err
	}
	// Somebody else may be making the same user known.
	if err := tx.lockName(lockNewUser, id); err != nil {
		return u, false, err
	}
	return tx.user(id)
}

func (tx directoryTx) user(id string) (directory.User, bool, error) {
	var u *directory.User
	err := tx.rows(tx.forUpdate(userByID), func(r scanner) error {
		found, err := scanUser(r)
		u = &found
		return err
	}, id)
	if err != nil || u == nil {
		return directory.User{}, false, err
	}
	return *u, true, nil
}

const userByID = `SELECT ` + userColumns + ` FROM users WHERE id = $1`

// insertUser takes what userArgs returns.
const insertUser = `INSERT INTO users (id, name, username, avatar_url, email, email_verified, phone, phone_verified,
		name_key, username_key, email_key, phone_key,
		invitable_by, findable_by_name, findable_by_email, email_reminders, recent_people,
		note, note_until, invisible, visible_at, shown_rev, suspended, created_at, seen_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
	ON CONFLICT (id) DO `

func userArgs(u *directory.User) []any {
	usernameKey := ""
	if u.HoldsUsername {
		usernameKey = fold.Username(u.Username)
	}
	return []any{
		u.ID, u.Name, u.Username, u.AvatarURL, u.Email, flag(u.EmailVerified), u.Phone, flag(u.PhoneVerified),
		fold.Name(u.Name), usernameKey, fold.Address(u.Email), fold.Phone(u.Phone),
		string(u.Settings.InvitableBy), flag(u.Settings.FindableByName), flag(u.Settings.FindableByEmail), flag(u.Settings.EmailReminders), flag(u.Settings.RecentPeople),
		u.Note, millis(u.NoteUntil), flag(u.Invisible), millis(u.VisibleSince), u.ShownRev, flag(u.Suspended), millis(u.CreatedAt), millis(u.SeenAt),
	}
}

// insertNewUser does nothing for who is known.
const insertNewUser = insertUser + `NOTHING`

// aloneInPairs tells whether there is nothing between a user and anybody.
const aloneInPairs = `SELECT NOT EXISTS (SELECT 1 FROM pairs WHERE lo = $1) AND NOT EXISTS (SELECT 1 FROM pairs WHERE hi = $1)`

func (tx directoryTx) Add(u directory.User) (added, alone bool, err error) {
	insert := &statement{query: insertNewUser, args: userArgs(&u)}
	read := &statement{query: aloneInPairs, args: []any{u.ID}, scan: func(r scanner) error { return r.Scan(&alone) }}
	switch err = tx.together(insert, read); {
	case err != nil:
		return false, false, fmt.Errorf("save user: %w", err)
	case insert.rows == 0:
		return false, false, nil
	}
	return true, alone, tx.insertWords(u.ID, wordsOf(u))
}

func (tx directoryTx) Save(u directory.User) error {
	err := tx.later(insertUser+`UPDATE SET name = excluded.name, username = excluded.username, avatar_url = excluded.avatar_url,
			email = excluded.email, email_verified = excluded.email_verified, phone = excluded.phone, phone_verified = excluded.phone_verified,
			name_key = excluded.name_key, username_key = excluded.username_key, email_key = excluded.email_key, phone_key = excluded.phone_key,
			invitable_by = excluded.invitable_by, findable_by_name = excluded.findable_by_name, findable_by_email = excluded.findable_by_email,
			email_reminders = excluded.email_reminders, recent_people = excluded.recent_people,
			note = excluded.note, note_until = excluded.note_until, invisible = excluded.invisible, visible_at = excluded.visible_at, shown_rev = excluded.shown_rev,
			suspended = excluded.suspended, seen_at = excluded.seen_at`, userArgs(&u)...)
	if err != nil {
		return fmt.Errorf("save user: %w", err)
	}
	return tx.saveWords(u)
}

// wordsOf returns what u is found by, sorted as the database sorts.
func wordsOf(u directory.User) [][]byte {
	words := make([][]byte, 0, 4)
	for _, w := range u.Words() {
		words = append(words, []byte(w))
	}
	slices.SortFunc(words, bytes.Compare)
	return slices.CompactFunc(words, bytes.Equal)
}

// saveWords makes u be found by u.Words and by nothing else.
func (tx directoryTx) saveWords(u directory.User) error {
	wanted := wordsOf(u)
	var kept [][]byte
	err := tx.rows(`SELECT word FROM user_words WHERE user_id = $1 ORDER BY word`, func(r scanner) error {
		var w []byte
		err := r.Scan(&w)
		kept = append(kept, w)
		return err
	}, u.ID)
	if err != nil {
		return fmt.Errorf("read words: %w", err)
	}
	if slices.EqualFunc(wanted, kept, bytes.Equal) {
		return nil
	}
	if err := tx.later(`DELETE FROM user_words WHERE user_id = $1`, u.ID); err != nil {
		return fmt.Errorf("forget words: %w", err)
	}
	return tx.insertWords(u.ID, wanted)
}

// wordsAtOnce is how many words one statement saves. A full name has no more, as a rule.
const wordsAtOnce = 4

// insertWords are the statements that save so many words.
var insertWords = func() (queries [wordsAtOnce + 1]string) {
	for n := 1; n < len(queries); n++ {
		queries[n] = `INSERT INTO user_words (word, user_id) VALUES ($2, $1)`
		for i := range n - 1 {
			queries[n] += fmt.Sprintf(`, ($%d, $1)`, i+3)
		}
	}
	return queries
}()

func (tx directoryTx) insertWords(id string, words [][]byte) error {
	for some := range slices.Chunk(words, wordsAtOnce) {
		args := append(make([]any, 0, 1+wordsAtOnce), id)
		for _, w := range some {
			args = append(args, w)
		}
		if err := tx.later(insertWords[len(some)], args...); err != nil {
			return fmt.Errorf("save words: %w", err)
		}
	}
	return nil
}

func (tx directoryTx) Delete(id string) error {
	for _, query := range []string{
		`DELETE FROM user_words WHERE user_id = $1`,
		`DELETE FROM changes WHERE user_id = $1`,
		`DELETE FROM operations WHERE user_id = $1`,
		`DELETE FROM users WHERE id = $1`,
	} {
		if err := tx.later(query, id); err != nil {
			return fmt.Errorf("delete user: %w", err)
		}
	}
	return nil
}

func (tx directoryTx) UsernameHolder(username string) (string, error) {
	if err := tx.lockName(lockUsername, fold.Username(username)); err != nil {
		return "", err
	}
	var id string
	err := tx.row(`SELECT id FROM users WHERE username_key = $1 AND username_key <> '' ORDER BY id LIMIT 1`, fold.Username(username)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

func (tx directoryTx) ReleaseUsername(username string) error {
	if err := tx.lockName(lockUsername, fold.Username(username)); err != nil {
		return err
	}
	return tx.later(`UPDATE users SET username_key = '' WHERE username_key = $1 AND username_key <> ''`, fold.Username(username))
}

func (tx directoryTx) Operation(userID, opID string, now int64) (directory.Operation, bool, error) {
	o, found, err := tx.Tx.Operation(userID, opID, now)
	return directory.Operation(o), found, err
}

func (tx directoryTx) SaveOperation(o directory.Operation) error {
	return tx.Tx.SaveOperation(Operation(o))
}

func scanProfile(r scanner, more ...any) (protocol.User, error) {
	var u protocol.User
	err := r.Scan(append([]any{&u.ID, &u.Name, &u.Username, &u.AvatarURL}, more...)...)
	return u, err
}
