package store

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"foyer/invitation"
	"foyer/protocol"
)

// relationHalf reads the relations of the viewer ($1) who is one side of the pair. The other half has the sides changed.
func relationHalf(mine, other, where string) string {
	return `SELECT p.` + other + ` AS other, u.name, u.username, u.avatar_url, p.` + mine + `_view,
			CASE p.` + mine + `_view WHEN 3 THEN p.since WHEN 4 THEN p.` + mine + `_blocked ELSE 0 END,
			COALESCE(i.id, ''), COALESCE(i.sender_id, ''), COALESCE(i.recipient_id, ''), COALESCE(i.target, ''), COALESCE(i.address, ''),
			COALESCE(i.channel, ''), COALESCE(i.message, ''), COALESCE(i.session_id, ''), COALESCE(i.sent_at, 0), COALESCE(i.expires_at, 0),
			COALESCE(i.fate, 0), COALESCE(i.resolved_at, 0), COALESCE(i.showing, 0), COALESCE(i.declined_at, 0), COALESCE(i.seen, 0),
			COALESCE(i.received_rev, 0)
		FROM pairs p JOIN users u ON u.id = p.` + other + ` LEFT JOIN invitations i ON i.id = p.` + mine + `_invitation
		WHERE p.` + mine + ` = $1 AND p.` + mine + `_view > 0 AND p.` + other + where
}

func scanRelation(row scanner) (invitation.RelationRow, error) {
	var r invitation.RelationRow
	var view int
	err := row.Scan(append([]any{&r.Other.ID, &r.Other.Name, &r.Other.Username, &r.Other.AvatarURL, &view, &r.View.Since}, recordFields(&r.Record)...)...)
	if err != nil {
		return r, err
	}
	finish(&r.Record)
	r.View.State, r.View.InvitationID = views[view], r.Record.ID
	return r, nil
}

