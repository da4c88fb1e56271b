package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/client"
	"foyer/protocol"
	"foyer/server/cluster/redis/redistest"
	"foyer/server/store/testservice"
)

// TestTwoInstallationsOnOneRedisHearNothingOfEachOther has a Ben on each: what is told to the one is no news for the other.
func TestTwoInstallationsOnOneRedisHearNothingOfEachOther(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	one, other := newNode(t, testservice.PostgreSQL(t), "node", redis.URL), newNode(t, testservice.PostgreSQL(t), "node", redis.URL)
	ada, ben, stranger := one.guest("ada", nil), one.guest("ben", nil), other.guest("ben", nil)
	_, err := ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
	require.NoError(t, err)
	ben.told(t, protocol.RelationReceived, "ada")
	hidden := false
	_, err = stranger.UpdateSettings(t.Context(), protocol.SettingsUpdateParams{FindableByName: &hidden})
	require.NoError(t, err)
	first := await(stranger, "anything", func(e client.Event) bool {
		switch e.(type) {
		case *protocol.RelationChanged, *protocol.SettingsChanged:
			return true
		}
		return false
	})
	require.IsType(t, &protocol.SettingsChanged{}, first)
}
