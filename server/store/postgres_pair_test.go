package store

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store/testservice"
)

// TestAnInvitationThatIsClaimedBeforeItsLocksAreHadComesWithoutItsPair: the owner of its address is not locked.
func TestAnInvitationThatIsClaimedBeforeItsLocksAreHadComesWithoutItsPair(t *testing.T) {
	s := open(t, testservice.PostgreSQL(t))
	addUser(t, s, "ada")
	addUser(t, s, "ben")
	pairs := s.Invitations()
	r := invitation.Record{
		Offer:  invitation.Offer{ID: "i", ByAddress: true, ExpiresAt: 1000},
		Sender: "ben", Target: invitation.TargetEmail("ada@example.org"), Address: "ada@example.org", Channel: protocol.ChannelEmail, SentAt: 1,
	}
	require.NoError(t, pairs.Update(t.Context(), func(tx invitation.Tx) error { return tx.Insert(r) }))
	claimed := r
	claimed.Recipient, claimed.From, claimed.Showing = "ada", invitation.Hi, invitation.Shown
	locked := make(chan struct{})
	var claim sync.WaitGroup
	claim.Go(func() {
		require.NoError(t, pairs.Update(t.Context(), func(tx invitation.Tx) error {
			_, err := tx.Pair("ada", "ben")
			err = errors.Join(err, tx.Save(claimed))
			close(locked)
			for waiting := 0; err == nil && waiting == 0; {
				err = tx.(invitationTx).row(`SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))`).Scan(&waiting)
			}
			return err
		}))
	})
	<-locked
	var got invitation.Record
	var both *invitation.Both
	require.NoError(t, pairs.Update(t.Context(), func(tx invitation.Tx) (err error) {
		got, _, both, err = tx.PairOf("i")
		return err
	}))
	claim.Wait()
	require.Equal(t, claimed, got)
	require.Nil(t, both)
}
