package store

import (
	"container/list"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"foyer/protocol"
)

// Urgency says whose call of the database comes first when more want to than it serves well at once, and how long a
// call waits for its turn before it is refused with ErrOverloaded.
type Urgency int

// The urgencies, first those that come first. Refused first is whatever comes last.
const (
	// Urgent is never refused for load: it waits as long as its context lets it. Calls that were given no urgency are
	// urgent, and so is what a request asks for once its first call had its turn: what has begun is finished.
	Urgent Urgency = iota
	// Act is what people do to each other.
	Act
	// Return is a device that comes back.
	Return
	// Enter is a device or a person that comes new.
	Enter
	// Look is a list or a panel.
	Look
	// Search is a search.
	Search

	urgencies int = iota
)

func (u Urgency) String() string {
	return [urgencies]string{"urgent", "act", "return", "enter", "look", "search"}[u]
}

// patience is how long calls wait for their turn. Who sees a list come late asks again, so it is refused soon; to come in
// late is better than not to. All are within what hello and clients wait for an answer.
var patience = [urgencies]time.Duration{
	Act: 8 * time.Second, Return: 9 * time.Second, Enter: 6 * time.Second, Look: time.Second, Search: 500 * time.Millisecond,
}

// ErrOverloaded says that a call was refused because the database has more to do than it can; nothing was changed. To
// clients it is protocol.Unavailable with the time after which they may try again.
var ErrOverloaded = errors.New("too much to do")

// ticket is one request's place in the line. Only its first call can be refused.
type ticket struct {
	urgency Urgency
	begun   atomic.Bool
}

type ticketKey struct{}

// WithUrgency returns a context for one request, all of whose calls it is for.
func WithUrgency(ctx context.Context, u Urgency) context.Context {
	return context.WithValue(ctx, ticketKey{}, &ticket{urgency: u})
}

// line lets a bounded number of calls into the database at a time, the most urgent first, those of one urgency in the
// order in which they came. So what is urgent waits for no more than the calls that are inside, however many want in.
type line struct {
	limit int // calls inside at once; 0: all

	mu      sync.Mutex // guards what follows
	inside  int
	waiting [urgencies]list.List // of chan struct{}, closed when its turn has come
	refused [urgencies]uint64
}

// enter waits for the turn of ctx's call. After nil the caller must leave.
func (l *line) enter(ctx context.Context) error {
	t, _ := ctx.Value(ticketKey{}).(*ticket)
	u := Urgent
	if t != nil && !t.begun.Load() {
		u = t.urgency
	}
	if err := l.wait(ctx, u); err != nil {
		return err
	}
	if t != nil {
		t.begun.Store(true)
	}
	return nil
}

func (l *line) wait(ctx context.Context, u Urgency) error {
	l.mu.Lock()
	if l.limit == 0 || l.inside < l.limit { // nobody waits: leave hands its place on
		l.inside++
		l.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	place := l.waiting[u].PushBack(turn)
	l.mu.Unlock()
	var over <-chan time.Time
	if d := patience[u]; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	var err error
	select {
	case <-turn:
		return nil
	case <-over:
		err = overloaded()
	case <-ctx.Done():
		err = unavailable(ctx.Err(), false)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-turn: // just now
		return nil
	default:
	}
	l.waiting[u].Remove(place)
	if errors.Is(err, ErrOverloaded) {
		l.refused[u]++
	}
	return err
}

// leave hands the caller's place to whoever is next.
func (l *line) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for u := range l.waiting {
		if next := l.waiting[u].Front(); next != nil {
			close(l.waiting[u].Remove(next).(chan struct{})) //nolint:forcetypeassert // nothing else is in the line
			return
		}
	}
	l.inside--
}

// overloaded refuses a call. The wait is random, so that those who were refused together don't come back together.
func overloaded() error {
	wait := retryAfter + rand.Int64N(2*retryAfter) //nolint:gosec // G404: a wait is no secret
	return &outOfReach{protocol.Refuse(protocol.Unavailable).WithRetryAfter(wait), ErrOverloaded}
}

// openLines makes the lines, for calls at once, or for as many as the database serves well. Reading and writing have a
// line each where the database serves them apart.
func (s *Store) openLines(calls int) {
	updates, views := s.engine.capacity()
	if calls > 0 {
		updates, views = calls, min(views, calls)
	}
	s.updates = &line{limit: updates}
	if s.views = s.updates; views > 0 {
		s.views = &line{limit: views}
	}
}

// inTurn has fn carried out once it is its turn.
func (s *Store) inTurn(ctx context.Context, l *line, kind string, fn func(*Tx) error, carryOut func(context.Context, func(*Tx) error) error) error {
	asked := time.Now()
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	began := time.Now()
	s.stats.waited.Observe(began.Sub(asked).Seconds())
	err := carryOut(ctx, fn)
	s.stats.called(kind, began, err)
	return err
}