func (tx invitationTx) Relations(viewer string, others []string) ([]invitation.RelationRow, error) {
	var found []invitation.RelationRow
	err := inChunks(others, func(_ string, args []any) error {
		in := ` IN (` + placesFrom2(len(args)) + `)`
		return tx.rows(relationHalf("lo", "hi", in)+` UNION ALL `+relationHalf("hi", "lo", in), func(row scanner) error {
			r, err := scanRelation(row)
			found = append(found, r)
			return err
		}, append([]any{viewer}, args...)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read relations: %w", err)
	}
	return found, nil
}

// placesFrom2 returns n places from $2 on.
func placesFrom2(n int) string {
	s := "$2"
	for i := 3; i < n+2; i++ {
		s += fmt.Sprintf(",$%d", i)
	}
	return s
}

var relationPage = relationHalf("lo", "hi", ` > $2`) + ` UNION ALL ` + relationHalf("hi", "lo", ` > $2`) + ` ORDER BY other LIMIT CAST($3 AS BIGINT)`

func (tx invitationTx) RelationPage(viewer, after string, limit int) ([]invitation.RelationRow, error) {
	var found []invitation.RelationRow
	err := tx.rows(relationPage, func(row scanner) error {
		r, err := scanRelation(row)
		found = append(found, r)
		return err
	}, viewer, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read relations: %w", err)
	}
	return found, nil
}

const connectionsOf = `SELECT p.hi AS other, p.since AS since FROM pairs p WHERE p.lo = $1 AND p.lo_view >= 3 AND p.lo_view = 3
	UNION ALL SELECT p.lo, p.since FROM pairs p WHERE p.hi = $1 AND p.hi_view >= 3 AND p.hi_view = 3`

// errEnough ends a query whose reader has seen enough.
var errEnough = errors.New("enough rows")

func (tx invitationTx) Connections(viewer string, after invitation.NamePlace, limit int, visit func(invitation.ConnectionRow) bool) error {
	if limit == 0 {
		limit = math.MaxInt32
	}
	err := tx.rows(`SELECT u.id, u.name, u.username, u.avatar_url, u.name_key, c.since FROM (`+connectionsOf+`) c JOIN users u ON u.id = c.other
		WHERE (u.name_key, u.id) > ($2, $3) ORDER BY u.name_key, u.id LIMIT CAST($4 AS BIGINT)`, func(row scanner) error {
		var c invitation.ConnectionRow
		var err error
		if c.User, err = scanProfile(row, &c.Place.NameKey, &c.Since); err != nil {
			return err
		}
		c.Place.UserID = c.User.ID
		if !visit(c) {
			return errEnough
		}
		return nil
	}, viewer, after.NameKey, after.UserID, limit)
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("read connections: %w", err)
	}
	return nil
}

// circleOf is one statement, since each hello needs it: what a row is, and whom it is about.
const circleOf = `SELECT 0, '', rev, 0 FROM users WHERE id = $1
	UNION ALL SELECT 1, other, mine, theirs FROM (` + blocksOf + `) b
	UNION ALL SELECT 2, other, 0, 0 FROM (` + connectionsOf + `) c`

func (tx invitationTx) Circle(userID string) (c invitation.Circle, err error) {
	err = tx.rows(circleOf, func(row scanner) error {
		var what, mine, theirs int64
		var other string
		err := row.Scan(&what, &other, &mine, &theirs)
		switch what {
		case 0:
			c.Rev = mine
		case 1:
			addBlocks(&c.Blocks, other, mine, theirs)
		default:
			c.Connections = append(c.Connections, other)
		}
		return err
	}, userID)
	if err != nil {
		return c, fmt.Errorf("read connections and blocks: %w", err)
	}
	slices.Sort(c.Connections)
	return c, nil
}

func (tx invitationTx) Blocks(userID string) (b invitation.Blocks, err error) {
	err = tx.rows(blocksOf, func(row scanner) error {
		var other string
		var mine, theirs int64
		err := row.Scan(&other, &mine, &theirs)
		addBlocks(&b, other, mine, theirs)
		return err
	}, userID)
	if err != nil {
		return b, fmt.Errorf("read blocks: %w", err)
	}
	return b, nil
}

func scanID(row scanner) (string, error) {
	var id string
	err := row.Scan(&id)
	return id, err
}

const blocksOf = `SELECT hi AS other, lo_blocked AS mine, hi_blocked AS theirs FROM pairs WHERE lo = $1 AND lo_blocked + hi_blocked > 0
	UNION ALL SELECT lo, hi_blocked, lo_blocked FROM pairs WHERE hi = $1 AND lo_blocked + hi_blocked > 0`

func addBlocks(b *invitation.Blocks, other string, mine, theirs int64) {
	if mine != 0 {
		b.Of = append(b.Of, other)
	}
	if theirs != 0 {
		b.By = append(b.By, other)
	}
}

// box returns what selects q's rows, and the column with the user across.
func box(q invitation.BoxQuery) (where, other string) {
	if q.Box == protocol.Sent {
		// Whose an address is, its sender learns when the owner accepts.
		other = `CASE WHEN i.address = '' OR i.fate = 1 THEN i.recipient_id ELSE '' END`
		switch q.State {
		case protocol.ListPending:
			return `i.sender_id = $1 AND i.fate = 0`, other
		case protocol.ListHistory:
			return `i.sender_id = $1 AND i.fate > 0`, other
		}
		return `1 = 0 AND i.sender_id = $1`, other
	}
	other = `i.sender_id`
	switch q.State {
	case protocol.ListDeclined:
		return `i.recipient_id = $1 AND i.showing > 0 AND i.showing = 3`, other
	case protocol.ListHistory:
		return `i.recipient_id = $1 AND i.showing > 0 AND i.showing >= 3 AND i.showing <= 4`, other
	}
	return `i.recipient_id = $1 AND i.showing > 0 AND i.showing = 1`, other
}

func (tx invitationTx) Invitations(q invitation.BoxQuery, after invitation.Place, limit int, visit func(invitation.Record, protocol.User) bool) error {
	if limit == 0 {
		limit = math.MaxInt32
	}
	if after.ID == "" {
		after.SentAt = math.MaxInt64
	}
	where, other := box(q)
	err := tx.rows(`SELECT COALESCE(u.id, ''), COALESCE(u.name, ''), COALESCE(u.username, ''), COALESCE(u.avatar_url, ''), `+recordColumns+`
		FROM invitations i LEFT JOIN users u ON u.id = `+other+`
		WHERE `+where+` AND (i.sent_at, i.id) < ($2, $3) ORDER BY i.sent_at DESC, i.id DESC LIMIT CAST($4 AS BIGINT)`, func(row scanner) error {
		var u protocol.User
		var r invitation.Record
		if err := row.Scan(append([]any{&u.ID, &u.Name, &u.Username, &u.AvatarURL}, recordFields(&r)...)...); err != nil {
			return err
		}
		finish(&r)
		if !visit(r, u) {
			return errEnough
		}
		return nil
	}, q.Viewer, after.SentAt, after.ID, limit)
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("list invitations: %w", err)
	}
	return nil
}

func (tx invitationTx) CountInvitations(q invitation.BoxQuery) (int, error) {
	if q.Box == protocol.Sent && q.State == protocol.ListHistory { // the difference of two indexes
		return tx.count(`SELECT (SELECT COUNT(*) FROM invitations WHERE sender_id = $1) - (SELECT COUNT(*) FROM invitations WHERE sender_id = $1 AND fate = 0)`, q.Viewer)
	}
	where, _ := box(q)
	return tx.count(`SELECT COUNT(*) FROM invitations i WHERE `+where, q.Viewer)
}
