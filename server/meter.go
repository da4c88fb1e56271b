package server

import "time"

// meter is a token bucket: rate a second, burst at once. A rate of 0 is no limit. Owned by the device's read goroutine.
type meter struct {
	tokens float64
	last   time.Time
	debt   int // refusals since the last request that was let through
}

// allow takes one token at now. When there is none it returns how long until there is.
func (m *meter) allow(now time.Time, rate, burst int) (ok bool, wait time.Duration) {
	if rate == 0 {
		return true, 0
	}
	if m.last.IsZero() {
		m.tokens = float64(burst)
	} else {
		m.tokens = min(float64(burst), m.tokens+now.Sub(m.last).Seconds()*float64(rate))
	}
	m.last = now
	if m.tokens >= 1 {
		m.tokens--
		m.debt = 0
		return true, 0
	}
	m.debt++
	return false, time.Duration((1 - m.tokens) / float64(rate) * float64(time.Second))
}
