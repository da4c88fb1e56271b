package server

import (
	"fmt"
	"runtime/debug"
	"time"

	"foyer/protocol"
)

// A mistake in this program, a panic, ends what it happened in: a request, a device, a session's tick, a message of the Bus,
// which is as one that was lost. Wherever a goroutine begins, or comes from elsewhere, it is caught.

// mistake logs and counts what was recovered, if anything was.
func (s *Server) mistake(where string, p any) (was bool) {
	if p != nil {
		s.metrics.mistakes.WithLabelValues(where).Inc()
		s.log.Error().Err(panicked(p)).Str("where", where).Msg("mistake in the server")
	}
	return p != nil
}

// safely runs fn. A mistake in it ends fn alone.
func (s *Server) safely(where string, fn func()) {
	defer func() { s.mistake(where, recover()) }()
	fn()
}

// after runs fn in a while. A mistake in it ends fn alone.
func (s *Server) after(wait time.Duration, fn func()) *time.Timer {
	return time.AfterFunc(wait, func() { s.safely("timer", fn) })
}

// after runs fn in a while. A mistake in it ends the device.
func (d *Device) after(wait time.Duration, fn func()) *time.Timer {
	return time.AfterFunc(wait, func() {
		defer func() { d.endIfMistaken(recover()) }()
		fn()
	})
}

// endIfMistaken ends the device after a mistake outside a request, or in what follows its answer: the socket's end undoes
// what was begun. It is given what was recovered.
func (d *Device) endIfMistaken(p any) {
	if d.srv.mistake("device", p) {
		d.close(protocol.CloseOverload, "mistake in the server")
	}
}

// endIfMistaken ends a session on this node after a mistake in a tick: its devices come back, and what they say is taken anew.
func (r *room) endIfMistaken(p any) {
	if r.srv.mistake("tick", p) {
		for _, d := range r.srv.bySession.Of(r.id) {
			d.close(protocol.CloseOverload, "mistake in the server")
		}
	}
}

// mistaken counts what was recovered, if anything was, and makes an error of it: whoever asked is answered so, which is logged.
func (s *Server) mistaken(where string, p any, err *error) {
	if p != nil {
		s.metrics.mistakes.WithLabelValues(where).Inc()
		*err = panicked(p)
	}
}

// panicked makes an error of what was recovered.
func panicked(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }
