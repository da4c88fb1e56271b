package presence

import "time"

// Gap is the least time between two notices of one person's presence.
const Gap = time.Second

// Pace spaces the notices of one person's presence: the first change goes out at once, then at most one a Gap, and
// the last always does. The zero value is ready. It holds no presence: whoever sends, sends the newest.
type Pace struct {
	free    time.Time // from when on a notice may go out
	waiting bool      // a change has not gone out yet
}

// Changed takes note of a change at now. Either it is to be sent now, or Due is to be asked at the time returned. While
// Due has yet to be asked, the time stays the same, so that one timer is enough.
func (p *Pace) Changed(now time.Time) (send bool, at time.Time) {
	if p.waiting || now.Before(p.free) {
		p.waiting = true
		return false, p.free
	}
	p.free = now.Add(Gap)
	return true, time.Time{}
}

// Due reports whether the newest presence is to be sent at now, because a change waited for it.
func (p *Pace) Due(now time.Time) bool {
	if !p.waiting || now.Before(p.free) {
		return false
	}
	p.waiting = false
	p.free = now.Add(Gap)
	return true
}

// Idle reports whether p may be forgotten at now: a fresh one would behave alike.
func (p *Pace) Idle(now time.Time) bool { return !p.waiting && !now.Before(p.free) }
