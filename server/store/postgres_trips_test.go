package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store/testservice"
	"foyer/session"
)

// trips counts how often a store waits for its PostgreSQL: each Sync and each simple query on the wire between them.
type trips struct{ count atomic.Int64 }

func (c *trips) relay(client, server net.Conn) {
	go func() { _, _ = io.Copy(client, server) }()
	head := make([]byte, 5)
	started := false
	for {
		size := 4 // the first message has no type
		if started {
			size = 5
		}
		if _, err := io.ReadFull(client, head[5-size:]); err != nil {
			return
		}
		if started && (head[0] == 'S' || head[0] == 'Q') {
			c.count.Add(1)
		}
		started = true
		message := make([]byte, size-4+int(binary.BigEndian.Uint32(head[1:])))
		copy(message, head[5-size:])
		if _, err := io.ReadFull(client, message[size:]); err != nil {
			return
		}
		if _, err := server.Write(message); err != nil {
			return
		}
	}
}

// TestRoundTripsToPostgreSQL keeps what people wait for from growing: over a network each of these is a wait, and while
// a transaction waits, it holds locks.
func TestRoundTripsToPostgreSQL(t *testing.T) {
	var c trips
	// One connection for writing: others would have their statements to prepare.
	s := open(t, between(t, testservice.PostgreSQL(t), c.relay)+"&pool_max_conns=4")
	config := invitation.DefaultConfig()
	config.PairGap, config.PairMax, config.PerMinute, config.PerDay = 0, 1000, 1000, 1000
	pairs := invitation.New(s.Invitations(), config, invitation.Options{})
	users := directory.New(s.Directory(), s.now)
	for _, id := range []string{"ada", "ben"} {
		_, _, err := users.Upsert(t.Context(), directory.Claims{Subject: id, Name: id})
		require.NoError(t, err)
	}
	ada, ben := invitation.Call{UserID: "ada"}, invitation.Call{UserID: "ben"}
	op := 0
	named := func(call func(invitation.Call) func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			op++
			return call(invitation.Call{UserID: "ada", OpID: strconv.Itoa(op)})(ctx)
		}
	}
	var id string
	send := func(by invitation.Call) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			r, _, err := pairs.Send(ctx, by, protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
			if err == nil {
				id = r.Invitation.ID
			}
			return err
		}
	}
	sent := func(t *testing.T) { require.NoError(t, send(ada)(t.Context())) }
	connected := func(t *testing.T) {
		sent(t)
		_, _, err := pairs.Accept(t.Context(), ben, id)
		require.NoError(t, err)
	}
	nothing := func(*testing.T) {}
	after := func(undo ...func(context.Context) error) func(*testing.T) {
		return func(t *testing.T) {
			for _, f := range undo {
				require.NoError(t, f(t.Context()))
			}
		}
	}
	withdraw := func(by invitation.Call) func(context.Context) error {
		return func(ctx context.Context) error {
			_, _, err := pairs.Withdraw(ctx, by, protocol.InvitationWithdrawParams{InvitationID: id})
			return err
		}
	}
	remove := func(ctx context.Context) error {
		_, _, err := pairs.Remove(ctx, ada, "ben")
		return err
	}
	forgive := func(ctx context.Context) error { // what was declined is suppressed and open still
		_, _, err := pairs.UndoDecline(ctx, ben, id)
		return err
	}
	for _, row := range []struct {
		name   string
		trips  int64
		before func(t *testing.T)
		call   func(ctx context.Context) error
		after  func(t *testing.T)
	}{
		{"send", 2, nothing, send(ada), after(withdraw(ada))},
		{"send with op_id", 3, nothing, named(send), after(withdraw(ada))},
		{"withdraw", 2, sent, withdraw(ada), nothing},
		{"withdraw with op_id", 3, sent, named(withdraw), nothing},
		{"withdraw by person", 2, sent, func(ctx context.Context) error {
			_, _, err := pairs.Withdraw(ctx, ada, protocol.InvitationWithdrawParams{UserID: "ben"})
			return err
		}, nothing},
		{"accept", 3, sent, func(ctx context.Context) error {
			_, _, err := pairs.Accept(ctx, ben, id)
			return err
		}, after(remove)},
		{"decline", 2, sent, func(ctx context.Context) error {
			_, _, err := pairs.Decline(ctx, ben, protocol.InvitationDeclineParams{InvitationID: id})
			return err
		}, after(forgive, withdraw(ada))},
		{"remove", 2, connected, remove, nothing},
		{"a hello that brings nothing new", 2, nothing, func(ctx context.Context) error {
			_, _, err := users.Upsert(ctx, directory.Claims{Subject: "ada", Name: "ada"})
			return err
		}, nothing},
		{"blocks", 2, nothing, func(ctx context.Context) error {
			_, err := pairs.Blocks(ctx, "ada")
			return err
		}, nothing},
		{"connections and blocks", 2, nothing, func(ctx context.Context) error {
			_, err := pairs.Circle(ctx, "ada")
			return err
		}, nothing},
		{"log and badge", 2, nothing, func(ctx context.Context) error {
			_, err := s.Log(ctx, "ada", 0)
			return err
		}, nothing},
		{"a hello of somebody new", 4, nothing, func(ctx context.Context) error {
			op++
			_, _, err := users.Upsert(ctx, directory.Claims{Subject: fmt.Sprint("new", op), Name: "New"})
			return err
		}, nothing},
		{"create a session", 3, nothing, func(ctx context.Context) error {
			op++
			r := session.Record{ID: fmt.Sprint("s", op), Visibility: protocol.VisibilityPublic, Capacity: 1, Creator: "ada", Metadata: []byte("{}"), CreatedAt: 1}
			_, err := s.Sessions().Create(ctx, r, session.Operation{UserID: "ada", OpID: r.ID}, 1000)
			return err
		}, nothing},
		{"look a session up", 2, nothing, func(ctx context.Context) error {
			_, _, err := s.Sessions().Lookup(ctx, "s", "ada")
			return err
		}, nothing},
		{"stay", 2, nothing, func(ctx context.Context) error {
			return s.Sessions().OpenStay(ctx, session.Stay{SessionID: "s", UserID: "ada", From: 1})
		}, nothing},
	} {
		var got int64
		for range 3 { // the first time, statements are prepared
			row.before(t)
			s.rest(t)
			from := c.count.Load()
			require.NoError(t, row.call(t.Context()), row.name)
			s.rest(t)
			got = c.count.Load() - from
			row.after(t)
		}
		require.Equal(t, row.trips, got, row.name)
	}
}

// rest waits until nobody uses the database any more.
func (s *Store) rest(t *testing.T) {
	p, ok := s.engine.(*postgres)
	require.True(t, ok)
	for _, places := range []chan struct{}{p.writers, p.readers} {
		for range cap(places) {
			places <- struct{}{}
		}
		for range cap(places) {
			<-places
		}
	}
}
