package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"foyer/invitation"
	"foyer/protocol"
	"foyer/protocol/fold"
)

// Invitations returns the part of the store that holds pairs and invitations.
func (s *Store) Invitations() invitation.Store { return invitations{s} }

type invitations struct{ s *Store }

func (i invitations) View(ctx context.Context, fn func(invitation.Reader) error) error {
	return i.s.View(ctx, func(tx *Tx) error { return fn(invitationTx{tx}) })
}

func (i invitations) Update(ctx context.Context, fn func(invitation.Tx) error) error {
	return i.s.Update(ctx, func(tx *Tx) error { return fn(invitationTx{tx}) })
}

// invitationTx is Tx as the invitation room uses it.
type invitationTx struct{ *Tx }

// views are the numbers by which pairs.lo_view and hi_view name what one of the two sees.
var views = [...]protocol.RelationState{
	protocol.RelationNone, protocol.RelationSent, protocol.RelationReceived, protocol.RelationConnected, protocol.RelationBlocked,
}

func viewNumber(s protocol.RelationState) int {
	for i, v := range views {
		if v == s {
			return i
		}
	}
	return 0
}

const recordColumns = `i.id, i.sender_id, i.recipient_id, i.target, i.address, i.channel, i.message, i.session_id,
	i.sent_at, i.expires_at, i.fate, i.resolved_at, i.showing, i.declined_at, i.seen, i.received_rev`

// recordFields are where a row with recordColumns goes. Call finish afterwards.
func recordFields(r *invitation.Record) []any {
	return []any{
		&r.ID, &r.Sender, &r.Recipient, &r.Target, &r.Address, &r.Channel, &r.Message, &r.SessionID,
		&r.SentAt, &r.ExpiresAt, &r.Fate, &r.ResolvedAt, &r.Showing, &r.DeclinedAt, &r.Seen, &r.ReceivedRev,
	}
}

// finish sets what follows from the other fields.
func finish(r *invitation.Record) {
	r.ByAddress = r.Address != ""
	if r.Recipient != "" && r.Sender > r.Recipient {
		r.From = invitation.Hi
	}
}

// personColumns are a user's as the invitation room needs them.
const personColumns = `u.id, u.name, u.username, u.avatar_url, u.invitable_by, u.email_reminders, u.rev,
	(SELECT COUNT(*) FROM invitations i WHERE i.recipient_id = u.id AND i.showing > 0 AND i.showing = 1 AND i.seen = 0)`

// person puts a row with personColumns among people.
func (tx invitationTx) person(people map[string]invitation.Person) func(scanner) error {
	return func(row scanner) error {
		var p invitation.Person
		var rev int64
		var err error
		p.User, err = scanProfile(row, &p.InvitableBy, &p.Reminders, &rev, &p.Unseen)
		people[p.User.ID] = p
		if tx.writes {
			tx.hold(p.User.ID, rev)
		}
		return err
	}
}

func (tx invitationTx) People(ids ...string) (map[string]invitation.Person, error) {
	people := make(map[string]invitation.Person, len(ids))
	// A statement of its own: the one that counts has to begin after the locks are had.
	if err := tx.lockUsers(ids); err != nil {
		return nil, fmt.Errorf("lock people: %w", err)
	}
	err := inChunks(ids, func(places string, args []any) error {
		return tx.rows(`SELECT `+personColumns+` FROM users u WHERE u.id IN (`+places+`) ORDER BY u.id`, tx.person(people), args...)
	})
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return people, nil
}

func (tx invitationTx) SavePair(lo, hi string, p invitation.Pair) error {
	state, sender := p.State()
	l, h := p.Flags[invitation.Lo], p.Flags[invitation.Hi]
	lv, hv := p.View(invitation.Lo), p.View(invitation.Hi)
	return tx.later(`INSERT INTO pairs (lo, hi, state, sender, since,
			lo_view, lo_invitation, lo_blocked, lo_suppressed, lo_declined, lo_withdrew,
			hi_view, hi_invitation, hi_blocked, hi_suppressed, hi_declined, hi_withdrew)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (lo, hi) DO UPDATE SET state = excluded.state, sender = excluded.sender, since = excluded.since,
			lo_view = excluded.lo_view, lo_invitation = excluded.lo_invitation, lo_blocked = excluded.lo_blocked,
			lo_suppressed = excluded.lo_suppressed, lo_declined = excluded.lo_declined, lo_withdrew = excluded.lo_withdrew,
			hi_view = excluded.hi_view, hi_invitation = excluded.hi_invitation, hi_blocked = excluded.hi_blocked,
			hi_suppressed = excluded.hi_suppressed, hi_declined = excluded.hi_declined, hi_withdrew = excluded.hi_withdrew`,
		lo, hi, int(state), int(sender), p.Since,
		viewNumber(lv.State), lv.InvitationID, l.Blocked, l.Suppressed, l.Declined, flag(l.Withdrew),
		viewNumber(hv.State), hv.InvitationID, h.Blocked, h.Suppressed, h.Declined, flag(h.Withdrew))
}

