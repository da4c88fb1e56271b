package store

import (
	"database/sql"
	"errors"
	"fmt"

	"foyer/invitation"
)

func (tx invitationTx) PutLetter(l invitation.Letter) error {
	return tx.later(`INSERT INTO outbox (invitation_id, step, due_at) VALUES ($1, $2, $3)
		ON CONFLICT (invitation_id) DO UPDATE SET step = excluded.step, due_at = excluded.due_at`, l.InvitationID, l.Step, l.DueAt)
}

func (tx invitationTx) Letter(invitationID string) (invitation.Letter, bool, error) {
	l := invitation.Letter{InvitationID: invitationID}
	err := tx.row(`SELECT step, due_at FROM outbox WHERE invitation_id = $1`, invitationID).Scan(&l.Step, &l.DueAt)
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	if err != nil {
		return l, false, fmt.Errorf("read letter: %w", err)
	}
	return l, true, nil
}

func (tx invitationTx) DueLetters(now int64, limit int) ([]invitation.Letter, error) {
	var due []invitation.Letter
	err := tx.rows(`SELECT invitation_id, step, due_at FROM outbox WHERE due_at <= $1 ORDER BY due_at, invitation_id LIMIT CAST($2 AS BIGINT)`, func(r scanner) error {
		var l invitation.Letter
		if err := r.Scan(&l.InvitationID, &l.Step, &l.DueAt); err != nil {
			return err
		}
		due = append(due, l)
		return nil
	}, now, limit)
	if err != nil {
		return nil, fmt.Errorf("read due letters: %w", err)
	}
	return due, nil
}

func (tx invitationTx) DropLetter(invitationID string) error {
	return tx.later(`DELETE FROM outbox WHERE invitation_id = $1`, invitationID)
}
