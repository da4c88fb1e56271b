package memory

import (
	"time"

	"foyer/protocol"
	"foyer/session"
)

// flushAndUnlock publishes what happened in p, at once if the last flush was long enough ago, else when it will be.
// One flush of a session runs at a time, so that versions are published in their order. It releases mu.
func (r *Registry) flushAndUnlock(p *place) {
	if !r.dueLocked(p) {
		r.mu.Unlock()
		return
	}
	if wait := r.tick - time.Since(p.flushed); wait > 0 && !p.flushed.IsZero() {
		r.mu.Unlock()
		time.AfterFunc(wait, func() { r.flush(p) })
		return
	}
	r.mu.Unlock()
	r.flush(p)
}

// laterLocked is flushAndUnlock for who holds mu for something else: even what is due at once is published by another
// goroutine.
func (r *Registry) laterLocked(p *place) {
	if r.dueLocked(p) {
		time.AfterFunc(max(0, r.tick-time.Since(p.flushed)), func() { r.flush(p) })
	}
}

// dueLocked reports whether the caller has to see to a flush, which is then under way.
func (r *Registry) dueLocked(p *place) bool {
	if p.busy || r.stopped || !p.roster.Pending() && len(p.waiting) == 0 {
		return false
	}
	p.busy = true
	return true
}

// flush publishes what happened in p until now. p is busy.
func (r *Registry) flush(p *place) {
	r.mu.Lock()
	if r.stopped {
		p.answer(p.roster.View())
		r.mu.Unlock()
		return
	}
	change, changed := p.roster.Take()
	waiting := p.waiting
	p.waiting = nil
	var view *session.View
	if len(waiting) > 0 {
		view = p.roster.View()
	}
	if changed {
		p.flushed = time.Now()
	}
	r.mu.Unlock()

	if changed {
		r.publish(session.Flush{SessionID: change.SessionID, Version: change.Version, Frame: encode(change), Change: change})
	}
	for _, w := range waiting {
		w <- view
	}

	r.mu.Lock()
	p.busy = false
	r.laterLocked(p)
	r.mu.Unlock()
}

// answer gives all who wait for a flush what there is.
func (p *place) answer(v *session.View) {
	for _, w := range p.waiting {
		w <- v
	}
	p.waiting = nil
}

// encode returns the notification of a change. What it consists of was decoded from JSON or made here, so it encodes.
func encode(change protocol.SessionRoster) []byte {
	frame, err := protocol.EncodeNotification(protocol.NotifySessionRoster, change)
	if err != nil {
		panic("memory: " + err.Error())
	}
	return frame
}
