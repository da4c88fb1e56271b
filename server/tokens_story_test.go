package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestADeviceEndsWithItsTokenUnlessThatIsRefreshed(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		short := func(user string) string { return tokenFor(t, claims(user), 5*time.Minute) }
		ada, ben := w.arrives("ada", with(short("ada"))), w.arrives("ben", with(short("ben")))
		pass(4*time.Minute + second)
		for _, d := range []*device{ada, ben} {
			f := d.told()
			require.Len(t, f, 1)
			require.Equal(t, "token.expiring", f[0].Method)
			ends := into[protocol.TokenExpiring](f[0].Params).ExpiresAt.Time
			require.WithinDuration(t, time.Now().Add(59*second), ends, second)
		}
		ada.refused(protocol.TokenInvalid, "token.refresh", obj{"token": short("ben")})
		ada.refused(protocol.TokenInvalid, "token.refresh", obj{"token": "nonsense"})
		var r protocol.TokenRefreshResult
		ada.ok("token.refresh", obj{"token": short("ada")}, &r)
		require.WithinDuration(t, time.Now().Add(5*time.Minute), r.ExpiresAt.Time, second)
		pass(time.Minute)
		require.Zero(t, ben.closeCode(), "a minute of leeway")
		pass(time.Minute)
		require.Equal(t, 4401, ben.closeCode())
		require.Zero(t, ada.closeCode())
		late := w.dial()
		expired := tokenFor(t, claims("ada"), -2*time.Minute)
		late.refused(protocol.TokenExpired, "hello", late.greeting("ada", with(expired)))
		require.Equal(t, 4401, late.closeCode())
	})
}

// TestATokenIsRefreshedThoughTheDatabaseIsAway: nothing has to be stored for it.
func TestATokenIsRefreshedThoughTheDatabaseIsAway(t *testing.T) {
	story(t, nil, func(w *world) {
		short := tokenFor(t, claims("ada"), time.Minute)
		ada := w.arrives("ada", with(short))
		end := w.nodes[0].app.Server().DirectoryUnreachable()
		other := claims("ada")
		other.Name = "Countess"
		ada.refused(protocol.Unavailable, "token.refresh", obj{"token": token(t, other)})
		ada.ok("token.refresh", obj{"token": tokenFor(t, claims("ada"), time.Hour)}, nil)
		end()
		pass(5 * time.Minute)
		require.Zero(t, ada.closeCode())
	})
}

func TestARefreshedTokensFeaturesAndAddressHold(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.ok("token.refresh", obj{"token": token(t, withFeatures("ada", "email"))}, nil)
		ada.refused(protocol.FeatureUnavailable, "invitation.withdraw_many", obj{"all": true})
		ada.ok("invitation.send", obj{"to": obj{"email": "Ben@Work.example"}}, nil)
		ben.silent()
		c := claims("ben")
		c.Email = "ben@work.EXAMPLE"
		ben.ok("token.refresh", obj{"token": token(t, c)}, nil)
		require.Len(t, ben.lists("received", "").Invitations, 1)
		require.Contains(t, last(ben.summary()), "ada invitation_received cause=received notify=true unseen=1")
	})
}

func TestASuspendedUserIsSentAway(t *testing.T) {
	story(t, nil, func(w *world) {
		w.arrives("ada").hangUp()
		suspend(t, w, "ada")
		d := w.dial()
		require.NotNil(t, d.call("hello", d.greeting("ada")).Error)
		require.Equal(t, 4403, d.closeCode())
	})
}
