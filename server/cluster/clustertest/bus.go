// Package clustertest is what every Bus and every Devices must do, whatever they are made of. Each implementation's
// test calls it.
package clustertest

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
)

// inbox collects what a node receives.
type inbox struct {
	mu   sync.Mutex
	got  []*cluster.Message // guarded by mu
	news chan struct{}
}

func listen(b cluster.Bus) *inbox {
	in := &inbox{news: make(chan struct{}, 1<<16)}
	b.Receive(func(_ cluster.Topic, m *cluster.Message) {
		in.mu.Lock()
		in.got = append(in.got, m)
		in.mu.Unlock()
		in.news <- struct{}{}
	})
	return in
}

// take waits for n messages and returns them.
func (in *inbox) take(t testing.TB, n int) []*cluster.Message {
	deadline := time.After(10 * time.Second)
	for range n {
		select {
		case <-in.news:
		case <-deadline:
			require.FailNow(t, "messages missing")
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	got := in.got
	in.got = nil
	require.Len(t, got, n)
	return got
}

// await takes all until a message about the user has come.
func (in *inbox) await(t testing.TB, user string) {
	require.Eventually(t, func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return slices.ContainsFunc(in.got, func(m *cluster.Message) bool { return m.User == user })
	}, 30*time.Second, time.Millisecond)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.got = nil
}

// empty asserts that nothing came but what was taken, once a message to a topic of its own has come round.
func (in *inbox) empty(t testing.TB, b cluster.Bus) {
	fence := cluster.UserTopic("fence")
	require.NoError(t, b.Subscribe(t.Context(), fence))
	b.Publish(fence, &cluster.Message{Kind: cluster.KindPush, User: "fence"})
	require.Equal(t, "fence", in.take(t, 1)[0].User)
	b.Unsubscribe(fence)
}

// Ends are the ends of two nodes on one new Bus. Lost reports whether the Bus says that it lost something, as it may on a
// machine that does not get to its work for a second; nil if it can't.
type Ends struct {
	One, Two cluster.Bus
	Lost     func() bool
}

// attempt is a test that may be made once more.
type attempt struct {
	testing.TB
	failures []string
}

func (a *attempt) Errorf(format string, args ...any) {
	a.failures = append(a.failures, fmt.Sprintf(format, args...))
}

func (a *attempt) FailNow() { runtime.Goexit() }

// try runs test, and again if it failed and the Bus says that it lost something.
func try(t *testing.T, open func(t *testing.T) Ends, test func(t testing.TB, one, two cluster.Bus)) {
	for more := 4; ; more-- {
		a, ends, done := &attempt{TB: t}, open(t), make(chan struct{})
		go func() {
			defer close(done)
			test(a, ends.One, ends.Two)
		}()
		<-done
		if len(a.failures) == 0 {
			return
		}
		if more == 0 || ends.Lost == nil || !ends.Lost() {
			require.FailNow(t, strings.Join(a.failures, "\n"))
		}
	}
}

// Bus runs the suite.
func Bus(t *testing.T, open func(t *testing.T) Ends) {
	for name, test := range map[string]func(t testing.TB, one, two cluster.Bus){
		"reaches every node with an interest, the publisher's too": reaches,
		"reaches nobody else":                    reachesNobodyElse,
		"keeps a publisher's order":              keepsOrder,
		"counts interests":                       countsInterests,
		"delivers from the confirmation on":      confirmed,
		"carries a message whole":                carriesWhole,
		"bears publishing from many at once":     manyAtOnce,
		"takes any user's id as part of a topic": anyID,
		"knows what somebody wants":              wanted,
	} {
		t.Run(name, func(t *testing.T) { try(t, open, test) })
	}
}

func reaches(t testing.TB, one, two cluster.Bus) {
	a, b := listen(one), listen(two)
	topic := cluster.UserTopic("ada")
	require.NoError(t, one.Subscribe(t.Context(), topic))
	require.NoError(t, two.Subscribe(t.Context(), topic))
	one.Publish(topic, &cluster.Message{Kind: cluster.KindPush, User: "ada"})
	require.Equal(t, "ada", a.take(t, 1)[0].User)
	require.Equal(t, "ada", b.take(t, 1)[0].User)
}

func wanted(t testing.TB, one, two cluster.Bus) {
	listen(one)
	listen(two)
	topic := cluster.PersonTopic("ada")
	require.NoError(t, two.Subscribe(t.Context(), topic))
	require.True(t, one.Wanted(topic), "on another node")
	require.True(t, two.Wanted(topic))
	require.NoError(t, two.Subscribe(t.Context(), topic))
	two.Unsubscribe(topic)
	require.True(t, one.Wanted(topic), "once still")
}

func reachesNobodyElse(t testing.TB, one, two cluster.Bus) {
	a, b := listen(one), listen(two)
	require.NoError(t, one.Subscribe(t.Context(), cluster.UserTopic("ada")))
	require.NoError(t, two.Subscribe(t.Context(), cluster.SessionTopic("ada")))
	two.Publish(cluster.UserTopic("ada"), &cluster.Message{Kind: cluster.KindPush})
	two.Publish(cluster.PersonTopic("ada"), &cluster.Message{Kind: cluster.KindTouched})
	a.take(t, 1)
	a.empty(t, one)
	b.empty(t, two)
}

func keepsOrder(t testing.TB, one, two cluster.Bus) {
	listen(one)
	b := listen(two)
	topic := cluster.SessionTopic("lobby")
	require.NoError(t, two.Subscribe(t.Context(), topic))
	for i := range int64(1000) {
		one.Publish(topic, &cluster.Message{Kind: cluster.KindRoster, Version: i})
	}
	for i, m := range b.take(t, 1000) {
		require.Equal(t, int64(i), m.Version)
	}
}

func countsInterests(t testing.TB, one, two cluster.Bus) {
	a := listen(one)
	listen(two)
	topic := cluster.UserTopic("ada")
	require.NoError(t, one.Subscribe(t.Context(), topic))
	require.NoError(t, one.Subscribe(t.Context(), topic))
	one.Unsubscribe(topic)
	two.Publish(topic, &cluster.Message{Kind: cluster.KindPush})
	a.take(t, 1)
	one.Unsubscribe(topic)
	two.Publish(topic, &cluster.Message{Kind: cluster.KindPush})
	a.empty(t, one)
	require.NoError(t, one.Subscribe(t.Context(), topic))
	two.Publish(topic, &cluster.Message{Kind: cluster.KindPush, User: "ada"})
	a.await(t, "ada") // what was published before may still have been on its way, and come too
}

func confirmed(t testing.TB, one, two cluster.Bus) {
	a := listen(one)
	listen(two)
	for i := range 200 {
		topic := cluster.UserTopic(strconv.Itoa(i))
		require.NoError(t, one.Subscribe(t.Context(), topic))
		two.Publish(topic, &cluster.Message{Kind: cluster.KindPush})
	}
	a.take(t, 200)
}

func carriesWhole(t testing.TB, one, two cluster.Bus) {
	listen(one)
	b := listen(two)
	topic := cluster.UserTopic("ada")
	require.NoError(t, two.Subscribe(t.Context(), topic))
	m := &cluster.Message{
		Kind: cluster.KindChange, User: "ada", Other: "ben", On: true, Rev: 1 << 52, Version: 7, Session: "s", Device: "d",
		Devices: []string{"x", "y"}, Except: "z", Users: []string{"ü"}, Numbers: []uint16{1, 65535}, Left: []uint16{2},
		Reason: "moved", Close: 4410, Incarnation: "i", Frame: []byte(`{"a":"<&>\u2028"}`), Presence: []byte(`{}`), States: [][]byte{{2, 0, 0xff}, {3}},
	}
	one.Publish(topic, m)
	require.Equal(t, m, b.take(t, 1)[0])
}

func manyAtOnce(t testing.TB, one, two cluster.Bus) {
	a := listen(one)
	listen(two)
	topic := cluster.UserTopic("ada")
	require.NoError(t, one.Subscribe(t.Context(), topic))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				two.Publish(topic, &cluster.Message{Kind: cluster.KindPush})
			}
		})
	}
	wg.Wait()
	a.take(t, 1000)
}

func anyID(t testing.TB, one, two cluster.Bus) {
	a := listen(one)
	listen(two)
	for _, id := range []string{"", " ", "*", "a*b", "{x}", "u:ada", "ünï", "a\nb", "[a-z]"} {
		topic := cluster.UserTopic(id)
		require.NoError(t, one.Subscribe(t.Context(), topic))
		two.Publish(topic, &cluster.Message{Kind: cluster.KindPush, User: id})
		require.Equal(t, id, a.take(t, 1)[0].User)
		one.Unsubscribe(topic)
	}
}
