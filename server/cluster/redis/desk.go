package redis

import (
	"context"
	"errors"
	"time"

	"foyer/protocol"
	"foyer/session"
)

// task is one thing that is asked of a session. Its do may run more than once, each time on a roster as if it never had.
type task struct {
	make   func() *session.Roster // of a session that is not known; nil: then do gets nil
	user   string
	do     func(*session.Roster) (touched []string, err error) // touched came or went, or may have
	answer bool                                                // the roster is wanted, as it is after the flush
	drop   func(*session.Roster) bool                          // reports whether the roster can be forgotten

	touched []string
	refused error
	done    chan result
}

// result is what became of a task.
type result struct {
	view *session.View
	was  string // the place of the task's user before
	err  error
}

// desk takes what this node asks of one session, and has it decided on together.
type desk struct {
	r       *Registry
	id      string
	queue   []*task // guarded by Registry.mu
	working bool    // guarded by Registry.mu
	used    bool    // since its timer was set; guarded by Registry.mu

	// Owned by whoever works.
	value   value
	roster  *session.Roster // of value; nil: value.body is to be decoded
	flushed time.Time
}

// deskTime is how long a desk remembers after its last task, at least.
const deskTime = time.Minute

// ask has a task done and returns when the flush that has it was published.
func (r *Registry) ask(ctx context.Context, sessionID string, t *task) (result, error) {
	t.done = make(chan result, 1)
	r.mu.Lock()
	k := r.desks[sessionID]
	if k == nil {
		k = &desk{r: r, id: sessionID}
		r.desks[sessionID] = k
		time.AfterFunc(deskTime, k.close)
	}
	k.used = true
	k.queue = append(k.queue, t)
	start := !k.working
	k.working = true
	r.mu.Unlock()
	if start {
		go k.work()
	}
	select {
	case got := <-t.done:
		return got, got.err
	case <-ctx.Done():
		return result{}, unreachable(ctx.Err())
	}
}

// take returns all that is queued. With nothing there the desk rests.
func (k *desk) take(more []*task) []*task {
	k.r.mu.Lock()
	defer k.r.mu.Unlock()
	more = append(more, k.queue...)
	k.queue = nil
	if len(more) > 0 {
		return more
	}
	k.working = false
	return nil
}

// close forgets a desk that was not used for some time.
func (k *desk) close() {
	k.r.mu.Lock()
	defer k.r.mu.Unlock()
	if (k.working || k.used) && k.r.ctx.Err() == nil {
		k.used = false
		time.AfterFunc(deskTime, k.close)
		return
	}
	delete(k.r.desks, k.id)
}

// work does what is queued until nothing is.
func (k *desk) work() {
	var tasks []*task
	for {
		if wait := k.r.tick - time.Since(k.flushed); wait > 0 && !k.flushed.IsZero() {
			_ = pause(k.r.ctx, wait) // a Registry that has stopped finds out below
		}
		if tasks = k.take(tasks[:0]); tasks == nil {
			return
		}
		k.serve(tasks)
	}
}

// serve has tasks decided on and written, and answers them.
func (k *desk) serve(tasks []*task) {
	ctx, cancel := context.WithTimeout(k.r.ctx, callWithin)
	defer cancel()
	for {
		b, err := k.decide(tasks)
		if err == nil {
			err = k.write(ctx, b)
		}
		var early errTooEarly
		switch {
		case errors.As(err, &early):
			if err := pause(ctx, early.wait); err != nil {
				refuse(tasks, unreachable(err))
				return
			}
			tasks = k.take(tasks)
		case errors.Is(err, errOvertaken):
		case err != nil:
			k.value, k.roster = value{}, nil // it may or may not have been written
			refuse(tasks, err)
			return
		default:
			k.answer(tasks, b)
			return
		}
		if ctx.Err() != nil {
			refuse(tasks, unreachable(errBusy))
			return
		}
	}
}

func refuse(tasks []*task, err error) {
	for _, t := range tasks {
		t.done <- result{err: err}
	}
}

// errOvertaken says that another node wrote: decide anew.
var errOvertaken = errors.New("another node was quicker")

