package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"foyer/protocol"
)

// panel is what a device shows of a person: one is opened anew on each socket, and follows what changes.
type panel struct {
	of string

	mu    sync.Mutex
	shown string // relation and actions; "" while none is open
}

// open has the actor's device keep a panel of one of the others open.
func (a *actor) open(rng *rand.Rand) {
	others := []string{a.g.name + "-a", a.g.name + "-b", a.g.name + "-c"}
	p := &panel{of: others[rng.IntN(3)]}
	if p.of == a.d.user {
		return // nobody looks at themselves
	}
	a.panel = p
	notice := a.d.onNotice
	a.d.onNotice = func(d *device, l *line, m *protocol.ServerMessage) {
		if m.Method == protocol.NotifyFocusChanged {
			p.take(m.Params)
		}
		notice(d, l, m)
	}
	a.d.onAnswer = func(_ *line, method protocol.Method, m *protocol.ServerMessage) {
		if method == protocol.MethodPeopleFocus && m.Error == nil {
			p.take(m.Result)
		}
	}
	a.d.onLine = func(_ *device, l *line, _ *protocol.HelloResult) {
		go func() {
			_, _ = l.ask(a.g.w.t.Context(), protocol.MethodPeopleFocus, protocol.FocusParams{UserID: p.of})
		}()
	}
	a.d.onGone = func(*device, *line) { p.show("") }
}

func (p *panel) take(focus json.RawMessage) {
	if shown := describeFocus(focus); shown != "" {
		p.show(shown)
	}
}

func (p *panel) show(shown string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = shown
}

// describeFocus keeps of a panel what follows from the pair.
func describeFocus(focus json.RawMessage) string {
	var f protocol.Focus
	if json.Unmarshal(focus, &f) != nil {
		return ""
	}
	r := f.Person.Relation
	out := string(r.State)
	if r.Invitation != nil {
		out += " " + short(r.Invitation.ID)
	}
	for _, a := range f.Actions {
		out += fmt.Sprintf(" %s:%t:%s", a.Action, a.Enabled, a.Reason)
	}
	return out
}

// panelWithin is how long an open panel may take to show what is answered anew.
const panelWithin = 5 * time.Second

// checkPanels holds each open panel against a fresh one, asked for by the user's other device.
func (g *group) checkPanels(ctx context.Context) {
	for i, a := range g.actors {
		if a.panel == nil {
			continue
		}
		other := g.actors[i^1].d // the user's other device, which has no panel open
		var shown, fresh string
		for late := time.Now().Add(panelWithin); time.Now().Before(late) && ctx.Err() == nil; sleep(ctx, 50*time.Millisecond) {
			f, refusal, err := call[json.RawMessage](ctx, other, protocol.MethodPeopleFocus, protocol.FocusParams{UserID: a.panel.of})
			if err != nil || refusal != nil {
				return
			}
			fresh = describeFocus(f)
			a.panel.mu.Lock()
			shown = a.panel.shown
			a.panel.mu.Unlock()
			if shown == fresh {
				break
			}
		}
		g.w.stats.panels.Add(1)
		if shown != fresh && ctx.Err() == nil && shown != "" {
			g.w.violate("panel", "%s shows of %s %q; asked anew it is %q", a.d.name, a.panel.of, shown, fresh)
		}
	}
}
