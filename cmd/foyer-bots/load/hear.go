package load

import (
	"bytes"
	"encoding/json"
	"time"

	"foyer/client/wire"
	"foyer/protocol"
)

// take takes in a frame. It runs on the device's goroutine.
func (d *device) take(frame wire.Frame) {
	now := time.Now()
	if frame.Binary {
		d.see(frame.Data, now)
		return
	}
	if bytes.HasPrefix(frame.Data, rosterPrefix) {
		if r := d.p.f.cache.read(frame.Data); r != nil {
			d.p.f.rec.pushes.Add(1)
			d.roster(r, now)
			return
		}
	}
	m, err := protocol.ParseServerFrame(frame.Data)
	if err != nil {
		d.violate("protocol", "%v", err)
		return
	}
	if m.IsNotification() {
		d.p.f.rec.pushes.Add(1)
		d.told(&m, now)
		return
	}
	d.answered(&m, now)
}

// told takes in a notification.
func (d *device) told(m *protocol.ServerMessage, now time.Time) {
	if !d.online() {
		d.violate("protocol", "%s before the answer to hello", m.Method)
		return
	}
	switch m.Method {
	case protocol.NotifyRelationChanged:
		hear(d, m, func(p *protocol.RelationChanged) { d.related(p, now) })
	case protocol.NotifySettingsChanged:
		hear(d, m, func(p *protocol.SettingsChanged) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.revision(p.Rev)
		})
	case protocol.NotifySessionRoster:
		hear(d, m, func(p *roster) { d.roster(p, now) })
	case protocol.NotifySessionResync:
		hear(d, m, func(p *joined) { d.enter(p, now) })
	case protocol.NotifySessionEnded:
		hear(d, m, d.sessionEnded)
	case protocol.NotifySessionMessage:
		hear(d, m, func(p *protocol.SessionMessage) { d.message(p, now) })
	case protocol.NotifyPresenceChanged:
		hear(d, m, func(p *protocol.PresenceChanged) { d.presences(p, now) })
	}
}

// hear decodes a notification's params.
func hear[P any](d *device, m *protocol.ServerMessage, take func(*P)) {
	p := new(P)
	if err := json.Unmarshal(m.Params, p); err != nil {
		d.violate("protocol", "%s: %v", m.Method, err)
		return
	}
	take(p)
}

// revision holds the device to every revision once and in order; the caller holds mu. A revision that is not the next
// one is taken all the same, so that one fault is one violation.
func (d *device) revision(rev int64) {
	d.p.f.rec.revisions.Add(1)
	if rev != d.rev+1 {
		what := "a revision is missing"
		if rev <= d.rev {
			what = "a revision came again"
		}
		d.p.f.rec.violate("revision", d.p.name+" ("+string(d.kind)+")", "%s: %d after %d", what, rev, d.rev)
	}
	d.rev = max(d.rev, rev)
}
