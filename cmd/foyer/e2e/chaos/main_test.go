package chaos

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	seedFlag    = flag.Uint64("seed", 1, "what chance begins with")
	timeFlag    = flag.Duration("time", 0, "how long faults go on; each cheap fault once if 0")
	faultsFlag  = flag.String("faults", "", "comma-separated names of faults, with a plus between those that come at once; all of them if empty, the long ones only with -time")
	killsFlag   = flag.Int64("kills", 0, "kill -9 of nodes, before the other faults")
	paceFlag    = flag.Duration("pace", 3*time.Second, "from one of these kills to the next, on average: between a third of it and five thirds")
	cutsFlag    = flag.Int64("cuts", 0, "operations that are answered under their op_id after their COMMIT's answer was cut off, before the other faults")
	awayFlag    = flag.Duration("away", time.Minute, "how long the faults that say so have Redis away")
	devicesFlag = flag.Int("devices", actors, "of each user; those beyond two only listen")
	redisFlag   = flag.String("redis", single, "the kind of Redis: single, sentinel, cluster")
	lanesFlag   = flag.Int("lanes", 0, "groups at a time; 0: as many as this binary is quick enough for")
	programFlag = flag.String("program", "", "a foyer to test, instead of one that is built of these sources")
	outFlag     = flag.String("report", "", "a file for the report, besides the standard output")
)

// binary is where TestMain built the program, with buildFlags.
var (
	binary     string
	buildFlags []string
)

func TestMain(m *testing.M) {
	flag.Parse()
	if binary = *programFlag; binary != "" {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "foyer-chaos")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "foyer")
	args := append(append([]string{"build"}, buildFlags...), "-o", binary, "foyer/cmd/foyer")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s\n%v\n", out, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// quick is a campaign without flags: each cheap kind of fault at least once.
type quick struct {
	faults string
	lanes  int
}

var quickly = quick{faults: "kill,kill,kill,stop-3s,drain,redis-restart,redis-stop-5s,redis-deaf,sql-crash,sql-cut-at-commit,sockets-drop", lanes: 3}

// testWriter writes to a test's log.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b)
	return len(b), nil
}

// TestChaos is a campaign. Without flags it is a short one: each fault that is quickly done, once.
func TestChaos(t *testing.T) {
	var out io.Writer = testWriter{t}
	if *timeFlag > 0 || *faultsFlag != "" || *killsFlag > 0 || *cutsFlag > 0 {
		out = os.Stdout
	}
	if *outFlag != "" {
		f, err := os.Create(*outFlag)
		require.NoError(t, err)
		defer f.Close()
		out = io.MultiWriter(out, f)
	}
	names := *faultsFlag
	if names == "" && *timeFlag == 0 && *killsFlag == 0 && *cutsFlag == 0 && *redisFlag == single {
		names = quickly.faults
	}
	picked, err := pick(names, *redisFlag, *timeFlag > 0)
	require.NoError(t, err)
	lanes := *lanesFlag
	if lanes == 0 {
		lanes = quickly.lanes
	}
	w := newWorld(t, *seedFlag, out)
	w.campaign(picked, *timeFlag, *killsFlag, lanes)
	w.report()
	require.Empty(t, w.broken(), "seed %d", *seedFlag)
}

// doneWithin is how long groups may take to come to an end once all is whole.
const doneWithin = time.Minute

// campaign has people at it while faults come and go.
func (w *world) campaign(picked []blow, length time.Duration, kills int64, lanes int) {
	w.say("seed %d, %d nodes, Redis: %s", w.seed, len(w.nodes), *redisFlag)
	rng := rand.New(rand.NewPCG(w.seed, 0))
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	var stop sync.WaitGroup
	done := make(chan struct{})
	for lane := range lanes {
		seed := rng.Uint64()
		stop.Go(func() { w.lane(ctx, done, lane, seed) })
	}
	w.house = w.newHouse(ctx, rng)
	w.house.act(ctx, done)
	wait(2 * time.Second)
	w.killMany(kills, *paceFlag, rng)
	w.cutMany(*cutsFlag, rng)
	ends := time.Now().Add(length)
	for len(picked) > 0 && (kills == 0 && *cutsFlag == 0 || length > 0) {
		deck := append([]blow(nil), picked...)
		rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		for _, b := range deck {
			if length > 0 {
				b = b.paired(picked, rng)
			}
			w.strike(b, rng)
			wait(between(rng, 200*time.Millisecond, 2*time.Second))
			if length > 0 && time.Now().After(ends) {
				break
			}
		}
		if time.Now().After(ends) {
			break
		}
	}
	w.say("all is whole")
	close(done)
	finished := make(chan struct{})
	go func() { stop.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-time.After(doneWithin):
		w.violate("stuck", "groups are not done %s after the last fault", doneWithin)
		w.keepLogs()
		cancel()
		<-finished
	}
	w.house.acting.Wait()
	w.house.check(ctx)
	w.house.leave()
	w.house.running.Wait()
	for _, n := range w.nodes {
		n.checkLog()
	}
}

// lane has one group after the other until done.
func (w *world) lane(ctx context.Context, done <-chan struct{}, lane int, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, uint64(lane)))
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		default:
		}
		g := newGroup(w, fmt.Sprintf("g%d.%d", lane, i), rng)
		w.add(g)
		g.run(ctx, []int{12, 24, 40}[rng.IntN(3)], []time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 60 * time.Millisecond}[lane%3])
		w.remove(g)
	}
}
