package store

import (
	"fmt"

	"foyer/invitation"
)

func (tx invitationTx) Pair(lo, hi string) (invitation.Both, error) { return tx.pairWith(lo, hi) }

func (tx invitationTx) PairAndTally(lo, hi string, q invitation.TallyQuery) (both invitation.Both, t invitation.Tally, err error) {
	both, err = tx.pairWith(lo, hi, tally(q, &t))
	return both, t, err
}

// pairWith reads a pair, and what else is asked for afterwards.
func (tx invitationTx) pairWith(lo, hi string, more ...*statement) (invitation.Both, error) {
	both := newBoth()
	if err := tx.lockUsers([]string{lo, hi}); err != nil {
		return both, fmt.Errorf("lock people: %w", err)
	}
	people := `u.id IN ($1, $2)`
	if !tx.locks { // for each list, SQLite makes a table; PostgreSQL sets up each SELECT by itself
		people = `u.id = $1 UNION ALL SELECT ` + personColumns + ` FROM users u WHERE u.id = $2`
	}
	err := tx.together(append(tx.reading(&both, pairWords{people: people, lo: `$1`, hi: `$2`}, lo, hi), more...)...)
	if err != nil {
		return both, fmt.Errorf("read pair: %w", err)
	}
	return both, nil
}

func (tx invitationTx) PairOf(id string) (r invitation.Record, found bool, both *invitation.Both, err error) {
	if !tx.locks {
		if r, found, err = tx.Invitation(id); err != nil || r.Recipient == "" {
			return r, found, nil, err
		}
		read, err := tx.Pair(pairOf(r))
		return r, found, &read, err
	}
	// Whom the invitation concerns may be somebody more once the locks are had: then the pair is not the one that was locked.
	locked := make(map[string]bool, 2)
	read := newBoth()
	err = tx.together(append([]*statement{
		{
			query: `SELECT id FROM users WHERE id = ANY(` + endsOf + `) ORDER BY id FOR UPDATE`,
			args:  []any{id}, scan: func(row scanner) error {
				var user string
				err := row.Scan(&user)
				locked[user] = true
				return err
			},
		}, {
			query: `SELECT ` + recordColumns + ` FROM invitations i WHERE i.id = $1`,
			args:  []any{id}, scan: func(row scanner) error {
				found = true
				err := row.Scan(recordFields(&r)...)
				finish(&r)
				return err
			},
		},
	}, tx.reading(&read, pairWords{
		people: `u.id = ANY(` + endsOf + `)`,
		lo:     `(SELECT lo FROM invitations WHERE id = $1 AND lo <> '')`,
		hi:     `(SELECT hi FROM invitations WHERE id = $1 AND hi <> '')`,
	}, id)...)...)
	if err != nil {
		return r, false, nil, fmt.Errorf("read invitation and pair: %w", err)
	}
	if !locked[r.Sender] || !locked[r.Recipient] {
		return r, found, nil, nil
	}
	return r, found, &read, nil
}

// endsOf are the ids of whom the invitation $1 concerns.
const endsOf = `ARRAY(SELECT sender_id FROM invitations WHERE id = $1 UNION ALL SELECT recipient_id FROM invitations WHERE id = $1)`

// pairWords say which two users are meant: a condition on users u, and the smaller and the greater id.
type pairWords struct{ people, lo, hi string }

func newBoth() invitation.Both { return invitation.Both{People: make(map[string]invitation.Person, 2)} }

// reading returns what reads two users, the pair, and what is open between them.
func (tx invitationTx) reading(both *invitation.Both, w pairWords, args ...any) []*statement {
	p := &both.Pair
	return []*statement{
		{
			query: `SELECT ` + personColumns + ` FROM users u WHERE ` + w.people,
			args:  args, scan: tx.person(both.People),
		}, {
			query: tx.forUpdate(`SELECT state, sender, since, lo_blocked, lo_suppressed, lo_declined, lo_withdrew, hi_blocked, hi_suppressed, hi_declined, hi_withdrew
				FROM pairs WHERE lo = ` + w.lo + ` AND hi = ` + w.hi),
			args: args, scan: func(row scanner) error {
				var state, sender int
				l, h := &p.Flags[invitation.Lo], &p.Flags[invitation.Hi]
				return row.Scan(&state, &sender, &p.Since, &l.Blocked, &l.Suppressed, &l.Declined, &l.Withdrew, &h.Blocked, &h.Suppressed, &h.Declined, &h.Withdrew)
			},
		}, {
			query: `SELECT ` + recordColumns + ` FROM invitations i WHERE i.lo = ` + w.lo + ` AND i.hi = ` + w.hi + ` AND i.fate = 0 ORDER BY i.sent_at, i.id`,
			args:  args, scan: func(row scanner) error {
				var r invitation.Record
				if err := row.Scan(recordFields(&r)...); err != nil {
					return err
				}
				finish(&r)
				both.Open = append(both.Open, r)
				p.Offers = append(p.Offers, r.Offer)
				return nil
			},
		},
	}
}
