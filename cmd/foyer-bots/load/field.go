package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"foyer/cmd/foyer-bots/result"
	"foyer/cmd/foyer-bots/scenario"
)

// Options say what is to be done, where and as whom.
type Options struct {
	Scenario *scenario.Scenario
	Source   string    // the scenario's file, for the result
	Targets  []*Target // at least one
	Tokens   Tokens
	Version  string // of this program

	Part, Parts int           // this process's part, from 0, of so many
	Memory      int64         // bytes that this process may take; 0: no bound
	Servers     []*Server     // the target's processes, where they are on this machine
	Patience    time.Duration // after which a change that was not seen counts as lost; 10 s unless told
	// Watch is told now and then how far the load is; nil if nobody looks.
	Watch func(Progress)
}

// Progress is how far a load is.
type Progress struct {
	Phase       Phase
	Done, Total int // people who have come, or seconds of load
	Online      int64
	Requests    int64
	States      int64
	Errors      int64
	Violations  int64
	UnderWay    int64 // events that have begun
}

// Phase is a part of a load.
type Phase string

// The phases.
const (
	Connecting Phase = "connecting"
	Befriend   Phase = "making friends"
	Loading    Phase = "load"
	Finishing  Phase = "finishing" // what has begun
	Verifying  Phase = "checking"
)

const (
	// inFlight bounds how many events may be under way at once; more are not begun, which is an error.
	inFlight = 20_000
	// settling is how much longer than a grace something may take that follows it.
	settling = 500 * time.Millisecond
)

// field is all people and what they are at.
type field struct {
	o      Options
	s      *scenario.Scenario
	rec    *recorder
	epoch  time.Time // times inside payloads count from here
	run    string    // in names, so that no two runs share people
	people []*person
	places []*place
	byID   sync.Map // user id → *person
	cache  *rosterCache
	pairs  pairs

	ctx    context.Context // of the devices; ends at the very end
	cancel context.CancelFunc
	tasks  sync.WaitGroup // what has begun
	flying atomic.Int64
	begun  atomic.Pointer[time.Time] // when the load began

	present int // people who are to be there; owned by gather, then by comeAndGo
	arrived atomic.Int64

	friending, finishing, verifying atomic.Bool
}

