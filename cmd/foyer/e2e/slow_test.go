package e2e_test

import (
	"context"
	"encoding/json"
	"flag"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"foyer/client"
	"foyer/protocol"

	"github.com/stretchr/testify/require"
)

var (
	slow      = flag.Int("slow", 200, "devices of TestSlowReadersHarmNobody, one in ten of which stops reading")
	slowPace  = flag.Int("slow-pace", 24, "messages of 4 kB a second in each session of twenty")
	slowStall = flag.Duration("slow-stall", 10*time.Second, "its --transport.stall; much less, and a busy machine is too slow a reader itself")
)

// sleeper is a network connection that can be made to read nothing more.
type sleeper struct {
	net.Conn
	asleep atomic.Bool
	awake  chan struct{}
}

// Read waits while the device sleeps; what it reads then comes late.
func (c *sleeper) Read(p []byte) (int, error) {
	if c.asleep.Load() {
		<-c.awake
	}
	return c.Conn.Read(p)
}

// listener is a device in a session where one talks.
type listener struct {
	*client.Client
	conn *sleeper // of a device that will sleep

	mu      sync.Mutex
	last    int64 // seq of the last message heard
	missing int   // messages that were not heard in their order
	online  int   // times
}

func (l *listener) happened(_ *client.Client, e client.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch v := e.(type) {
	case *protocol.SessionMessage:
		if l.last > 0 && v.Seq != l.last+1 {
			l.missing++
		}
		l.last = v.Seq
	case *client.Online:
		l.online++
	}
}

// TestSlowReadersHarmNobody has one in ten of the devices stop reading: they are closed some time (--transport.stall) after
// nothing more fits into their sockets and come back whole, the others hear everything, and what waits for the slow ones stays bounded.
func TestSlowReadersHarmNobody(t *testing.T) {
	const members = 20 // in a session
	s := newServer(t, "--transport.stall", slowStall.String(), "--limits.upgrades-per-second", "0", "--log-level", "error")
	var all, asleep []*listener
	places := make(chan struct{}, 32)
	var came sync.WaitGroup
	for i := range *slow {
		l := &listener{}
		all = append(all, l)
		o := client.Options{URL: s.url(), Token: tokens("listener-" + strconv.Itoa(i)), OnEvent: l.happened, CallTimeout: time.Minute}
		if i%10 == 9 {
			l.conn = &sleeper{awake: make(chan struct{})}
			o.NetDial = l.dial
			asleep = append(asleep, l)
		}
		came.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			l.Client, _ = client.Dial(t.Context(), o)
		})
	}
	came.Wait()
	for _, l := range all {
		require.NotNil(t, l.Client)
		t.Cleanup(l.Close)
	}
	talk, hush := context.WithCancel(t.Context())
	defer hush()
	var talking, seated sync.WaitGroup
	for first := 0; first < len(all); first += members {
		seated.Add(1)
		talking.Go(func() {
			talks(talk, t, all[first:min(first+members, len(all))], time.Second/time.Duration(*slowPace), seated.Done)
		})
	}
	seated.Wait() // who sleeps is not answered
	inviters := s.gather(10)
	work := busy(t, inviters)
	time.Sleep(2 * time.Second) //nolint:forbidigo // the load before
	before := work.lap()

	began := time.Now()
	for _, l := range asleep {
		l.conn.asleep.Store(true)
	}
	most := 0.0
	for closed := 0.0; closed < float64(len(asleep)); {
		require.Less(t, time.Since(began), 5*time.Minute, "%v of %d are closed", closed, len(asleep)) // a busy machine fills their buffers slowly
		time.Sleep(100 * time.Millisecond)                                                            //nolint:forbidigo // a look at the metrics
		all := s.metrics()
		most = max(most, all["foyer_queued_bytes"])
		closed = all[`foyer_devices_ended_total{code="4000"}`]
	}
	took := time.Since(began)
	during := work.lap()
	t.Logf("%d of %d stop reading: closed after %v, at most %.1f MB waited for them; resident %.0f MB", len(asleep), len(all), took.Round(time.Millisecond), most/1e6, s.metrics()["process_resident_memory_bytes"]/1e6)
	t.Logf("withdrawals: before %s; meanwhile %s", before, during)
	require.LessOrEqual(t, most, float64(len(asleep))*1.1*(1<<20))
	require.Empty(t, work.stop())

	for _, l := range asleep {
		close(l.conn.awake)
	}
	require.Eventually(t, func() bool {
		for _, l := range asleep {
			l.mu.Lock()
			back := l.online > 1
			l.mu.Unlock()
			if !back {
				return false
			}
		}
		return true
	}, 2*time.Minute, 50*time.Millisecond, "those who wake up come back")
	hush()
	talking.Wait()
	for i, l := range all {
		l.mu.Lock()
		if l.conn == nil && i%members > 0 { // who talks does not hear it
			require.Equal(t, 1, l.online, "who reads stays")
			require.Zero(t, l.missing, "and hears everything")
			require.Positive(t, l.last)
		}
		l.mu.Unlock()
	}
}

// dial connects with little room for what is not read.
func (l *listener) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	_ = c.(*net.TCPConn).SetReadBuffer(8 << 10)
	if l.conn.asleep.Load() {
		return c, nil // the second time
	}
	l.conn.Conn = c
	return l.conn, nil
}

// talks seats people, calls seated, and has the first one talk to the others until ctx ends.
func talks(ctx context.Context, t *testing.T, people []*listener, every time.Duration, seated func()) {
	made, err := people[0].CreateSession(ctx, protocol.SessionCreateParams{Name: "talk"})
	for _, l := range people[1:] {
		if err == nil {
			_, err = l.JoinSession(ctx, protocol.SessionJoinParams{SessionID: made.Session.ID})
		}
	}
	seated()
	if err != nil {
		t.Errorf("not seated: %v", err)
		return
	}
	data, _ := json.Marshal(strings.Repeat("x", 4000))
	for tick := time.NewTicker(every); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
			_, err := people[0].SendMessage(ctx, protocol.SessionSendParams{SessionID: made.Session.ID, Kind: "talk", Data: data})
			if err != nil && ctx.Err() == nil {
				t.Errorf("not sent: %v", err)
				return
			}
		}
	}
}

// metrics returns all of the server's, by name and labels.
func (s *server) metrics() map[string]float64 {
	s.t.Helper()
	_, page, err := s.page("/metrics")
	require.NoError(s.t, err)
	all := map[string]float64{}
	for line := range strings.Lines(page) {
		if name, text, found := strings.Cut(strings.TrimSpace(line), " "); found && name != "#" {
			all[name], _ = strconv.ParseFloat(text, 64)
		}
	}
	return all
}
