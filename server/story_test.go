package server_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"foyer/cmd/foyer/app"
	"foyer/server/auth"
	"foyer/server/config"
	"foyer/server/store"
	"foyer/server/ws/wstest"
)

// A story runs the whole program in a bubble where time passes only while everybody waits, over sockets in memory: a
// test can let a minute pass, or be sure that something does not come, at no cost.
//
// Beside what a story looks at itself, each is held to what is always true: every frame is as the schemas say, each
// device gets every revision once and in order, what it was told adds up to what it would be answered (audit.go has
// these), and nobody is remembered once everybody has left.

const secret = "a secret that only these stories know, long enough"

// Time is cheap but not free: a node looks about itself five times a second. Where the rules say days, stories set
// minutes.

// free are the flags of stories that are about something else than limits.
var free = []string{"--invitations.pair-gap=0s", "--invitations.per-minute=0", "--invitations.per-day=0", "--invitations.pair-max=0"}

// world is the nodes and the devices that tell the story.
type world struct {
	t          *testing.T
	args       []string
	store      *store.Store
	cluster    *app.Cluster
	nodes      []*node
	turn       int // whose turn it is to get the next device
	devices    []*device
	retryAfter time.Duration // of the last upgrade that was refused
	unaudited  bool          // the story breaks what an audit needs
}

const second = time.Second

// node is one process of the program.
type node struct {
	app     *app.App
	network *wstest.Network
	stop    context.CancelFunc
	done    chan error
}

// story runs tell in a bubble with one node, started with the given flags.
func story(t *testing.T, args []string, tell func(w *world)) { t.Helper(); cast(t, 1, args, tell) }

// everywhere runs tell with one node and again with two that share the devices among them.
func everywhere(t *testing.T, args []string, tell func(w *world)) {
	for n, name := range []string{"one node", "two nodes"} {
		t.Run(name, func(t *testing.T) { cast(t, n+1, args, tell) })
	}
}

func cast(t *testing.T, nodes int, args []string, tell func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, args: append([]string{
			"--store=sqlite::memory:", "--auth-secret=" + secret, "--log-level=error",
			"--limits.requests-per-second=0", "--limits.searches-per-minute=0",
		}, args...)}
		var err error
		w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Calls: w.settings(0).StoreCalls})
		require.NoError(t, err)
		w.start(nodes)
		defer func() {
			for _, d := range w.devices {
				d.hangUp()
			}
			w.shutDown()
			require.NoError(t, w.store.Close())
		}()
		tell(w)
		if !w.unaudited {
			w.audit()
			w.everybodyLeaves()
		}
	})
}

// settings returns what node number i is started with.
func (w *world) settings(i int) config.Settings {
	var settings config.Settings
	parser, err := kong.New(&settings, config.Options()...)
	require.NoError(w.t, err)
	_, err = parser.Parse(append(w.args, fmt.Sprintf("--node=n%d", i)))
	require.NoError(w.t, err)
	require.NoError(w.t, settings.Complete())
	return settings
}

// start runs nodes on the world's store, with nothing between them that was before.
func (w *world) start(nodes int) {
	w.cluster, w.nodes, w.turn = app.NewCluster(w.settings(0)), nil, 0
	for i := range nodes {
		ctx, stop := context.WithCancel(context.Background())
		log := zerolog.New(zerolog.NewTestWriter(w.t)).Level(zerolog.WarnLevel)
		a, err := app.NewWith(ctx, w.settings(i), log, app.Shared{Store: w.store, Cluster: w.cluster})
		require.NoError(w.t, err)
		a.Server().CanLose()
		n := &node{app: a, network: wstest.NewNetwork(), stop: stop, done: make(chan error, 1)}
		go func() { n.done <- a.Run(ctx, n.network, nil) }()
		w.nodes = append(w.nodes, n)
	}
}

// shutDown drains the nodes and waits for their end.
func (w *world) shutDown() {
	for _, n := range w.nodes {
		n.stop()
		require.NoError(w.t, <-n.done)
	}
	require.NoError(w.t, w.cluster.Close())
}

// restart stops all nodes and starts as many anew; only the store is what it was.
func (w *world) restart() {
	n := len(w.nodes)
	w.shutDown()
	w.start(n)
}

// everybodyLeaves closes what is open, lets every grace pass and checks that nobody is remembered.
func (w *world) everybodyLeaves() {
	for _, d := range w.devices {
		d.hangUp()
	}
	pass(11 * second)
	if w.cluster.Devices.Users() > 0 {
		pass(time.Minute) // after a restart who was here is waited for longer
	}
	for i, n := range w.nodes {
		require.Empty(w.t, n.app.Server().Leftovers(), "node %d", i)
	}
	require.Zero(w.t, w.cluster.Hub.Topics(), "topics that somebody subscribes to")
	require.Zero(w.t, w.cluster.Devices.Users(), "users with devices")
	rosters, err := w.cluster.Registry.All(w.t.Context())
	require.NoError(w.t, err)
	require.Empty(w.t, rosters, "sessions with members")
}

// token signs one for a user.
func token(t *testing.T, c auth.Claims) string { return tokenFor(t, c, 24*365*time.Hour) }

func tokenFor(t *testing.T, c auth.Claims, ttl time.Duration) string {
	text, err := auth.Sign(auth.Options{Secret: []byte(secret)}, c, ttl)
	require.NoError(t, err)
	return text
}

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // of the bubble's clock
	synctest.Wait()
}
