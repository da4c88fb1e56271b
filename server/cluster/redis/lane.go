package redis

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// lane is one connection that listens, and what it is to listen to. A new connection takes the place of one that broke,
// or on which the node no longer hears its own probes.
type lane struct {
	bus   *Bus
	probe string // a channel that only this node publishes on

	asking sync.Mutex // held while commands are sent; taken before mu

	mu     sync.Mutex // guards what follows
	wanted map[string]*interest
	link   *link
	dirty  map[string]struct{} // channels whose wish may differ from what was asked for on link
	wake   chan struct{}       // dirty has something, or link changed
	began  bool                // a link was up before
	probed time.Time           // when the last probe was published
	down   chan struct{}       // closed while no link is up
}

// interest is a node's in one channel.
type interest struct {
	count int
	ready chan struct{} // closed once confirmed on the link that is
	done  bool          // ready is closed
}

// link is one connection.
type link struct {
	ps     *redis.PubSub
	asked  map[string]bool // subscribed to, as far as commands were sent
	open   map[string]int  // confirmations that are still to come
	up     bool            // everything wanted was confirmed once
	heard  time.Time
	closed bool
}

func newLane(b *Bus, probe string) *lane {
	l := &lane{bus: b, probe: probe, wanted: map[string]*interest{}, dirty: map[string]struct{}{}, wake: make(chan struct{}, 1), down: make(chan struct{})}
	l.wanted[probe] = &interest{count: 1, ready: make(chan struct{})}
	close(l.down)
	return l
}

func (l *lane) isUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.link != nil && l.link.up
}

// ifWanted calls fn if the channel is wanted here.
func (l *lane) ifWanted(channel string, fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wanted[channel] != nil {
		fn()
	}
}

func (l *lane) add(ctx context.Context, channel string) error {
	l.mu.Lock()
	i := l.wanted[channel]
	if i == nil {
		i = &interest{ready: make(chan struct{})}
		l.wanted[channel] = i
		l.changedLocked(channel)
	}
	i.count++
	ready, down := i.ready, l.down
	l.mu.Unlock()
	late := time.NewTimer(subscribeAwait)
	defer late.Stop()
	select {
	case <-ready:
	case <-down:
		if l.first(ctx, ready) {
			return nil
		}
	case <-late.C:
	case <-l.bus.ctx.Done():
	case <-ctx.Done():
		l.remove(channel)
		return ctx.Err()
	}
	return nil
}

// first gives the very first connection a moment, so that a node that starts beside a Redis that is there hears at once.
func (l *lane) first(ctx context.Context, ready <-chan struct{}) bool {
	l.mu.Lock()
	began := l.began
	l.mu.Unlock()
	if began {
		return false
	}
	moment := time.NewTimer(confirmWithin)
	defer moment.Stop()
	select {
	case <-ready:
		return true
	case <-moment.C:
		l.mu.Lock()
		l.began = true // from now on it is known to be away: nobody waits for it again
		l.mu.Unlock()
	case <-ctx.Done():
	case <-l.bus.ctx.Done():
	}
	return false
}

func (l *lane) remove(channel string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.wanted[channel]
	if i == nil {
		return
	}
	if i.count--; i.count == 0 {
		delete(l.wanted, channel)
		l.changedLocked(channel)
	}
}

func (l *lane) changedLocked(channel string) {
	l.dirty[channel] = struct{}{}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// close ends the link that is.
func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breakLocked(l.link)
}

// breakLocked ends a link, if it is still the one. What was confirmed isn't any more.
func (l *lane) breakLocked(k *link) {
	if k == nil || k.closed {
		return
	}
	k.closed = true
	l.bus.tasks.Go(func() { _ = k.ps.Close() }) // the library may be dialing meanwhile, and what can't be closed is gone
	if l.link != k {
		return
	}
	l.link = nil
	for _, i := range l.wanted {
		if i.done {
			i.ready, i.done = make(chan struct{}), false
		}
	}
	if k.up {
		k.up = false
		close(l.down)
	}
}

// again is how long to wait between two attempts.
const again = 200 * time.Millisecond

// run keeps a link: it makes one, listens until it breaks, and makes another.
func (l *lane) run() {
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-l.bus.ctx.Done():
			return
		case <-wait.C:
		}
		if k := l.connect(); k != nil {
			l.listen(k)
		}
		wait.Reset(again)
	}
}

