package server

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/ws"
)

const (
	sweepEvery  = 200 * time.Millisecond // graces
	tailEvery   = 500 * time.Millisecond // the log's tail; a change may wait for heldAtMost besides, and is told within 2 s
	dueEvery    = time.Second            // expiry, mail
	watchEvery  = 30 * time.Second       // presence of those who are watched, in case a message was lost
	trimEvery   = time.Hour
	expireBatch = 200
	mailBatch   = 20
	stayKept    = 30 * 24 * time.Hour
)

// Run does what time brings until ctx ends: graces and invitations that run out, empty sessions, the log's tail. None of
// it waits for another: a change has to be told in time also while whoever knows of graces is silent.
// It returns once all that it began has ended.
func (s *Server) Run(ctx context.Context) {
	var all sync.WaitGroup
	if s.shared {
		all.Go(func() { s.keepBeat(ctx) })
	}
	for _, job := range []struct {
		every time.Duration
		name  string
		do    func(context.Context) error
	}{
		{sweepEvery, "graces", s.sweep},
		{tailEvery, "log", s.readTail},
		{dueEvery, "expiry", s.expire},
		{dueEvery, "mail", s.mail},
		{watchEvery, "presence", s.rereadPresences},
		{watchEvery, "closed", s.endClosed},
		{trimEvery, "retention", s.trim},
	} {
		all.Go(func() {
			tick := time.NewTicker(job.every)
			defer tick.Stop()
			failed := 0
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					failed = s.step(job.name, job.do, failed)
				}
			}
		})
	}
	all.Wait()
}