// Run carries a scenario out until it is over or ctx ends, and returns what came of it. It returns an error only when
// nothing could be begun.
func Run(ctx context.Context, o Options) (*result.Result, error) {
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	o.Parts = max(1, o.Parts)
	for _, t := range o.Targets {
		if err := t.reach(ctx); err != nil {
			return nil, err
		}
	}
	f := &field{
		o: o, s: o.Scenario, rec: newRecorder(o.Scenario.Duration.Std()), epoch: time.Now(),
		run: fmt.Sprintf("%x-%x", time.Now().Unix(), rand.Uint32()), cache: newRosterCache(),
	}
	f.pairs.busy = map[[2]int]bool{}
	from, _ := scenario.Part(o.Scenario.MaxPeople(), o.Part, o.Parts)
	if _, err := o.Tokens(ctx, from, "bot-"+f.run, o.Targets[0]); err != nil { // else everybody would find that out
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer f.cancel()
	f.populate()
	return f.carryOut(ctx), nil
}

// populate makes everybody who will ever be there, none of them connected yet.
func (f *field) populate() {
	from, to := scenario.Part(f.s.MaxPeople(), f.o.Part, f.o.Parts)
	size := to - from
	if f.s.Sessions != nil {
		size = f.s.Sessions.Size
	}
	for i := range to - from {
		if f.s.Sessions != nil && i%size == 0 {
			f.places = append(f.places, newPlace(f, len(f.places)))
		}
		p := newPerson(f, i, from+i)
		f.people = append(f.people, p)
		if f.s.Sessions != nil {
			p.place = f.places[len(f.places)-1]
			p.place.people = append(p.place.people, p)
		}
	}
}

// wanted is how many people of this part are to be there at a time of the load.
func (f *field) wanted(t time.Duration) int {
	all := int(f.s.People.At(t))
	from, to := scenario.Part(all, f.o.Part, f.o.Parts)
	return min(to-from, len(f.people))
}

// carryOut goes through the phases.
func (f *field) carryOut(ctx context.Context) *result.Result {
	out := &result.Result{
		Format: result.Format, Version: f.o.Version, Ended: result.Complete,
		Scenario: result.Scenario{Name: f.s.Name, About: f.s.About, Source: f.o.Source},
	}
	for _, t := range f.o.Targets {
		out.Targets = append(out.Targets, t.URL)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	recorded, watched := make(chan struct{}), make(chan struct{})
	var aside sync.WaitGroup
	aside.Go(func() { f.rec.run(recorded) })
	aside.Go(func() { f.watch(watched, stop) })

	err := f.gather(ctx)
	debug.FreeOSMemory() // what coming took is not what being there takes
	for _, s := range f.o.Servers {
		s.began()
	}
	begun, cpu := time.Now(), cpuSeconds()
	f.begun.Store(&begun)
	if err == nil {
		f.load(ctx, begun)
	}
	lasted := min(time.Since(begun), f.s.Duration.Std()) // what was begun at the end is waited for and belongs to it
	for _, s := range f.o.Servers {
		s.ended()
		out.Servers = append(out.Servers, s.result)
	}
	out.Started, out.Seconds = begun.UTC(), lasted.Seconds()
	out.Parts = []result.Part{{
		Part: fmt.Sprintf("%d/%d", f.o.Part+1, f.o.Parts), People: len(f.people), Cores: runtime.GOMAXPROCS(0),
		CPUSeconds: cpuSeconds() - cpu, Seconds: lasted.Seconds(), RSSBytes: residentBytes(), System: runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version(),
	}}
	switch {
	case errors.Is(err, errUnreachable):
		out.Ended = result.Unreachable
	case errors.Is(context.Cause(ctx), errMemory):
		out.Ended = result.OutOfMemory
	case ctx.Err() != nil:
		out.Ended = result.Interrupted
	}
	f.settle(out.Ended)
	f.leave()
	close(watched)
	close(recorded)
	aside.Wait()
	f.rec.fill(out)
	for _, n := range out.Series[result.SeriesOnline] {
		out.Parts[0].Devices = max(out.Parts[0].Devices, int(n.V))
	}
	return out
}

// errUnreachable says that nobody could sign in.
var errUnreachable = errors.New("nobody could sign in")

// load applies all activities until the duration is over or ctx ends, and waits for what was begun.
func (f *field) load(ctx context.Context, begun time.Time) {
	ctx, cancel := context.WithDeadline(ctx, begun.Add(f.s.Duration.Std()))
	defer cancel()
	var drivers sync.WaitGroup
	for _, activity := range f.activities() {
		drivers.Go(func() { activity(ctx, begun) })
	}
	drivers.Go(func() { f.sweep(ctx) })
	drivers.Wait()
	f.finishing.Store(true)
	f.tasks.Wait()
}

// activities are what this scenario has going on.
func (f *field) activities() []func(context.Context, time.Time) {
	all := []func(context.Context, time.Time){f.comeAndGo}
	add := func(has bool, run func(context.Context, time.Time)) {
		if has {
			all = append(all, run)
		}
	}
	add(f.s.States != nil, f.move)
	add(f.names(), f.chooseAnew)
	add(f.s.Invitations != nil, f.invite)
	add(f.s.Presence != nil, f.presence)
	add(f.s.Moves != nil, f.wander)
	add(f.s.Messages != nil, f.talk)
	add(f.s.Drops != nil, f.drop)
	add(len(f.s.Herds) > 0, f.herds)
	add(len(f.s.Storms) > 0, f.storms)
	return all
}

// every begins an event whenever one is due until the end of the load, however late it is by then, and hands it its due
// time. do runs as a task of its own.
func (f *field) every(ctx context.Context, begun time.Time, rate scenario.Curve, do func(due time.Time)) {
	pace := scenario.NewPace(rate, f.o.Part, f.o.Parts)
	for {
		at, ok := pace.Next()
		if !ok || at >= f.s.Duration.Std() || !until(ctx, begun.Add(at)) {
			return
		}
		f.task(begun.Add(at), do)
	}
}

// task begins an event, unless too many are under way.
func (f *field) task(due time.Time, do func(due time.Time)) {
	if f.flying.Add(1) > inFlight {
		f.flying.Add(-1)
		f.rec.refuse("not begun: too much under way")
		return
	}
	f.rec.add(mLag, 0, time.Since(due))
	f.tasks.Go(func() {
		defer f.flying.Add(-1)
		do(due)
	})
}

// until waits for a time; false if ctx ended before.
func until(ctx context.Context, t time.Time) bool {
	wait := time.Until(t)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// poll waits until done says so, or ctx ends.
func poll(ctx context.Context, every time.Duration, done func() bool) {
	for !done() {
		if !until(ctx, time.Now().Add(every)) {
			return
		}
	}
}

// since returns a time as payloads have it.
func (f *field) since(t time.Time) int64 { return int64(t.Sub(f.epoch)) }

// person finds somebody by user id; nil for a stranger.
func (f *field) person(id string) *person {
	p, ok := f.byID.Load(id)
	if !ok {
		return nil
	}
	return p.(*person)
}
