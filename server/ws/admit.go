package ws

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// door lets new devices in at a bounded rate, and tells those whom it turns away when to come back: each at a random
// moment within the time that it takes to let in all who were turned away. So a herd comes back at the pace at which it
// can be let in, and not all at once.
type door struct {
	limiter *rate.Limiter
	pace    float64 // devices a second that are let in when more want to

	mu      sync.Mutex // guards what follows
	outside float64    // who was turned away and, as far as is known, still wants in
	at      time.Time  // when outside was true
}

// paceUnlimited is the pace assumed where the rate is not limited and other things keep devices out.
const paceUnlimited = 300

// longestOutside bounds how long somebody is told to stay away.
const longestOutside = 30 * time.Second

func newDoor(perSecond int) *door {
	if perSecond == 0 {
		return &door{limiter: rate.NewLimiter(rate.Inf, 0), pace: paceUnlimited}
	}
	return &door{limiter: rate.NewLimiter(rate.Limit(perSecond), perSecond), pace: float64(perSecond)}
}

// retryAfter counts one more who was turned away and returns how many seconds to stay away, at least 1.
func (d *door) retryAfter() int {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outside = max(0, d.outside-now.Sub(d.at).Seconds()*d.pace) + 1
	d.at = now
	longest := min(d.outside/d.pace, longestOutside.Seconds()-1)
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
