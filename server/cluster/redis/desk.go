package redis

import (
	"context"
	"errors"
	"slices"
	"time"

	"foyer/protocol"
	"foyer/session"
)

// task is one thing that is asked of a session. Its do may run more than once, each time on a roster as if it never had.
type task struct {
	make    func() *session.Roster // of a session that is not known; nil: then do gets nil
	user    string
	do      func(*session.Roster) (touched []string, err error) // touched came or went, or may have
	answer  bool                                                // the roster is wanted, as it is after the flush
	drop    func(*session.Roster) bool                          // reports whether the roster can be forgotten
	alone   alone                                               // whether it can be done without Redis; nil: never
	then    func(*session.Roster) error                         // once it is written
	rejoins bool                                                // Redis is back: see alone.go

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
	r        *Registry
	id       string
	queue    []*task // guarded by Registry.mu
	working  bool    // guarded by Registry.mu
	used     bool    // since its timer was set; guarded by Registry.mu
	owing    bool    // something is to be done when Redis is back; guarded by Registry.mu
	deserted bool    // not any more: this node was taken for dead; guarded by Registry.mu

	// Owned by whoever works.
	flushed time.Time
	lonely  *session.Alone  // what was decided without Redis; nil while it is there
	doubted map[string]bool // users who may have been written in part
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
	if (k.working || k.used || k.owing) && k.r.ctx.Err() == nil {
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

// decideWithin is how long tasks may take however often other nodes are quicker. A single call takes less.
const decideWithin = 8 * time.Second

// serve has tasks decided on and written, and answers them.
func (k *desk) serve(tasks []*task) {
	ctx, cancel := context.WithTimeout(k.r.ctx, decideWithin)
	defer cancel()
	tasks, err := k.rejoinFirst(ctx, tasks)
	if err != nil {
		k.fail(tasks, err)
		return
	}
	for {
		b := k.decide(tasks, k.admitting(ctx, tasks))
		err := k.write(ctx, b)
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
			k.fail(tasks, err) // it may or may not have been written
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

// rejoinFirst puts what this node owes the others first if Redis is back, and fails while it isn't.
func (k *desk) rejoinFirst(ctx context.Context, tasks []*task) ([]*task, error) {
	k.r.mu.Lock()
	if k.deserted {
		k.lonely, k.doubted, k.owing, k.deserted = nil, nil, false, false
	}
	owing := k.owing
	k.r.mu.Unlock()
	if !owing {
		return tasks, nil
	}
	if !slices.ContainsFunc(tasks, func(t *task) bool { return t.rejoins }) {
		if k.lonely == nil {
			return tasks, nil
		}
		return tasks, unreachable(errAway)
	}
	first, err := k.rejoining(ctx)
	if err != nil {
		return tasks, err
	}
	return append([]*task{first}, tasks...), nil
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
	over    value           // what was decided on
	roster  *session.Roster // what it came to, never changed from then on; nil: there is none
	touched map[string]before
	flush   *session.Flush
	forget  bool
}

// admitting returns why nobody new can be let in now; nil if they can.
func (k *desk) admitting(ctx context.Context, tasks []*task) error {
	if k.r.admitting == nil || !slices.ContainsFunc(tasks, func(t *task) bool { return t.answer }) {
		return nil
	}
	return k.r.admitting(ctx)
}

// decide does the tasks on the roster as it is known to this node. closed is why nobody new gets in, if so.
func (k *desk) decide(tasks []*task, closed error) *batch {
	last := k.r.rosters.last(k.r.sessionKey(k.id))
	b := &batch{over: last.value, touched: map[string]before{}}
	if last.roster != nil {
		b.roster = last.roster.Clone()
	}
	for _, t := range tasks {
		if closed != nil && t.answer && (b.roster == nil || b.roster.Member(t.user) == nil) {
			t.touched, t.refused = nil, closed
			continue
		}
		if b.roster == nil && t.make != nil {
			b.roster = t.make()
		}
		t.touched, t.refused = t.do(b.roster)
		for _, user := range t.touched {
			b.touched[user] = before{stayOf(last.roster, user), b.touched[user].joins || t.user == user && t.refused == nil}
		}
		if t.drop != nil && b.roster != nil && t.drop(b.roster) {
			b.forget = true
		}
	}
	if b.roster == nil {
		return b
	}
	if change, changed := b.roster.Take(); changed {
		b.forget = false
		b.flush = &session.Flush{SessionID: change.SessionID, Version: change.Version, Frame: frameOf(change), Change: change}
	}
	return b
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
	w := write{key: k.r.sessionKey(k.id), over: b.over.version}
	if b.roster != nil && !b.forget {
		w.body = string(b.roster.Encode())
	}
	w.check = w.body == b.over.body
	if b.flush != nil {
		w.paceKey, w.pace = w.key+":pace", k.r.tick
		topic, m := k.r.message(*b.flush)
		payload, err := encode("", 0, m)
		if err != nil {
			return err
		}
		w.publish, w.channel = payload, k.r.c.channel(topic)
	}
	own := w.body != "" && k.r.ours(b.roster)
	if own {
		leave := k.r.hung.hold(k.id)
		defer leave()
		if err := k.r.hung.add(ctx, k.r.self(), k.id); err != nil {
			return err
		}
	}
	if b.over.version == 0 && w.body != "" {
		if err := k.r.c.rdb.SAdd(ctx, k.r.index, k.id).Err(); err != nil {
			return unreachable(err)
		}
	}
	next, done, err := k.r.c.replace(ctx, w)
	if err != nil {
		if !w.check && !errors.Is(err, errAway) { // it may have been written
			err = protocol.InPart(err)
		}
		return err
	}
	if !done {
		if _, err := k.r.rosters.keep(w.key, next); err != nil {
			return err
		}
		return errOvertaken
	}
	if w.body == "" {
		k.r.rosters.forget(w.key)
	} else {
		k.r.rosters.put(w.key, next, b.roster)
	}
	if have := k.r.kept.of(k.id); !w.check || own && (have == nil || have.version < next.version) { // it was not known that it is written
		k.r.kept.put(k.id, &keptRoster{version: next.version, text: w.body}, own)
	}
	if b.forget {
		return protocol.InPart(unreachable(k.r.c.rdb.SRem(ctx, k.r.index, k.id).Err()))
	}
	if b.flush != nil {
		k.flushed = time.Now()
	}
	if w.check || b.roster == nil {
		return nil
	}
	return protocol.InPart(k.r.due.at(ctx, k.id, b.roster.DueAt(k.r.emptyAfter.Milliseconds())))
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
	for _, t := range tasks {
		if t.then != nil && failed == nil {
			failed = t.then(b.roster)
		}
	}
	if failed != nil && k.r.lost != nil {
		for user := range b.touched {
			k.doubt(user)
		}
		k.owe(failed)
	}
	respond(tasks, b.roster, was, failed)
}

// respond tells each task what became of it. failed is why nobody can be told a place.
func respond(tasks []*task, v *session.Roster, was map[string]string, failed error) {
	var view *session.View
	for _, t := range tasks {
		got := result{was: was[t.user], err: t.refused}
		if t.answer && got.err == nil {
			if view == nil {
				view = v.View()
			}
			got.view, got.err = view, failed
		}
		if t.rejoins {
			got.err = errors.Join(got.err, failed)
		}
		t.done <- got
	}
}
