package redis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
	"foyer/session"
)

func TestWhicheverNodeFillsAnEmptyRedisFirstADeviceHangsWhereItCameLast(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, oldFirst := range map[string]bool{"the old node first": true, "the new node first": false} {
		t.Run(name, func(t *testing.T) {
			prefix := newPrefix()
			one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
			one.halt(t)
			two.halt(t)
			one.bring(t, "ada")
			got, err := two.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), WantID: "ada-d", Device: cluster.Device{ID: "x", UserID: "ada", Kind: protocol.KindBot, Node: two.ID(), Incarnation: "new"}})
			require.NoError(t, err)
			require.True(t, got.Resumed)
			_, err = two.r.Attach(t.Context(), "ada", session.Device{ID: "ada-d", Kind: protocol.KindBot, Node: two.ID(), Link: "new", Connected: true})
			require.NoError(t, err)
			mine, err := one.d.Drop(t.Context(), cluster.Device{ID: "ada-d", UserID: "ada", Incarnation: "ada"}, time.Now().Add(time.Minute))
			require.NoError(t, err)
			require.False(t, mine, "the old socket ends after the new one came")
			one.ended.Store(true)

			keys, err := one.c.rdb.Keys(t.Context(), prefix+"*").Result()
			require.NoError(t, err)
			require.NoError(t, one.c.rdb.Del(t.Context(), keys...).Err())
			order := []*member{two, one}
			if oldFirst {
				order = []*member{one, two}
			}
			for _, m := range order {
				require.True(t, m.Check(t.Context()))
			}
			for _, m := range order {
				m.audit(t.Context())
			}
			of, err := one.d.Of(t.Context(), "ada")
			require.NoError(t, err)
			require.Len(t, of["ada"].Devices, 1)
			require.Equal(t, "new", of["ada"].Devices[0].Incarnation)
			require.True(t, of["ada"].Devices[0].Connected)
			s, err := one.r.Roster(t.Context(), "s")
			require.NoError(t, err)
			require.Equal(t, "new", s.Members[0].Devices[0].Link)
			require.True(t, s.Members[0].Connected())
		})
	}
}
