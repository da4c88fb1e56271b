package server

import (
	"context"

	"foyer/protocol"
	"foyer/server/cluster"
)

// panelAt has a panel looked at again when something about the session changes that the person is shown in: whether it
// can be joined.
func (s *Server) panelAt(ctx context.Context, p *panel, f protocol.Focus) error {
	id := ""
	if at := f.Person.Presence; at != nil && at.Session != nil {
		id = at.Session.ID
	}
	p.mu.Lock()
	same := p.session == id
	p.mu.Unlock()
	if same {
		return nil
	}
	if id != "" {
		if err := s.bus.Subscribe(ctx, cluster.SessionTopic(id)); err != nil {
			return err
		}
		s.panelsAt.Add(id, p)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.leavePanelAt(p, id)
		return nil
	}
	s.leavePanelAt(p, p.session)
	p.session = id
	p.again = p.again || id != "" // for what changed before it was followed
	return nil
}

func (s *Server) leavePanelAt(p *panel, sessionID string) {
	if sessionID != "" {
		s.panelsAt.Remove(sessionID, p)
		s.bus.Unsubscribe(cluster.SessionTopic(sessionID))
	}
}

// touchPanelsAt has every open panel of those who are shown in a session looked at again.
func (s *Server) touchPanelsAt(sessionID string) {
	for _, p := range s.panelsAt.Of(sessionID) {
		s.look(p)
	}
}
