package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"foyer/protocol"
)

// truth is what the database holds of a group, read in one snapshot.
type truth struct {
	rev        map[string]int64
	changes    map[string][]change           // by user, in order
	operations map[string]map[string]opRow   // by user and op_id
	views      map[string]map[string]pairRow // by viewer and the other
}

type change struct {
	rev        int64
	at         time.Time // of the commit
	other      string
	state      protocol.RelationState
	invitation string
	id         string
	cause      protocol.Cause
	notify     bool
	unseen     int
	settings   protocol.Settings // of a change of settings
}

type opRow struct {
	method     protocol.Method
	state      protocol.RelationState
	invitation string
	other      string
	unchanged  bool
	many       manyRow // of withdraw_many
}

type pairRow struct {
	state protocol.RelationState
	id    string
}

// readTruth reads it, however long the database is away, within a minute.
func (g *group) readTruth(ctx context.Context) (*truth, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		t, err := g.readTruthOnce(ctx)
		if err == nil || ctx.Err() != nil {
			return t, err
		}
		sleep(ctx, 200*time.Millisecond)
	}
}

func (g *group) readTruthOnce(ctx context.Context) (*truth, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, g.w.postgres.URL)
	if err != nil {
		return nil, err
	}
	defer c.Close(context.Background()) //nolint:errcheck // it was only read
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.Background()) //nolint:errcheck // it was only read
	t := &truth{rev: map[string]int64{}, changes: map[string][]change{}, operations: map[string]map[string]opRow{}, views: map[string]map[string]pairRow{}}
	for _, u := range g.users {
		t.operations[u], t.views[u] = map[string]opRow{}, map[string]pairRow{}
	}
	if err := t.readChanges(ctx, tx, g.users); err != nil {
		return nil, err
	}
	if err := t.readOperations(ctx, tx, g.users); err != nil {
		return nil, err
	}
	return t, t.readPairs(ctx, tx, g.users)
}

func each(ctx context.Context, tx pgx.Tx, query string, users []string, scan func(pgx.Rows) error) error {
	rows, err := tx.Query(ctx, query, users)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// note is how the database writes a relation.
type note struct {
	Other      string                 `json:"other"`
	State      protocol.RelationState `json:"state"`
	Invitation *struct {
		ID string `json:"id"`
	} `json:"invitation"`
}

func (n note) invitation() string {
	if n.Invitation == nil {
		return ""
	}
	return n.Invitation.ID
}

func (t *truth) readChanges(ctx context.Context, tx pgx.Tx, users []string) error {
	err := each(ctx, tx, `SELECT id, rev FROM users WHERE id = ANY($1)`, users, func(r pgx.Rows) error {
		var id string
		var rev int64
		err := r.Scan(&id, &rev)
		t.rev[id] = rev
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, tx, `SELECT user_id, rev, kind, body, pg_xact_commit_timestamp(xmin) FROM changes WHERE user_id = ANY($1) ORDER BY user_id, rev`, users, func(r pgx.Rows) error {
		var user, kind, body string
		var c change
		if err := r.Scan(&user, &c.rev, &kind, &body, &c.at); err != nil {
			return err
		}
		if kind == "settings" {
			err := json.Unmarshal([]byte(body), &c.settings)
			t.changes[user] = append(t.changes[user], c)
			return err
		}
		var b struct {
			Relation     note
			InvitationID string `json:"invitation_id"`
			Cause        protocol.Cause
			Notify       bool
			Unseen       int
		}
		if err := json.Unmarshal([]byte(body), &b); err != nil {
			return err
		}
		c.other, c.state, c.invitation, c.id, c.cause, c.notify, c.unseen = b.Relation.Other, b.Relation.State, b.Relation.invitation(), b.InvitationID, b.Cause, b.Notify, b.Unseen
		t.changes[user] = append(t.changes[user], c)
		return nil
	})
}

func (t *truth) readOperations(ctx context.Context, tx pgx.Tx, users []string) error {
	return each(ctx, tx, `SELECT user_id, op_id, method, result FROM operations WHERE user_id = ANY($1)`, users, func(r pgx.Rows) error {
		var user, id, method, result string
		if err := r.Scan(&user, &id, &method, &result); err != nil {
			return err
		}
		var b struct {
			Relation  note
			Unchanged bool
			manyRow
		}
		if err := json.Unmarshal([]byte(result), &b); err != nil {
			return err
		}
		t.operations[user][id] = opRow{protocol.Method(method), b.Relation.State, b.Relation.invitation(), b.Relation.Other, b.Unchanged, b.manyRow}
		return nil
	})
}

// states are the numbers of pairs.lo_view and hi_view.
var states = []protocol.RelationState{protocol.RelationNone, protocol.RelationSent, protocol.RelationReceived, protocol.RelationConnected, protocol.RelationBlocked}

func (t *truth) readPairs(ctx context.Context, tx pgx.Tx, users []string) error {
	return each(ctx, tx, `SELECT lo, hi, lo_view, lo_invitation, hi_view, hi_invitation FROM pairs WHERE lo = ANY($1)`, users, func(r pgx.Rows) error {
		var lo, hi, loID, hiID string
		var loView, hiView int
		if err := r.Scan(&lo, &hi, &loView, &loID, &hiView, &hiID); err != nil {
			return err
		}
		t.views[lo][hi] = pairRow{states[loView], loID}
		if t.views[hi] == nil {
			return fmt.Errorf("%s has to do with %s, who is of another group", lo, hi)
		}
		t.views[hi][lo] = pairRow{states[hiView], hiID}
		return nil
	})
}
