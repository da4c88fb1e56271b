package redis

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster/redis/redistest"
	"foyer/session"
)

// BenchmarkFlush is what one change in a session of so many members costs: decided on, written, published.
func BenchmarkFlush(b *testing.B) {
	server := redistest.Start(b)
	for _, members := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			c, err := Open(server.URL, Options{Prefix: newPrefix()})
			require.NoError(b, err)
			defer func() { require.NoError(b, c.Close()) }()
			r := NewRegistry(c, RegistryOptions{Message: message, RosterTick: time.Microsecond})
			defer r.Stop()
			r.self = func() string { return "one#1" }
			for i := range members {
				user := fmt.Sprintf("01234567-89ab-cdef-0123-%012d", i)
				_, err := r.Join(b.Context(), session.Join{
					SessionID: "s", User: protocol.User{ID: user, Name: "Name of " + user, Username: user}, Rules: session.Rules{Rev: 1, Capacity: members}, At: int64(i),
					Device: session.Device{ID: user, Kind: protocol.KindHeadset, Node: "one#1", Link: user, Connected: true},
				})
				require.NoError(b, err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				user := fmt.Sprintf("01234567-89ab-cdef-0123-%012d", i%members)
				_, err := r.Edit(b.Context(), session.Edit{SessionID: "s", Members: []session.MemberEdit{{UserID: user, Attributes: protocol.Attributes{"n": []byte(fmt.Sprint(i))}}}})
				require.NoError(b, err)
			}
			v, err := c.load(b.Context(), r.sessionKey("s"))
			require.NoError(b, err)
			b.ReportMetric(float64(len(v.body)), "B/value")
		})
	}
}