// connect makes a link and has everything asked for on it.
func (l *lane) connect() *link {
	k := &link{asked: map[string]bool{}, open: map[string]int{}, heard: time.Now()}
	k.ps = l.bus.c.rdb.Subscribe(listening(l.bus.ctx))
	l.bus.Stats.Subscriptions.Add(1)
	l.mu.Lock()
	l.link = k
	for channel := range l.wanted {
		l.changedLocked(channel)
	}
	l.mu.Unlock()
	if err := l.ask(k); err != nil {
		l.mu.Lock()
		l.breakLocked(k)
		l.mu.Unlock()
		return nil
	}
	return k
}

// listen takes what comes until the link breaks.
func (l *lane) listen(k *link) {
	for {
		got, err := k.ps.Receive(listening(l.bus.ctx))
		if err != nil {
			break
		}
		switch v := got.(type) {
		case *redis.Message:
			l.message(k, v)
		case *redis.Subscription:
			if !l.confirmed(k, v) {
				err = errMalformed
			}
		}
		if err != nil {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breakLocked(k)
}

func (l *lane) message(k *link, m *redis.Message) {
	l.mu.Lock()
	k.heard = time.Now()
	if m.Channel == l.probe {
		l.bus.Stats.Probe.Store(int64(k.heard.Sub(l.probed)))
	}
	wanted := k.up && m.Channel != l.probe && l.wanted[m.Channel] != nil
	l.mu.Unlock()
	if wanted && !l.bus.told(m.Payload) {
		l.bus.accept(incoming{channel: m.Channel, payload: m.Payload})
	}
}

// confirmed takes note of a confirmation. It answers false if the library has connected anew behind our back, or the
// channel has moved to another server: messages may have been lost.
func (l *lane) confirmed(k *link, s *redis.Subscription) bool {
	l.mu.Lock()
	k.heard = time.Now()
	on := s.Kind == "subscribe" || s.Kind == "ssubscribe"
	switch {
	case !on && k.asked[s.Channel] && k.open[s.Channel] == 0:
		l.mu.Unlock()
		return false
	case !on:
		l.mu.Unlock()
		return true
	case k.open[s.Channel] == 0:
		l.mu.Unlock()
		return false
	}
	if k.open[s.Channel]--; k.open[s.Channel] == 0 {
		delete(k.open, s.Channel)
		if i := l.wanted[s.Channel]; k.up && i != nil {
			i.confirm()
		}
	}
	l.mu.Unlock()
	l.settle(k)
	return true
}

// settle makes the link the one that messages come by, once all that is wanted was confirmed.
func (l *lane) settle(k *link) {
	l.mu.Lock()
	if k.up || len(k.open) > 0 || len(l.dirty) > 0 || l.link != k {
		l.mu.Unlock()
		return
	}
	renewed := l.began
	k.up, l.began = true, true
	l.down = make(chan struct{})
	for _, i := range l.wanted {
		i.confirm()
	}
	l.mu.Unlock()
	if renewed {
		l.bus.tell()
	}
}

func (i *interest) confirm() {
	if !i.done {
		close(i.ready)
		i.done = true
	}
}

// watch asks for what is newly wanted, publishes a probe now and then, and ends a link that is silent.
func (l *lane) watch() {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.bus.ctx.Done():
			return
		case <-tick.C:
			l.mu.Lock()
			l.probed = time.Now()
			l.mu.Unlock()
			l.bus.queue(outgoing{l.probe, []byte{layout}})
			l.silent()
		case <-l.wake:
			l.mu.Lock()
			k := l.link
			l.mu.Unlock()
			if k != nil && l.ask(k) != nil {
				l.mu.Lock()
				l.breakLocked(k)
				l.mu.Unlock()
			}
		}
	}
}

// silent ends the link if nothing was heard on it for too long: even its own probes don't come back.
func (l *lane) silent() {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.link
	if k == nil {
		return
	}
	after := silentAfter
	if !k.up {
		after = confirmWithin
	}
	if time.Since(k.heard) > after {
		l.bus.Stats.Silent.Add(1)
		l.breakLocked(k)
	}
}
