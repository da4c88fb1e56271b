package invitation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
)

// TestAMistakeInOneOfManyEndsTheRequestAlone: it happens on a goroutine of its own.
func TestAMistakeInOneOfManyEndsTheRequestAlone(t *testing.T) {
	r := newRoom(t)
	ids := []string{r.invite("ada", "ben"), r.invite("ada", "eve")}
	u := &unsteady{Store: r.store.Invitations()}
	r.Service = invitation.New(u, invitation.DefaultConfig(), invitation.Options{Now: r.clock})
	by, asked := invitation.Call{UserID: "ada"}, protocol.InvitationWithdrawManyParams{InvitationIDs: ids}
	u.fails = func(n int64) bool {
		if n == 2 {
			panic("mistake")
		}
		return false
	}
	_, _, err := r.WithdrawMany(t.Context(), by, asked)
	require.ErrorContains(t, err, "panic: mistake")
	u.fails = func(int64) bool { return false }
	out, _, err := r.WithdrawMany(t.Context(), by, asked)
	require.NoError(t, err)
	require.Equal(t, ids, out.Withdrawn)
}