// Start puts back what was before a restart: members who were here when the server drained are waited for, with the
// devices that they had. It is called once, before the first device.
func (s *Server) Start(ctx context.Context) error {
	if err := s.readTail(ctx); err != nil {
		return err
	}
	err := s.sessions.Start(ctx)
	if s.shared {
		return s.unlessAway(err) // who is where is known there
	}
	if err != nil {
		return err
	}
	rosters, err := s.registry.All(ctx)
	if err != nil {
		return err
	}
	for _, r := range rosters {
		ids := make([]string, len(r.Members))
		for i, m := range r.Members {
			ids[i] = m.User.ID
		}
		users, err := s.directory.Get(ctx, ids...)
		if err != nil {
			return err
		}
		for _, m := range r.Members {
			for _, v := range m.Devices {
				d := cluster.Device{
					ID: v.ID, UserID: m.User.ID, Kind: v.Kind, Status: protocol.StatusOnline, Since: s.now(), GraceUntil: time.UnixMilli(v.GraceUntil),
				}
				if err := s.upkeep.Restore(ctx, d, profileOf(users[m.User.ID])); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// step does one thing; when it fails, the next time tries again. It takes and returns how often in a row it
// has failed: the log says when that begins and when it ends, and the metrics count each time.
func (s *Server) step(name string, fn func(context.Context) error, before int) (failed int) {
	ctx, cancel := context.WithTimeout(s.ctx, requestTime)
	defer cancel()
	defer func() {
		if s.mistake(name, recover()) {
			failed = before
		}
	}()
	err := fn(ctx)
	switch {
	case s.ctx.Err() != nil: // stopping
	case err != nil:
		s.metrics.failed.WithLabelValues(name).Inc()
		if before == 0 {
			s.log.Warn().Err(err).Str("step", name).Msg("step not done")
		}
		return before + 1
	case before > 0:
		s.log.Warn().Str("step", name).Int("failed", before).Msg("step done again")
	}
	return 0
}

// sweep ends graces, but not on a node that is stopping: who was sent away has nowhere to come back to yet.
func (s *Server) sweep(ctx context.Context) error {
	if s.draining.Load() {
		return nil
	}
	var fx effects
	e, err := s.sessions.Sweep(ctx)
	fx.session(e)
	gone, reapErr := s.upkeep.Reap(ctx, s.now())
	s.metrics.reaped.Add(float64(len(gone)))
	for _, d := range gone {
		fx.presence(d.UserID)
	}
	s.publish(nil, &fx)
	if err == nil {
		err = reapErr
	}
	return err
}

// readTail looks at the newest entries of the log: whoever's devices here have not been told yet catches up, and blocks that
// nobody here has heard of count.
func (s *Server) readTail(ctx context.Context) error {
	tail, err := s.changes.Tail(ctx, s.tail)
	if err != nil {
		return err
	}
	s.tail = tail.Mark
	s.tailRead.Store(s.now().UnixMilli())
	for _, b := range tail.Blocks {
		if s.missedBlock(b) {
			s.metrics.gaps.WithLabelValues("tail").Inc()
			s.blockCame(b)
		}
	}
	for userID, rev := range tail.Revs {
		if s.behind(userID, rev) {
			s.metrics.gaps.WithLabelValues("tail").Inc()
			s.catchUp(userID)
		}
	}
	return nil
}

// behind reports whether a user who is here, or a device of theirs, has not been told of a revision.
func (s *Server) behind(userID string, rev int64) bool {
	a := s.account(userID)
	if a == nil {
		return false
	}
	devices := s.byUser.Of(userID)
	return len(devices) > 0 && a.heardUpTo() < rev || slices.ContainsFunc(devices, func(d *Device) bool {
		have := d.revision()
		return have >= 0 && have < rev
	})
}

// expire ends invitations whose time is over.
func (s *Server) expire(ctx context.Context) error {
	for {
		e, next, err := s.invitations.ExpireDue(ctx, expireBatch)
		s.publishPairs(nil, e)
		if err != nil || next.IsZero() || next.After(s.now()) {
			return err
		}
	}
}

// mail sends what is due to addresses that were invited.
func (s *Server) mail(ctx context.Context) error {
	mails, err := s.invitations.Mails(ctx, mailBatch)
	for _, m := range mails {
		if sendErr := s.mailer.Send(ctx, m); sendErr != nil {
			return errors.Join(err, sendErr)
		}
		if err := s.invitations.Mailed(ctx, m); err != nil {
			return err
		}
	}
	return err
}

// endClosed ends sessions with devices here that were closed by a node which did not live to end them, or to say so.
func (s *Server) endClosed(ctx context.Context) error {
	if !s.many {
		return nil
	}
	s.rooms.mu.Lock()
	ids := slices.Collect(maps.Keys(s.rooms.by))
	s.rooms.mu.Unlock()
	var fx effects
	closed, e, err := s.sessions.EndClosed(ctx, ids)
	fx.session(e)
	s.publish(nil, &fx)
	for _, id := range closed {
		for _, d := range s.bySession.Of(id) {
			if a := s.account(d.userID); a != nil {
				a.outOfDate.Store(true)
				s.followInTurn(a.id)
			}
		}
	}
	return err
}

// trim forgets what is older than it is kept.
func (s *Server) trim(ctx context.Context) error {
	if err := s.changes.Trim(ctx); err != nil {
		return err
	}
	if err := s.sessions.PurgeStays(ctx, stayKept); err != nil {
		return err
	}
	if err := s.sessions.EndLost(ctx); err != nil {
		return err
	}
	for {
		n, err := s.invitations.Purge(ctx, expireBatch)
		if err != nil || n < expireBatch {
			return err
		}
	}
}

// Draining reports whether this node is sending its devices away to stop.
func (s *Server) Draining() bool { return s.draining.Load() }

// Stop ends the node: no new devices, server.draining to each one here, each closed at a random moment of its own,
// then who was in which session is saved. It returns when all is done, or ctx ends.
func (s *Server) Stop(ctx context.Context) error {
	s.draining.Store(true)
	devices := s.sockets.list()
	for _, d := range devices {
		wait := time.Duration(0)
		if s.limits.Drain > 0 {
			wait = rand.N(s.limits.Drain) //nolint:gosec // G404: a wait is no secret
		}
		if d.signedIn() {
			d.notify(protocol.NotifyServerDraining, protocol.ServerDraining{ReconnectAfterMS: wait.Milliseconds()})
		}
		d.after(wait, func() { d.close(protocol.CloseGoingAway, "draining") })
	}
	for _, d := range devices {
		select {
		case <-d.sock.Done():
		case <-ctx.Done():
		}
	}
	err := s.sessions.SaveMembers(ctx)
	s.cancel()
	s.acceptor.Close()
	done := make(chan struct{})
	go func() {
		s.tasks.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	return err
}

func (d *Device) signedIn() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.account != nil
}

// logEnd writes the one line that each device's end gets.
func (s *Server) logEnd(d *Device, reason ws.Closed) {
	e := s.log.Info()
	if reason.Err != nil {
		e = e.AnErr("cause", reason.Err)
	}
	e.Str("device", d.id).Str("user", d.userID).Str("kind", string(d.kind)).Int("code", int(reason.Code)).Bool("by_device", reason.ByDevice).Msg("device ended")
}
