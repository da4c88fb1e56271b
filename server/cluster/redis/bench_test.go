package redis

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
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

// BenchmarkBus is a presence from one node to the receivers of so many others, and what it costs where nobody wants it.
func BenchmarkBus(b *testing.B) {
	server := redistest.Start(b)
	for _, others := range []int{0, 1, 3} {
		b.Run(fmt.Sprintf("nodes=%d", others), func(b *testing.B) {
			prefix, topic := newPrefix(), cluster.PersonTopic("ben")
			came := make(chan struct{}, 1024)
			node := func() *Bus {
				c, err := Open(server.URL, Options{Prefix: prefix})
				require.NoError(b, err)
				bus := NewBus(c, nil)
				b.Cleanup(func() {
					bus.Close()
					require.NoError(b, c.Close())
				})
				bus.Receive(func(cluster.Topic, *cluster.Message) { came <- struct{}{} })
				return bus
			}
			from := node()
			for range others {
				require.NoError(b, node().Subscribe(b.Context(), topic))
			}
			m := &cluster.Message{Kind: cluster.KindPresence, User: "ben", Presence: []byte(`{"status":"online","devices":["headset"]}`)}
			b.ReportAllocs()
			for b.Loop() {
				from.Publish(topic, m)
				for range others {
					<-came
				}
			}
		})
	}
}
