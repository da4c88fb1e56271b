package store

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// writer owns the one connection that writes. Requests that wait while a commit is on its way to the disk go into
// the next transaction together.
type writer struct {
	conn     *conn
	batchMax int
	stats    *stats
	queue    chan *write   // what gets in is answered
	done     chan struct{} // closed by loop when it ended
	over     sync.Pool     // of *write
	wary     int           // for so many more transactions each request gets a savepoint
	tx       Tx            // of the request that runs

	stopping sync.RWMutex // held to queue something
	stopped  bool         // guarded by stopping: the queue is closed
}

// write is one request: what to run, and where the outcome goes.
type write struct {
	ctx  context.Context
	fn   func(*Tx) error
	read bool // fn does not write
	err  error
	done chan struct{} // has something when err is final
}

func startWriter(c *conn, batchMax int, counts *stats) *writer {
	w := &writer{conn: c, batchMax: batchMax, stats: counts, queue: make(chan *write, batchMax), done: make(chan struct{})}
	go w.loop()
	return w
}

// do queues fn and waits for its outcome. Once accepted, it is not given up: an acknowledgement must not get lost.
func (w *writer) do(ctx context.Context, fn func(*Tx) error) error { return w.ask(ctx, fn, false) }

// view is do for an fn that does not write. Nobody else uses the connection, so that alone it needs no transaction.
func (w *writer) view(ctx context.Context, fn func(*Tx) error) error { return w.ask(ctx, fn, true) }

func (w *writer) ask(ctx context.Context, fn func(*Tx) error, read bool) error {
	r, _ := w.over.Get().(*write)
	if r == nil {
		r = &write{done: make(chan struct{}, 1)}
	}
	r.ctx, r.fn, r.read = ctx, fn, read
	err := w.accept(r)
	if err == nil {
		<-r.done
		err = r.err
	}
	*r = write{done: r.done}
	w.over.Put(r)
	return err
}

// accept queues r.
func (w *writer) accept(r *write) error {
	w.stopping.RLock()
	defer w.stopping.RUnlock()
	if w.stopped {
		return unavailable(errClosed, false)
	}
	select {
	case w.queue <- r:
		return nil
	case <-r.ctx.Done():
		return unavailable(r.ctx.Err(), false)
	}
}

// stop waits for what was accepted.
func (w *writer) stop() error {
	w.stopping.Lock()
	w.stopped = true
	close(w.queue)
	w.stopping.Unlock()
	<-w.done
	return w.conn.close()
}

func (w *writer) loop() {
	defer close(w.done)
	for r := range w.queue {
		w.batch(r)
	}
}

// batch runs first and whatever else waits in one transaction, and answers all of them after its commit.
func (w *writer) batch(first *write) {
	batch := make([]*write, 1, 8)
	batch[0] = first
	if first.read {
		w.read(first)
		w.answer(batch, nil)
		return
	}
	if err := w.conn.control(`BEGIN IMMEDIATE`); err != nil {
		w.answer(w.waiting(batch), unavailable(err, false))
		return
	}
	if !w.run(first) { // undone with the transaction: there is nothing else in it yet
		w.answer(batch, w.undo())
		return
	}
	for len(batch) < w.batchMax {
		r := w.next()
		if r == nil {
			break
		}
		batch = append(batch, r)
		if !w.join(batch) {
			w.abort(batch)
			return
		}
	}
	w.wary = max(0, w.wary-1)
	if unknown, err := w.conn.commit(); err != nil {
		w.answer(batch, unavailable(err, unknown))
		return
	}
	w.stats.commits.Observe(float64(len(batch)))
	w.answer(batch, nil)
}

// read runs an r that does not write.
func (w *writer) read(r *write) {
	if r.err = r.ctx.Err(); r.err != nil {
		r.err = unavailable(r.err, false)
		return
	}
	r.err = w.begin(false).run(r.fn)
}

// begin returns what the next request gets: valid until it returns.
func (w *writer) begin(writes bool) *Tx {
	w.tx = Tx{on: w.conn, words: &sqliteWords, writes: writes}
	return &w.tx
}

// run runs r and reports whether it succeeded.
func (w *writer) run(r *write) bool {
	if r.err = r.ctx.Err(); r.err != nil {
		r.err = unavailable(r.err, false)
		return false
	}
	r.err = w.begin(true).run(r.fn)
	return r.err == nil
}

// undo ends the transaction without a trace. It returns nil if that could be done.
func (w *writer) undo() error {
	if err := w.conn.rollback(); err != nil {
		return unavailable(err, false)
	}
	return nil
}

// waryFor is how many transactions with savepoints follow one that had to be begun again. A savepoint costs a copy of each
// page that its request changes, and most requests succeed; where some don't, more of them come.
const waryFor = 64

// join runs the last of batch in the transaction that the others are in. It reports whether that is still usable.
func (w *writer) join(batch []*write) bool {
	r := batch[len(batch)-1]
	switch {
	case r.read:
		w.read(r)
		return true
	case w.wary > 0:
		return w.savepoint(r)
	}
	return w.run(r) || w.again(batch)
}

// again undoes the transaction and runs each of batch so that it can be undone alone.
func (w *writer) again(batch []*write) bool {
	w.wary = waryFor
	last := batch[len(batch)-1]
	if last.err = errors.Join(w.conn.rollback(), w.conn.control(`BEGIN IMMEDIATE`)); last.err != nil {
		return false
	}
	for _, r := range batch {
		if r.read {
			w.read(r)
		} else if !w.savepoint(r) {
			last.err = r.err
			return false
		}
	}
	return true
}

// savepoint runs r so that it can be undone alone. It reports whether the transaction is still usable.
func (w *writer) savepoint(r *write) bool {
	if r.err = w.conn.control(`SAVEPOINT request`); r.err != nil {
		return false
	}
	if !w.run(r) {
		if e := w.conn.control(`ROLLBACK TO request`); e != nil {
			r.err = errors.Join(r.err, e)
			return false
		}
	}
	if e := w.conn.control(`RELEASE request`); e != nil {
		r.err = errors.Join(r.err, e)
		return false
	}
	return true
}

// abort gives the whole transaction up: nobody's request was carried out.
func (w *writer) abort(batch []*write) {
	cause := batch[len(batch)-1].err
	w.answer(batch, unavailable(errors.Join(cause, w.conn.rollback()), false))
}

// answer tells each request its outcome: err if the transaction came to nothing, else its own.
func (w *writer) answer(batch []*write, err error) {
	for i := range batch {
		// Whom a goroutine wakes last goes on first: so that is who asked first, and what they have to tell is told in order.
		r := batch[(i+1)%len(batch)]
		if err != nil {
			r.err = err
		}
		r.done <- struct{}{}
	}
	// Those who were answered go first: what they have to tell would else wait for the next commit's disk, too.
	runtime.Gosched()
}

// waiting adds to batch what is queued already.
func (w *writer) waiting(batch []*write) []*write {
	for r := w.next(); r != nil; r = w.next() {
		batch = append(batch, r)
	}
	return batch
}

// next returns what is queued already, nil for nothing.
func (w *writer) next() *write {
	select {
	case r := <-w.queue: // nil once closed
		return r
	default:
		return nil
	}
}
