package server

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"foyer/people"
	"foyer/protocol"
	"foyer/server/cluster"
)

// panel is the focus panel that a device has open. It is looked at anew after whatever might have changed it, and
// told only when it shows something else than before.
type panel struct {
	device *Device
	target string

	mu      sync.Mutex // guards what follows
	session string     // that the person is shown in: its settings decide whether it can be joined
	shown   []byte
	looking bool // somebody looks at it now
	again   bool // and must once more
	closed  bool
	timer   *time.Timer
}

// focus opens a panel in the place of the one before and returns what it shows.
func (s *Server) focus(ctx context.Context, d *Device, target string) (protocol.Focus, error) {
	p := &panel{device: d, target: target, looking: true}
	d.mu.Lock()
	before := d.touched
	d.mu.Unlock()
	if err := s.bus.Subscribe(ctx, cluster.PersonTopic(target)); err != nil {
		return protocol.Focus{}, err
	}
	s.panels.Add(target, p)
	f, next, err := s.people.Focus(ctx, d.viewer(), target)
	if err != nil {
		s.closePanel(p)
		return protocol.Focus{}, err
	}
	d.mu.Lock()
	old, missed := d.panel, d.touched != before
	d.panel = p
	d.mu.Unlock()
	p.mu.Lock()
	p.shown = encode(protocol.NotifyFocusChanged, f)
	p.again = p.again || missed
	p.mu.Unlock()
	s.closePanel(old)
	s.looked(p, next, s.panelAt(ctx, p, f))
	return f, nil
}

// unfocus closes the device's panel, if it has one.
func (s *Server) unfocus(d *Device) {
	d.mu.Lock()
	old := d.panel
	d.panel = nil
	d.mu.Unlock()
	s.closePanel(old)
}

func (s *Server) closePanel(p *panel) {
	if p == nil {
		return
	}
	s.panels.Remove(p.target, p)
	s.bus.Unsubscribe(cluster.PersonTopic(p.target))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	s.leavePanelAt(p, p.session)
	if p.timer != nil {
		p.timer.Stop()
	}
}

// touchPanelsOf has every open panel of a person looked at again.
func (s *Server) touchPanelsOf(target string) {
	for _, p := range s.panels.Of(target) {
		s.look(p)
	}
}

// touchPanel has the device's panel looked at again, if it has one; with of, only if it shows one of them or one of
// them looks.
func (s *Server) touchPanel(d *Device, of ...string) {
	d.mu.Lock()
	d.touched++ // one that is being opened may have been read already
	p := d.panel
	d.mu.Unlock()
	if p != nil && (len(of) == 0 || slices.Contains(of, p.target) || slices.Contains(of, d.userID)) {
		s.look(p)
	}
}

// look has a panel looked at in the background; asking again while that goes on means once more.
func (s *Server) look(p *panel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if p.looking {
		p.again = true
		return
	}
	p.looking = true
	s.background(func(ctx context.Context) { s.lookNow(ctx, p) })
}

func (s *Server) lookNow(ctx context.Context, p *panel) {
	f, next, err := s.people.Focus(ctx, p.device.viewer(), p.target)
	if err == nil {
		p.show(encode(protocol.NotifyFocusChanged, f))
		err = s.panelAt(ctx, p, f)
	}
	s.looked(p, next, err)
}

// show tells the device what the panel shows, if that is different.
func (p *panel) show(frame []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || bytes.Equal(frame, p.shown) {
		return
	}
	p.shown = frame
	p.device.deliver(outgoing{frame: frame, panel: p})
}

// looked ends a look: the next one comes at once if something happened meanwhile, soon if this one failed, else at next
// (zero: not by itself).
func (s *Server) looked(p *panel, next time.Time, err error) {
	if err != nil {
		s.log.Warn().Err(err).Msg("focus panel not kept")
		next = s.now().Add(time.Second)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looking = false
	if p.closed {
		return
	}
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if p.again {
		p.again, p.looking = false, true
		s.background(func(ctx context.Context) { s.lookNow(ctx, p) })
		return
	}
	if !next.IsZero() {
		p.timer = s.after(max(time.Millisecond, next.Sub(s.now())), func() { s.look(p) })
	}
}

func (d *Device) viewer() people.Viewer { return people.Viewer{UserID: d.userID, DeviceID: d.id} }
