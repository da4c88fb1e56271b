package ws

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// door lets new devices in at a bounded rate, and one after the other: of a crowd that comes in one instant each waits
// for its turn, so that those who are in already don't wait for the whole crowd. Those whom it turns away are told to
// come back each at a random moment within the time that it takes to let in all of them. So a herd comes back at the pace
// at which it can be let in, and not all at once. While the machine is behind, that pace is slower.
type door struct {
	limiter *rate.Limiter // how many may come in
	line    *rate.Limiter // and one after the other; nil: at any rate
	pace    float64       // devices a second that are let in when more want to
	load    load

	mu      sync.Mutex // guards what follows, and asking load
	looked  time.Time  // when the line's rate was set last
	outside float64    // who was turned away and, as far as is known, still wants in
	at      time.Time  // when outside was true
}

// load tells how busy this machine is.
type load interface {
	// behind reports whether what could run had to wait for a processor for long, since it was asked last.
	behind() bool
}

const (
	// paceUnlimited is the pace assumed where the rate is not limited and other things keep devices out.
	paceUnlimited = 300
	// longestOutside bounds how long somebody is told to stay away.
	longestOutside = 30 * time.Second
	// longestTurn bounds how long somebody waits for the turn.
	longestTurn = time.Second
	// together is how many come in at once, at least.
	together = 20
	// lookEvery is how often the line's rate follows the machine.
	lookEvery = 100 * time.Millisecond
	// slowest is the part of the pace that is kept on a machine that is behind: who waits outside wants in too, and after a
	// restart within the time for which members are waited for.
	slowest = 2.0 / 3
)

func newDoor(perSecond int) *door {
	if perSecond == 0 {
		return &door{limiter: rate.NewLimiter(rate.Inf, 0), pace: paceUnlimited}
	}
	limit := rate.Limit(perSecond)
	return &door{
		limiter: rate.NewLimiter(limit, perSecond), line: rate.NewLimiter(limit, max(together, perSecond/10)), pace: float64(perSecond), load: newSchedule(),
	}
}

// enter waits for the turn of somebody who wants in. It is false for who is turned away, at once.
func (d *door) enter(ctx context.Context) bool {
	if !d.limiter.Allow() {
		return false
	}
	if d.line == nil {
		return true
	}
	d.follow()
	if d.line.Allow() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, longestTurn)
	defer cancel()
	return d.line.Wait(ctx) == nil
}

// follow sets the line's rate to what the machine can do: slower at once while it is behind, faster by and by when not.
func (d *door) follow() {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Sub(d.looked) < lookEvery {
		return
	}
	d.looked = now
	limit := float64(d.line.Limit()) + d.pace/20
	if d.load.behind() {
		limit = float64(d.line.Limit()) * 0.8
	}
	d.line.SetLimit(rate.Limit(min(max(limit, d.pace*slowest), d.pace)))
}

// retryAfter counts one more who was turned away and returns how many seconds to stay away, at least 1.
func (d *door) retryAfter() int {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	pace := d.pace
	if d.line != nil {
		pace = float64(d.line.Limit())
	}
	d.outside = max(0, d.outside-now.Sub(d.at).Seconds()*pace) + 1
	d.at = now
	longest := min(d.outside/pace, longestOutside.Seconds()-1)
	return 1 + int(rand.Float64()*(longest+1)) //nolint:gosec // G404: a wait is no secret
}

// refuse answers the request and counts it.
func (a *Acceptor) refuse(w http.ResponseWriter, e *Refused) error {
	a.stats.Refused[e.Why].Add(1)
	h := w.Header()
	switch e.Status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodGet)
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(a.door.retryAfter()))
	case http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(int(a.options.PingEvery/time.Second)+1))
	case http.StatusBadRequest:
		h.Set("Sec-WebSocket-Version", "13")
	}
	http.Error(w, e.Cause, e.Status)
	return e
}
