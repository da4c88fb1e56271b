package app

import (
	"context"
	"sync/atomic"
	"time"
)

// clockOffset is how far this program takes the machine's clock to be off, as a duration. Only the linker sets it, for
// tests of nodes whose clocks disagree (-ldflags "-X foyer/cmd/foyer/app.clockOffset=90s").
var clockOffset string

var offset, _ = time.ParseDuration(clockOffset) // none unless set

// now is this machine's clock.
func now() time.Time { return time.Now().Add(offset) }

// common is the clock that nodes have in common: each machine's own as it was at the start, put right by Redis' where that
// is another. What one node begins and another ends, such as a grace, would else end at once or late. It goes on evenly,
// though the machine's is set meanwhile.
type common struct {
	machine func() time.Time
	began   time.Time
	ahead   atomic.Int64
}

func newCommon(machine func() time.Time) *common { return &common{machine: machine, began: machine()} }

// steady is the machine's clock as it would be if nobody had set it since the start.
func (c *common) steady() time.Time { return c.began.Add(c.machine().Sub(c.began)) }

func (c *common) now() time.Time { return c.steady().Add(time.Duration(c.ahead.Load())) }

const (
	aheadEvery = 5 * time.Second
	aheadSoon  = 500 * time.Millisecond
	// clocksAgree is how far apart clocks may be that count as the same.
	clocksAgree = 500 * time.Millisecond
)

// asking is what Client.Ahead does.
type asking func(context.Context, func() time.Time) (time.Duration, error)

// keep asks how far ahead the others' clock is, first before it returns, then until ctx ends. While nobody answers, what
// was last known holds; as long as nothing is, it asks more often.
func (c *common) keep(ctx context.Context, ask asking) {
	next := aheadSoon
	look := func() {
		if c.look(ctx, ask) {
			next = aheadEvery
		}
	}
	look()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(next):
				look()
			}
		}
	}()
}

// look asks once, and reports whether somebody answered.
func (c *common) look(ctx context.Context, ask asking) bool {
	ahead, err := ask(ctx, c.steady)
	if err != nil {
		return false
	}
	if ahead.Abs() < clocksAgree {
		ahead = 0
	}
	c.ahead.Store(int64(ahead))
	return true
}
