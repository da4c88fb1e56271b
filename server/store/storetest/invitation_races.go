package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store"
)

// service returns the room's Service on this store. Without limits, unless tune sets some.
func (p *pairs) service(tune func(*invitation.Config)) *invitation.Service {
	c := invitation.Config{Expiry: time.Hour, Suppression: time.Hour}
	if tune != nil {
		tune(&c)
	}
	return invitation.New(p.Store, c, invitation.Options{})
}

// atOnce runs acts together and returns their refusals, "" for a success. Any other error ends the test.
func atOnce(t *testing.T, acts ...func(ctx context.Context) error) []protocol.Reason {
	t.Helper()
	refusals, errs := make([]protocol.Reason, len(acts)), make([]error, len(acts))
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i, act := range acts {
		wg.Go(func() {
			<-begin
			err := act(context.Background())
			var refusal *protocol.Error
			if errors.As(err, &refusal) && refusal.Reason() != protocol.Unavailable {
				refusals[i] = refusal.Reason()
				return
			}
			errs[i] = err
		})
	}
	close(begin)
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	return refusals
}

func invite(s *invitation.Service, by, to string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := s.Send(ctx, invitation.Call{UserID: by}, protocol.InvitationSendParams{To: protocol.To{UserID: to}})
		return err
	}
}

func withdraw(s *invitation.Service, by, from string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := s.Withdraw(ctx, invitation.Call{UserID: by}, protocol.InvitationWithdrawParams{UserID: from})
		return err
	}
}

func remove(s *invitation.Service, by, other string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := s.Remove(ctx, invitation.Call{UserID: by}, other)
		return err
	}
}

func crossedAtOnce(t *testing.T, p *pairs) {
	s := p.service(nil)
	for range 30 {
		require.Equal(t, []protocol.Reason{"", ""}, atOnce(t, invite(s, "ada", "ben"), invite(s, "ben", "ada")))
		for _, pair := range [][2]string{{"ada", "ben"}, {"ben", "ada"}} {
			r, err := s.Relation(t.Context(), pair[0], pair[1])
			require.NoError(t, err)
			require.Equal(t, protocol.RelationConnected, r.State)
		}
		require.Equal(t, []protocol.Reason{""}, atOnce(t, remove(s, "ada", "ben")))
	}
}

func acceptAndWithdraw(t *testing.T, p *pairs) {
	s := p.service(nil)
	for range 50 {
		out, _, err := s.Send(t.Context(), invitation.Call{UserID: "ada"}, protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
		require.NoError(t, err)
		refusals := atOnce(t, func(ctx context.Context) error {
			_, _, err := s.Accept(ctx, invitation.Call{UserID: "ben"}, out.Invitation.ID)
			return err
		}, withdraw(s, "ada", "ben"))
		require.Contains(t, [][]protocol.Reason{{"", protocol.InvitationAlreadyAccepted}, {protocol.InvitationNotPending, ""}}, refusals)
		require.Equal(t, []protocol.Reason{""}, atOnce(t, remove(s, "ada", "ben")))
	}
}

func limitsAtOnce(t *testing.T, p *pairs) {
	s := p.service(func(c *invitation.Config) { c.Outstanding, c.PerDay = 5, 7 })
	var acts []func(context.Context) error
	for i := range 12 {
		id := fmt.Sprintf("u%02d", i)
		p.users(id)
		acts = append(acts, invite(s, "ada", id))
	}
	sent := func(reasons []protocol.Reason) (n int) {
		for _, r := range reasons {
			if r == "" {
				n++
			}
		}
		return n
	}
	require.Equal(t, 5, sent(atOnce(t, acts...)))
	_, _, err := s.WithdrawMany(t.Context(), invitation.Call{UserID: "ada"}, protocol.InvitationWithdrawManyParams{All: true})
	require.NoError(t, err)
	require.Equal(t, 2, sent(atOnce(t, acts...)))
}

func addressAtOnce(t *testing.T, p *pairs) {
	s := p.service(nil)
	send := func(ctx context.Context) error {
		_, _, err := s.Send(ctx, invitation.Call{UserID: "ada"}, protocol.InvitationSendParams{To: protocol.To{Email: "ben@example.org"}})
		return err
	}
	claim := func(ctx context.Context) error {
		_, err := s.ClaimAddresses(ctx, "ben")
		return err
	}
	require.Equal(t, make([]protocol.Reason, 8), atOnce(t, send, send, claim, send, claim, send, invite(s, "ada", "ben"), claim))
	require.Equal(t, []protocol.Reason{""}, atOnce(t, claim))
	list, err := s.List(t.Context(), "ada", protocol.InvitationListParams{Box: protocol.Sent})
	require.NoError(t, err)
	require.Equal(t, 2, list.Total)
	list, err = s.List(t.Context(), "ben", protocol.InvitationListParams{Box: protocol.Received})
	require.NoError(t, err)
	require.Equal(t, 1, list.Total)
	require.Equal(t, 1, list.Unseen)
}

func revisionsAtOnce(t *testing.T, p *pairs) {
	s := p.service(nil)
	var acts []func(context.Context) error
	for range 10 {
		for _, by := range []string{"ada", "ben", "eve"} {
			for _, to := range []string{"ada", "ben", "eve"} {
				if by != to {
					acts = append(acts, invite(s, by, to), withdraw(s, by, to), remove(s, by, to))
				}
			}
		}
	}
	atOnce(t, acts...)
	for _, id := range []string{"ada", "ben", "eve"} {
		require.NoError(t, p.store.View(t.Context(), func(tx *store.Tx) error {
			log, err := tx.Log(id, 0, time.Now().UnixMilli())
			require.True(t, log.Complete)
			for i, c := range log.Changes {
				require.Equal(t, int64(i+1), c.Rev)
			}
			return err
		}))
	}
}
