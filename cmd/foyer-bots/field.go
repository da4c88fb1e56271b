package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"foyer/protocol"
)

// patience is how long a change may take to reach the other's screen before it counts as lost.
const patience = 10 * time.Second

// field is all bots and what is done with them.
type field struct {
	o      options
	began  time.Time
	report *report
	bots   []*bot
	tasks  sync.WaitGroup
}

func newField(o options) *field {
	return &field{o: o, began: time.Now(), report: newReport()}
}

// connect brings everybody online and into sessions, at the rate of the ramp.
func (f *field) connect(ctx context.Context) error {
	run := fmt.Sprintf("%x", f.began.UnixMilli())
	tick := time.NewTicker(time.Second / time.Duration(max(1, f.o.Ramp)))
	defer tick.Stop()
	errs := make(chan error, f.o.Bots)
	f.bots = make([]*bot, f.o.Bots)
	for i := range f.bots {
		b := &bot{f: f, relations: map[string]protocol.RelationState{}, waiting: map[string]expectation{}}
		f.bots[i] = b
		id := fmt.Sprintf("bot-%s-%d", run, i)
		go func() { errs <- b.connect(ctx, id, id) }()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	var err error
	for range f.bots {
		err = errors.Join(err, <-errs)
	}
	if err != nil || f.o.SessionSize == 0 {
		return err
	}
	return f.gather(ctx)
}

// gather puts the bots into sessions of the size asked for.
func (f *field) gather(ctx context.Context) error {
	var session string
	for i, b := range f.bots {
		var joined protocol.SessionJoinResult
		var err error
		if i%f.o.SessionSize == 0 {
			joined, err = b.c.CreateSession(ctx, protocol.SessionCreateParams{
				Name: fmt.Sprintf("Bots %d", i/f.o.SessionSize+1), Capacity: &f.o.SessionSize,
			})
			session = joined.Session.ID
		} else {
			joined, err = b.c.JoinSession(ctx, protocol.SessionJoinParams{SessionID: session})
		}
		if err != nil {
			return err
		}
		b.number.Store(uint32(joined.Number))
	}
	return nil
}

// load applies all loads until the duration is over or ctx ends, and waits for what was begun.
func (f *field) load(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, f.o.Duration)
	defer cancel()
	if f.o.SessionSize > 0 && f.o.StatesHz > 0 {
		for _, b := range f.bots {
			f.tasks.Go(func() { b.move(ctx, f.o.StatesHz) })
		}
	}
	f.tasks.Go(func() { f.every(ctx, f.o.Drops, func(time.Time) { f.bots[rand.IntN(len(f.bots))].c.Drop() }) })
	f.tasks.Go(func() { f.invite(ctx) })
	f.tasks.Go(func() { f.report.progress(ctx, os.Stderr, len(f.bots)) })
	f.tasks.Wait()
}

// every calls do at a rate, with the time at which each call was due.
func (f *field) every(ctx context.Context, perSecond float64, do func(due time.Time)) {
	if perSecond <= 0 {
		return
	}
	step := time.Duration(float64(time.Second) / perSecond)
	for due := time.Now(); ; due = due.Add(step) {
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
			do(due)
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// invite lets each bot in turn invite the next one. Who is still at it is passed over.
func (f *field) invite(ctx context.Context) {
	free := make(chan int, len(f.bots))
	for i := range f.bots {
		free <- i
	}
	n := 0
	f.every(ctx, f.o.Invitations, func(due time.Time) {
		select {
		case i := <-free:
			n++
			accepted := n%5 == 0
			f.tasks.Go(func() {
				f.pair(context.WithoutCancel(ctx), f.bots[i], f.bots[(i+1)%len(f.bots)], due, accepted)
				free <- i
			})
		default:
			f.report.skipped.Add(1)
		}
	})
}

// pair takes one invitation from a to b through its life, and leaves nothing between them.
func (f *field) pair(ctx context.Context, a, b *bot, due time.Time, accepted bool) {
	from, to := a.c.User().ID, b.c.User().ID

	seen := b.expect(from, protocol.RelationReceived, due)
	sent, err := a.c.SendInvitation(ctx, protocol.InvitationSendParams{To: protocol.To{UserID: to}})
	if err != nil {
		f.report.refused(err)
		return
	}
	f.report.await("invitation", seen, f.report.sends)
	time.Sleep(f.o.Hold) //nolint:forbidigo // the time for which the invitation is to stay open

	if accepted && sent.Invitation != nil {
		seen = a.expect(to, protocol.RelationConnected, time.Now())
		if _, err := b.c.Accept(ctx, protocol.InvitationParams{InvitationID: sent.Invitation.ID}); err != nil {
			f.report.refused(err)
			return
		}
		f.report.await("acceptance", seen, f.report.accepts)
		if _, err := a.c.RemoveConnection(ctx, protocol.UserParams{UserID: to}); err != nil {
			f.report.refused(err)
		}
		return
	}
	seen = b.expect(from, protocol.RelationNone, time.Now())
	if _, err := a.c.Withdraw(ctx, protocol.InvitationWithdrawParams{UserID: to}); err != nil {
		f.report.refused(err)
		return
	}
	f.report.await("withdrawal", seen, f.report.withdrawals)
}

// verify has every bot's view compared with the server's.
func (f *field) verify(ctx context.Context) {
	var checks sync.WaitGroup
	slots := make(chan struct{}, 32)
	for _, b := range f.bots {
		slots <- struct{}{}
		checks.Go(func() { b.verify(ctx); <-slots })
	}
	checks.Wait()
}

// close ends every device.
func (f *field) close() {
	for _, b := range f.bots {
		if b != nil && b.c != nil {
			b.c.Close()
		}
	}
}
