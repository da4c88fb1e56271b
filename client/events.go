package client

import (
	"sync"
	"time"

	"foyer/protocol"
)

// Event is what OnEvent is given: a pointer to a notification's struct (*protocol.RelationChanged,
// *protocol.SessionRoster, …; *protocol.SessionJoinResult also after the client joined its session again), or one of
// *Online, *Offline and *RejoinRefused. New kinds may come; ignore those you don't know.
type Event any

// Online says that hello was answered.
type Online struct {
	Hello protocol.HelloResult
	// Fresh says that notifications may have been missed: what is known of relations and settings must be fetched
	// again. It is true at the first connect.
	Fresh bool
}

// Offline says that the socket is gone and when the client will try again.
type Offline struct {
	Err     error
	RetryIn time.Duration
}

// RejoinRefused says that the client came back, but not into its session.
type RejoinRefused struct {
	SessionID string
	Err       error
}

// queue holds events until the handler takes them: it never blocks who adds, and grows as needed.
type queue struct {
	mu     sync.Mutex
	wake   *sync.Cond
	events []Event
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.wake = sync.NewCond(&q.mu)
	return q
}

func (q *queue) add(e Event) {
	q.mu.Lock()
	if !q.closed {
		q.events = append(q.events, e)
	}
	q.mu.Unlock()
	q.wake.Signal()
}

// close lets deliver return: after all that waits, or with discard after the event it is at.
func (q *queue) close(discard bool) {
	q.mu.Lock()
	q.closed = true
	if discard {
		q.events = nil
	}
	q.mu.Unlock()
	q.wake.Signal()
}

// deliver hands events to the handler, one by one, until the queue is closed.
func (q *queue) deliver(handler func(Event)) {
	for {
		e, ok := q.next()
		if !ok {
			return
		}
		handler(e)
	}
}

// next waits for an event; there is none once the queue is closed and empty.
func (q *queue) next() (e Event, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.events) == 0 {
		if q.closed {
			return nil, false
		}
		q.wake.Wait()
	}
	e = q.events[0]
	q.events[0] = nil
	q.events = q.events[1:]
	return e, true
}