func (tx invitationTx) Insert(r invitation.Record) error {
	lo, hi := pairOf(r)
	return tx.later(`INSERT INTO invitations (id, sender_id, recipient_id, lo, hi, target, address, channel, message, session_id,
			sent_at, expires_at, fate, resolved_at, showing, declined_at, seen, received_rev)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		r.ID, r.Sender, r.Recipient, lo, hi, r.Target, r.Address, string(r.Channel), r.Message, r.SessionID,
		r.SentAt, r.ExpiresAt, int(r.Fate), r.ResolvedAt, int(r.Showing), r.DeclinedAt, flag(r.Seen), r.ReceivedRev)
}

func (tx invitationTx) Save(r invitation.Record) error {
	lo, hi := pairOf(r)
	return tx.later(`UPDATE invitations SET recipient_id = $2, lo = $3, hi = $4, message = $5, fate = $6, resolved_at = $7,
		showing = $8, declined_at = $9, seen = $10, received_rev = $11 WHERE id = $1`,
		r.ID, r.Recipient, lo, hi, r.Message, int(r.Fate), r.ResolvedAt, int(r.Showing), r.DeclinedAt, flag(r.Seen), r.ReceivedRev)
}

// pairOf returns the pair that an invitation belongs to, nothing while its recipient isn't known.
func pairOf(r invitation.Record) (lo, hi string) {
	if r.Recipient == "" {
		return "", ""
	}
	return min(r.Sender, r.Recipient), max(r.Sender, r.Recipient)
}

func (tx invitationTx) MarkSeen(userID string, rev int64) (int, error) {
	n, err := tx.exec(`UPDATE invitations SET seen = 1
		WHERE recipient_id = $1 AND showing > 0 AND showing <= 2 AND seen = 0 AND received_rev <= $2`, userID, rev)
	if err != nil {
		return 0, fmt.Errorf("mark invitations seen: %w", err)
	}
	return int(n), nil
}

func (tx invitationTx) Purge(overBefore, sentBefore int64, limit int) (int, error) {
	var old []string
	var declined [][]any
	err := tx.rows(tx.unlocked(`SELECT id, lo, hi, showing FROM invitations WHERE fate > 0 AND resolved_at < $1 AND sent_at < $2
		ORDER BY resolved_at LIMIT CAST($3 AS BIGINT)`), func(row scanner) error {
		var id, lo, hi string
		var showing invitation.Showing
		if err := row.Scan(&id, &lo, &hi, &showing); err != nil {
			return err
		}
		if old = append(old, id); showing == invitation.Declined {
			declined = append(declined, []any{lo, hi, id})
		}
		return nil
	}, overBefore, sentBefore, limit)
	if err != nil {
		return 0, fmt.Errorf("read old invitations: %w", err)
	}
	for _, args := range declined {
		for _, query := range []string{
			`UPDATE pairs SET lo_declined = '' WHERE lo = $1 AND hi = $2 AND lo_declined = $3`,
			`UPDATE pairs SET hi_declined = '' WHERE lo = $1 AND hi = $2 AND hi_declined = $3`,
		} {
			if err := tx.later(query, args...); err != nil {
				return 0, fmt.Errorf("forget decline: %w", err)
			}
		}
	}
	err = inChunks(old, func(places string, args []any) error {
		return tx.later(`DELETE FROM invitations WHERE id IN (`+places+`)`, args...)
	})
	if err != nil {
		return 0, fmt.Errorf("delete old invitations: %w", err)
	}
	return len(old), nil
}

func (tx invitationTx) Audit(a invitation.AuditEntry) error {
	return tx.later(`INSERT INTO audit (id, at, actor, action, subject, reason, count) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.ID, a.At, a.By, a.Action, a.Subject, a.Why, a.Count)
}

func (tx invitationTx) Operation(userID, opID string, now int64) (invitation.Operation, bool, error) {
	o, found, err := tx.Tx.Operation(userID, opID, now)
	return invitation.Operation(o), found, err
}

func (tx invitationTx) SaveOperation(o invitation.Operation) error {
	return tx.Tx.SaveOperation(Operation(o))
}

func (tx invitationTx) UserByUsername(username string) (string, error) {
	return tx.id(`SELECT id FROM users WHERE username_key = $1 AND username_key <> '' ORDER BY id LIMIT 1`, fold.Username(username))
}

// id returns the only column of a query for at most one row, "" if there is none.
func (tx invitationTx) id(query string, args ...any) (string, error) {
	var id string
	err := tx.row(query, args...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

func (tx invitationTx) Badge(userID string) (rev int64, unseen int, err error) {
	err = tx.row(`SELECT u.rev, (SELECT COUNT(*) FROM invitations i WHERE i.recipient_id = u.id AND i.showing > 0 AND i.showing = 1 AND i.seen = 0)
		FROM users u WHERE u.id = $1`, userID).Scan(&rev, &unseen)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	return rev, unseen, err
}