// batch is what tasks came to.
type batch struct {
	roster  *session.Roster
	touched map[string]before
	flush   *session.Flush
	forget  bool
}

// decide does the tasks on the roster as it is known to this node.
func (k *desk) decide(tasks []*task) (*batch, error) {
	b := &batch{roster: k.roster, touched: map[string]before{}}
	k.roster = nil // until it is written it is not what stands there
	if b.roster == nil && k.value.body != "" {
		var err error
		if b.roster, err = session.DecodeRoster([]byte(k.value.body)); err != nil {
			return nil, err
		}
	}
	stays := map[string]string{}
	if b.roster != nil {
		for _, m := range b.roster.Snapshot().Members {
			stays[m.User.ID] = stayOf(b.roster, m.User.ID)
		}
	}
	for _, t := range tasks {
		if b.roster == nil && t.make != nil {
			b.roster = t.make()
		}
		t.touched, t.refused = t.do(b.roster)
		for _, user := range t.touched {
			b.touched[user] = before{stays[user], b.touched[user].joins || t.user == user && t.refused == nil}
		}
		if t.drop != nil && b.roster != nil && t.drop(b.roster) {
			b.forget = true
		}
	}
	if b.roster == nil {
		return b, nil
	}
	if change, changed := b.roster.Take(); changed {
		b.forget = false
		b.flush = &session.Flush{SessionID: change.SessionID, Version: change.Version, Frame: frameOf(change), Change: change}
	}
	return b, nil
}

// frameOf returns the notification of a change. What it consists of was decoded from JSON or made here, so it encodes.
func frameOf(change protocol.SessionRoster) []byte {
	frame, err := protocol.EncodeNotification(protocol.NotifySessionRoster, change)
	if err != nil {
		panic("redis: " + err.Error())
	}
	return frame
}

// write replaces the session's value, and publishes what is to be told in the same step. Where nothing changed it makes
// sure that what was decided on still stands.
func (k *desk) write(ctx context.Context, b *batch) error {
	w := write{key: k.r.sessionKey(k.id), over: k.value.version}
	if b.roster != nil && !b.forget {
		w.body = string(b.roster.Encode())
	}
	w.check = w.body == k.value.body
	if b.flush != nil {
		w.paceKey, w.pace = k.r.sessionKey(k.id)+":pace", k.r.tick
		topic, m := k.r.message(*b.flush)
		payload, err := encode("", 0, m)
		if err != nil {
			return err
		}
		w.publish, w.channel = payload, k.r.c.channel(topic)
	}
	if k.value.version == 0 && w.body != "" {
		if err := k.r.c.rdb.SAdd(ctx, k.r.index, k.id).Err(); err != nil {
			return unreachable(err)
		}
	}
	next, done, err := k.r.c.replace(ctx, w)
	switch {
	case err != nil:
		return err
	case !done:
		k.value = next
		return errOvertaken
	}
	k.value, k.roster = next, b.roster
	if !w.check {
		k.r.kept.put(k.id, w.body, w.body != "" && k.r.ours(b.roster))
	}
	if b.forget {
		k.roster = nil
		return unreachable(k.r.c.rdb.SRem(ctx, k.r.index, k.id).Err())
	}
	if b.flush != nil {
		k.flushed = time.Now()
	}
	if w.check || b.roster == nil {
		return nil
	}
	return k.r.due.at(ctx, k.id, b.roster.DueAt(k.r.emptyAfter.Milliseconds()))
}

// answer notes where those who came and went are, and tells each task.
func (k *desk) answer(tasks []*task, b *batch) {
	ctx, cancel := context.WithTimeout(k.r.ctx, callWithin) // of its own: others' writes may have used up the time before
	defer cancel()
	var was map[string]string
	var failed error
	if b.roster != nil {
		was, failed = k.r.settle(ctx, b.roster, b.touched)
	}
	var view *session.View
	for _, t := range tasks {
		got := result{was: was[t.user], err: t.refused}
		if t.answer && got.err == nil {
			if view == nil {
				view = b.roster.View()
			}
			got.view, got.err = view, failed
		}
		t.done <- got
	}
}
