package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// kind is how a transaction is made.
type kind struct {
	begin  string
	writes bool
	places chan struct{}
	door   *door
}

// attemptsMax is how often a transaction is run that others get in the way of.
const attemptsMax = 12

// run carries fn out in a transaction within the patience, again and again if others get in its way or a connection
// turns out to be lost before anything was committed. The caller's ctx ends the waiting, not what has begun: an
// acknowledgement must not get lost.
func (p *postgres) run(ctx context.Context, k *kind, fn func(*Tx) error) error {
	open := k.door.open.Load()
	if open == nil {
		return unavailable(errStalled, false)
	}
	deadline := time.Now().Add(p.patience)
	wait, stop := context.WithDeadline(ctx, deadline)
	defer stop()
	select {
	case k.places <- struct{}{}:
	case <-open.Done():
		return unavailable(errStalled, false)
	case <-wait.Done():
		return unavailable(wait.Err(), false)
	}
	suspicion := time.AfterFunc(p.patience/2, p.gate.suspect)
	defer suspicion.Stop()
	rest := func() {}
	defer func() {
		if k.writes {
			<-k.places
			return
		}
		go func() { // nobody waits for what ends a snapshot
			rest()
			<-k.places
		}()
	}()
	if err := wait.Err(); err != nil {
		return unavailable(err, false)
	}
	work, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	conflicts, lost := 0, 0
	for {
		o := p.once(work, open, k, fn)
		if o.rest != nil {
			rest = o.rest
		}
		switch o.hindrance {
		case conflict:
			conflicts++
			if conflicts >= attemptsMax || !pause(work, conflicts) {
				return o.err
			}
		case broken:
			// Each attempt uses up one of the connections that were in the pool when the server went.
			if lost++; lost > p.size {
				return o.err
			}
		case none, away:
			return o.err
		}
	}
}

// pause waits a random while that grows with the attempts. It reports whether there is time left.
func pause(ctx context.Context, attempts int) bool {
	t := time.NewTimer(rand.N(time.Millisecond << min(attempts, 7))) //nolint:gosec // no secret
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hindrance is what kept a transaction from being carried out.
type hindrance int

const (
	none     hindrance = iota // carried out, or refused by its function
	conflict                  // others got in the way: worth another attempt
	broken                    // the connection was lost, nothing is committed: worth another attempt on another one
	away                      // the database can't or won't, or didn't answer in time
)

// outcome is what became of one attempt.
type outcome struct {
	err error
	hindrance
	rest func() // what is still to be done with the connection, nil for nothing
}

// once makes one attempt. Nobody waits for a connection any more once open has ended.
func (p *postgres) once(ctx, open context.Context, k *kind, fn func(*Tx) error) outcome {
	wait, stop := context.WithCancel(ctx)
	patient := context.AfterFunc(open, stop)
	c, err := p.pool.Acquire(wait)
	patient()
	stop()
	if err != nil {
		return outcome{err: unavailable(withoutAddress(err), false), hindrance: away}
	}
	on := &postgresConn{ctx: ctx, c: c}
	tx := &Tx{on: on, words: &postgresWords, writes: k.writes, locks: k.writes, remote: true, waiting: []*statement{{query: k.begin}}}
	err = tx.run(fn)
	switch {
	case tx.broken != nil:
		return on.failed(tx.broken)
	case err == nil && k.writes:
		return on.commit(tx)
	}
	if k.writes {
		on.rollback()
		return outcome{err: err}
	}
	return outcome{err: err, rest: on.rollback}
}

func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err)
}

// withoutAddress keeps of a failure to connect what doesn't name the host, the user and the database.
func withoutAddress(err error) error {
	var e *pgconn.ConnectError
	if errors.As(err, &e) && e.Unwrap() != nil {
		return e.Unwrap()
	}
	return err
}

// asked reports whether dsn sets a parameter.
func asked(dsn, name string) bool {
	u, err := url.Parse(dsn)
	return err == nil && u.Query().Has(name)
}
