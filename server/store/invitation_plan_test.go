package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
)

// everyCall calls each of the invitation room's methods, so that each of its statements has been prepared.
func everyCall(t *testing.T, s *Store) {
	t.Helper()
	for _, id := range []string{"ada", "ben", "eve"} {
		require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
			_, err := tx.exec(`INSERT INTO users (id, email, email_key, email_verified, phone, phone_key, phone_verified, invitable_by)
				VALUES ($1, $2, $2, 1, '+4930123', '+4930123', 1, 'shared_session')`, id, id+"@example.org")
			return err
		}))
	}
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO sessions (id, name, name_key, visibility, capacity, locked, password_hash, persistent, metadata, tick_hz, created_at, creator, heir, rules_rev)
			VALUES ('s', '', '', 'public', 1, 0, '', 1, '{}', 20, 0, '', 0, 0)`)
		if err == nil {
			_, err = tx.exec(`INSERT INTO stays (session_id, user_id, from_at) VALUES ('s', 'ada', 1), ('s', 'ben', 1)`)
		}
		return err
	}))
	room := invitation.New(s.Invitations(), invitation.DefaultConfig(), invitation.Options{})
	ctx, ada, ben, eve := t.Context(), invitation.Call{UserID: "ada", OpID: "op"}, invitation.Call{UserID: "ben"}, invitation.Call{UserID: "eve"}
	sent, _, err := room.Send(ctx, ada, protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, SessionID: "s"})
	require.NoError(t, err)
	id := sent.Invitation.ID
	var errs []error
	did := func(_ any, _ invitation.Effects, err error) { errs = append(errs, err) }
	read := func(_ any, err error) { errs = append(errs, err) }
	send := func(to protocol.To) func() (any, invitation.Effects, error) {
		return func() (any, invitation.Effects, error) {
			return room.Send(ctx, eve, protocol.InvitationSendParams{To: to})
		}
	}
	did(send(protocol.To{Email: "ben@example.org"})())
	did(send(protocol.To{Phone: "+49 30 999"})())
	read(room.ClaimAddress(ctx, invitation.TargetEmail("ben@example.org")))
	read(room.ClaimAddress(ctx, invitation.TargetPhone("+4930999")))
	read(room.ClaimAddresses(ctx, "ben"))
	did(room.Decline(ctx, ben, protocol.InvitationDeclineParams{InvitationID: id, Block: true}))
	did(room.Unblock(ctx, ben, "ada"))
	did(room.UndoDecline(ctx, ben, id))
	did(room.MarkSeen(ctx, ben, nil))
	for _, box := range []protocol.Direction{protocol.Sent, protocol.Received} {
		for _, state := range []protocol.ListState{protocol.ListPending, protocol.ListDeclined, protocol.ListHistory} {
			read(room.List(ctx, "ben", protocol.InvitationListParams{Box: box, State: state}))
		}
	}
	read(room.Standing(ctx, "ben", "ada"))
	read(room.Standing(ctx, "ada", "eve"))
	read(room.RelationList(ctx, "ben", protocol.Page{}))
	read(room.RelationToAddress(ctx, "eve", "ben@example.org"))
	did(room.Accept(ctx, ben, id))
	read(room.Connections(ctx, "ben", invitation.ConnectionQuery{}))
	read(room.ConnectionIDs(ctx, "ben"))
	read(room.Blocks(ctx, "ben"))
	read(room.Relations(ctx, "ben", []string{"ada", "eve"}))
	did(room.WithdrawMany(ctx, eve, protocol.InvitationWithdrawManyParams{All: true}))
	did(room.WithdrawAllOnBehalf(ctx, invitation.Support{By: "kim"}, "eve"))
	_, _, err = room.ExpireDue(ctx, 10)
	errs = append(errs, err)
	read(room.Purge(ctx, 10))
	require.NoError(t, errors.Join(errs...))
	_, _, err = room.Send(ctx, eve, protocol.InvitationSendParams{To: protocol.To{Username: "nobody"}})
	require.ErrorIs(t, err, protocol.Refuse(protocol.UserNotFound))
}

// TestPairsReadIndexesAndNothingElse looks at the plan of each statement that the room runs.
func TestPairsReadIndexesAndNothingElse(t *testing.T) {
	s, err := Open(context.Background(), "sqlite::memory:", Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	everyCall(t, s)
	place := regexp.MustCompile(`\$(\d+)`)
	looked := 0
	for _, query := range slices.Sorted(maps.Keys(s.engine.(*sqlite).writer.conn.stmts)) {
		if !strings.Contains(query, "invitations") && !strings.Contains(query, "pairs") {
			continue
		}
		var args []any
		for _, m := range place.FindAllStringSubmatch(query, -1) {
			var n int
			_, err := fmt.Sscan(m[1], &n)
			require.NoError(t, err)
			for len(args) < n {
				args = append(args, 1)
			}
		}
		looked++
		for step := range strings.Lines(plan(t, s, query, args...)) {
			derived := strings.Contains(step, "SCAN c") || strings.Contains(step, "SCAN CONSTANT")
			require.False(t, strings.HasPrefix(step, "SCAN") && !derived, "%s\n%s", query, step)
		}
	}
	require.Greater(t, looked, 30)
}
