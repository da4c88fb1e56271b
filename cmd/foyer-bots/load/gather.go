package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"foyer/cmd/foyer-bots/scenario"
	"foyer/protocol"
)

// gather brings everybody who is there from the start, and makes their connections.
func (f *field) gather(ctx context.Context) error {
	want := f.wanted(0)
	begun := time.Now()
	pace := scenario.NewPace(scenario.Constant(f.s.ConnectRate/float64(f.s.DevicesEach)), f.o.Part, f.o.Parts)
	var came atomic.Int64
	var all sync.WaitGroup
	f.arrived.Store(0)
	for _, p := range f.people[:want] {
		at, _ := pace.Next()
		if !until(ctx, begun.Add(at)) {
			break
		}
		f.rec.add(mLag, 0, time.Since(begun.Add(at)))
		all.Go(func() {
			if p.arrive(ctx, begun.Add(at)) {
				came.Add(1)
			}
			f.arrived.Add(1)
		})
	}
	all.Wait()
	f.present = want
	if came.Load() == 0 && want > 0 && ctx.Err() == nil {
		return errUnreachable
	}
	if ctx.Err() == nil {
		f.befriend(ctx, want)
	}
	return ctx.Err()
}

// befriend connects everybody with those next to them.
func (f *field) befriend(ctx context.Context, among int) {
	if f.s.Friends == 0 || among <= f.s.Friends {
		return
	}
	f.friending.Store(true)
	f.arrived.Store(0)
	var all sync.WaitGroup
	slots := make(chan struct{}, 64)
	for i := range among {
		for offset := 1; offset <= (f.s.Friends+1)/2; offset++ {
			a, b := f.people[i], f.people[(i+offset)%among]
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				all.Wait()
				return
			}
			all.Go(func() {
				defer func() { <-slots }()
				w := &flow{f: f, a: a, b: b, due: time.Now()}
				if w.befriend() {
					for _, pair := range [2][2]*person{{a, b}, {b, a}} {
						pair[0].mu.Lock()
						pair[0].friends = append(pair[0].friends, pair[1])
						pair[0].mu.Unlock()
					}
				}
			})
		}
		f.arrived.Add(1)
	}
	all.Wait()
}

// befriend connects two: one invites, the other accepts.
func (w *flow) befriend() bool {
	if !w.send(false) {
		return false
	}
	w.expect(changes(protocol.RelationConnected, protocol.CauseAccepted).toast().about(w.id),
		changes(protocol.RelationConnected, protocol.CauseAccepted).about(w.id))
	_, ok := act[protocol.RelationResult](w, w.b, protocol.MethodInvitationAccept, protocol.InvitationParams{InvitationID: w.id, Op: newOp()})
	return ok
}

// comeAndGo has as many people there as the scenario wants at each time.
func (f *field) comeAndGo(ctx context.Context, begun time.Time) {
	if len(f.s.People) == 1 {
		return
	}
	rate := f.s.ConnectRate / float64(f.o.Parts*f.s.DevicesEach)
	ready := begun // when the next one may come
	for until(ctx, time.Now().Add(20*time.Millisecond)) {
		now := time.Now()
		want := f.wanted(now.Sub(begun))
		for f.present < want && !ready.After(now) {
			p := f.people[f.present]
			f.present++
			ready = later(ready, now.Add(-time.Second)).Add(time.Duration(float64(time.Second) / rate))
			f.task(now, func(due time.Time) { p.arrive(f.ctx, due) })
		}
		for f.present > want {
			f.present--
			p := f.people[f.present]
			f.task(now, func(time.Time) { p.depart() })
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// leave ends everybody's devices.
func (f *field) leave() {
	for _, p := range f.people {
		p.mu.Lock()
		p.here, p.seated = false, false
		p.mu.Unlock()
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, 256)
	for _, p := range f.people {
		slots <- struct{}{}
		all.Go(func() {
			for _, d := range p.devices {
				d.end()
			}
			<-slots
		})
	}
	all.Wait()
	f.cancel()
}

// tell says how far the load is.
func (f *field) tell() {
	if f.o.Watch == nil {
		return
	}
	f.rec.mu.Lock()
	violations := f.rec.violations.Count
	f.rec.mu.Unlock()
	p := Progress{
		Phase: Connecting, Done: int(f.arrived.Load()), Total: f.wanted(0), Online: f.rec.online.Load(), Requests: f.rec.requests.Load(),
		States: f.rec.states.Load(), Errors: f.rec.errors.Load(), Violations: violations, UnderWay: f.flying.Load(),
	}
	if f.friending.Load() {
		p.Phase = Befriend
	}
	if begun := f.begun.Load(); begun != nil {
		p.Phase, p.Done, p.Total = Loading, int(time.Since(*begun).Seconds()), int(f.s.Duration.Std().Seconds())
		switch {
		case f.verifying.Load():
			p.Phase, p.Done, p.Total = Verifying, 0, 0
		case f.finishing.Load():
			p.Phase, p.Done, p.Total = Finishing, 0, 0
		}
	}
	f.o.Watch(p)
}
