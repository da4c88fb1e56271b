package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"foyer/invitation"
	"foyer/protocol/fold"
)

func (tx invitationTx) Invitation(id string) (invitation.Record, bool, error) {
	return tx.record(`SELECT `+recordColumns+` FROM invitations i WHERE i.id = $1`, id)
}

func (tx invitationTx) OpenTo(sender, target string) (invitation.Record, bool, error) {
	return tx.record(`SELECT `+recordColumns+` FROM invitations i WHERE i.sender_id = $1 AND i.target = $2 AND i.fate = 0`, sender, target)
}

func (tx invitationTx) record(query string, args ...any) (invitation.Record, bool, error) {
	var r invitation.Record
	err := tx.row(query, args...).Scan(recordFields(&r)...)
	if errors.Is(err, sql.ErrNoRows) {
		return invitation.Record{}, false, nil
	}
	if err != nil {
		return invitation.Record{}, false, fmt.Errorf("read invitation: %w", err)
	}
	finish(&r)
	return r, true, nil
}

func (tx invitationTx) Records(ids []string) (map[string]invitation.Record, error) {
	records := make(map[string]invitation.Record, len(ids))
	err := inChunks(ids, func(places string, args []any) error {
		return tx.rows(`SELECT `+recordColumns+` FROM invitations i WHERE i.id IN (`+places+`)`, func(row scanner) error {
			var r invitation.Record
			err := row.Scan(recordFields(&r)...)
			finish(&r)
			records[r.ID] = r
			return err
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", err)
	}
	return records, nil
}

func (tx invitationTx) OpenBy(sender string, until int64) ([]string, error) {
	return tx.ids(`SELECT id FROM invitations WHERE sender_id = $1 AND fate = 0 AND sent_at <= $2 ORDER BY sent_at, id`, sender, until)
}

func (tx invitationTx) Unclaimed(targets []string) ([]string, error) {
	var ids []string
	err := inChunks(targets, func(places string, args []any) error {
		more, err := tx.ids(`SELECT id FROM invitations WHERE target IN (`+places+`) AND fate = 0 AND recipient_id = '' ORDER BY sent_at, id`, args...)
		ids = append(ids, more...)
		return err
	})
	return ids, err
}

func (tx invitationTx) Due(now int64, limit int) ([]string, int64, error) {
	ids, err := tx.ids(`SELECT id FROM invitations WHERE fate = 0 AND expires_at <= $1 ORDER BY expires_at LIMIT CAST($2 AS BIGINT)`, now, limit)
	if err != nil {
		return nil, 0, err
	}
	var next sql.NullInt64
	if err := tx.row(`SELECT MIN(expires_at) FROM invitations WHERE fate = 0 AND expires_at > $1`, now).Scan(&next); err != nil {
		return nil, 0, fmt.Errorf("read next expiry: %w", err)
	}
	return ids, next.Int64, nil
}

// ids returns the only column of a query.
func (tx invitationTx) ids(query string, args ...any) ([]string, error) {
	var ids []string
	err := tx.rows(query, collect(&ids, scanID), args...)
	if err != nil {
		return nil, fmt.Errorf("read ids: %w", err)
	}
	return ids, nil
}

func (tx invitationTx) Owner(target string) (string, error) {
	kind, key, _ := strings.Cut(target, ":")
	switch kind {
	case "email":
		return tx.id(`SELECT id FROM users WHERE email_key = $1 AND email_verified = 1 ORDER BY seen_at DESC, id LIMIT 1`, key)
	case "phone":
		return tx.id(`SELECT id FROM users WHERE phone_key = $1 AND phone_verified = 1 ORDER BY seen_at DESC, id LIMIT 1`, key)
	}
	return "", fmt.Errorf("target %q names no address", kind)
}

func (tx invitationTx) Targets(userID string, verified bool) ([]string, error) {
	var email, phone string
	var emailVerified, phoneVerified bool
	err := tx.row(`SELECT email, email_verified, phone, phone_verified FROM users WHERE id = $1`, userID).
		Scan(&email, &emailVerified, &phone, &phoneVerified)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read addresses: %w", err)
	}
	var targets []string
	if key := fold.Address(email); key != "" && (emailVerified || !verified) {
		targets = append(targets, invitation.TargetEmail(key))
	}
	if key := fold.Phone(phone); key != "" && (phoneVerified || !verified) {
		targets = append(targets, invitation.TargetPhone(key))
	}
	return targets, nil
}

func (tx invitationTx) SharedSession(a, b string, since int64) (bool, error) {
	var n int
	err := tx.row(`SELECT COUNT(*) FROM stays m JOIN stays o ON o.session_id = m.session_id
		WHERE m.user_id = $1 AND o.user_id = $2 AND (m.to_at = 0 OR m.to_at >= $3) AND (o.to_at = 0 OR o.to_at >= $3)
			AND (m.to_at = 0 OR m.to_at >= o.from_at) AND (o.to_at = 0 OR o.to_at >= m.from_at)`, a, b, since).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read shared stays: %w", err)
	}
	return n > 0, nil
}

func (tx invitationTx) SessionExists(id string) (bool, error) {
	found, err := tx.id(`SELECT id FROM sessions WHERE id = $1`, id)
	return found != "", err
}

func (tx invitationTx) ShowableSessions(viewer string, ids []string) (map[string]bool, error) {
	showable := make(map[string]bool, len(ids))
	err := inChunks(ids, func(places string, args []any) error {
		args = append(args, viewer)
		found, err := tx.ids(fmt.Sprintf(`SELECT s.id FROM sessions s WHERE s.id IN (%s) AND (s.visibility <> 'private'
			OR EXISTS (SELECT 1 FROM stays t WHERE t.session_id = s.id AND t.user_id = $%d AND t.to_at = 0))`, places, len(args)), args...)
		for _, id := range found {
			showable[id] = true
		}
		return err
	})
	return showable, err
}

func (tx invitationTx) Tally(q invitation.TallyQuery) (t invitation.Tally, err error) {
	if err = tx.together(tally(q, &t)); err != nil {
		return invitation.Tally{}, fmt.Errorf("read earlier invitations: %w", err)
	}
	return t, nil
}

// tally reads what q asks for into t.
func tally(q invitation.TallyQuery, t *invitation.Tally) *statement {
	return &statement{
		query: `SELECT
		COALESCE((SELECT sent_at FROM invitations WHERE sender_id = $1 ORDER BY sent_at DESC LIMIT 1 OFFSET $2), 0),
		COALESCE((SELECT sent_at FROM invitations WHERE sender_id = $1 ORDER BY sent_at DESC LIMIT 1 OFFSET $3), 0),
		COALESCE((SELECT sent_at FROM invitations WHERE sender_id = $1 AND target = $4 ORDER BY sent_at DESC LIMIT 1), 0),
		COALESCE((SELECT sent_at FROM invitations WHERE sender_id = $1 AND target = $4 ORDER BY sent_at DESC LIMIT 1 OFFSET $5), 0),
		(SELECT COUNT(*) FROM invitations WHERE sender_id = $1 AND fate = 0),
		(SELECT COUNT(*) FROM invitations WHERE recipient_id = $6 AND recipient_id <> '' AND showing > 0 AND showing = 1)`,
		args: []any{q.Sender, max(q.RankMinute-1, 0), max(q.RankDay-1, 0), q.Target, max(q.RankPair-1, 0), q.Recipient},
		scan: func(row scanner) error {
			return row.Scan(&t.Minute, &t.Day, &t.Last, &t.Pair, &t.Outstanding, &t.Received)
		},
	}
}

func (tx invitationTx) Connected(userID string) (int, error) {
	return tx.count(`SELECT (SELECT COUNT(*) FROM pairs WHERE lo = $1 AND lo_view >= 3 AND lo_view = 3)
		+ (SELECT COUNT(*) FROM pairs WHERE hi = $1 AND hi_view >= 3 AND hi_view = 3)`, userID)
}

func (tx invitationTx) Blocked(userID string) (int, error) {
	return tx.count(`SELECT (SELECT COUNT(*) FROM pairs WHERE lo = $1 AND lo_view >= 3 AND lo_view = 4)
		+ (SELECT COUNT(*) FROM pairs WHERE hi = $1 AND hi_view >= 3 AND hi_view = 4)`, userID)
}

func (tx invitationTx) Received(userID string) (int, error) {
	return tx.count(`SELECT COUNT(*) FROM invitations WHERE recipient_id = $1 AND showing > 0 AND showing = 1`, userID)
}

func (tx invitationTx) count(query string, args ...any) (int, error) {
	var n int
	if err := tx.row(query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return n, nil
}
