package invitation

import (
	"context"
	"fmt"
	"strings"

	"foyer/protocol"
	"foyer/protocol/fold"
)

// List returns a page of viewer's invitations, newest first, with the revision that it belongs to.
func (s *Service) List(ctx context.Context, viewer string, p protocol.InvitationListParams) (protocol.InvitationListResult, error) {
	q := BoxQuery{Viewer: viewer, Box: p.Box, State: p.State}
	if q.State == "" {
		q.State = protocol.ListPending
	}
	limit, err := pageLimit(p.Page.Limit)
	if err != nil {
		return protocol.InvitationListResult{}, err
	}
	cursors := cursorFor("invitations", viewer, string(q.Box), string(q.State), p.Query)
	var after Place
	if err := cursors.decode(p.Cursor, &after); err != nil {
		return protocol.InvitationListResult{}, err
	}
	var page invitationPage
	var out protocol.InvitationListResult
	err = s.store.View(ctx, func(tx Reader) error {
		page, out = invitationPage{limit: limit}, protocol.InvitationListResult{Invitations: []protocol.Invitation{}}
		var err error
		if out.Rev, out.Unseen, err = tx.Badge(viewer); err != nil {
			return err
		}
		if out.Total, err = page.read(tx, q, newMatcher(p.Query), after); err != nil {
			return err
		}
		out.Invitations, err = page.join(tx, viewer)
		return err
	})
	if err != nil {
		return protocol.InvitationListResult{}, fmt.Errorf("list invitations: %w", err)
	}
	if page.more {
		last := page.rows[len(page.rows)-1]
		out.NextCursor = cursors.encode(Place{SentAt: last.SentAt, ID: last.ID})
	}
	return out, nil
}

// invitationPage collects up to limit invitations and whether there are more.
type invitationPage struct {
	limit int
	rows  []Record
	users []protocol.User
	more  bool
}

func (p *invitationPage) add(r Record, u protocol.User) {
	if len(p.rows) == p.limit {
		p.more = true
		return
	}
	p.rows, p.users = append(p.rows, r), append(p.users, u)
}

// read fills the page from after on and returns how many invitations the filter finds. With a query all of them are
// looked at, in one pass; without one the database counts.
func (p *invitationPage) read(tx Reader, q BoxQuery, m matcher, after Place) (total int, err error) {
	if m.all() {
		err = tx.Invitations(q, after, p.limit+1, func(r Record, u protocol.User) bool {
			p.add(r, u)
			return true
		})
		if err != nil {
			return 0, err
		}
		return tx.CountInvitations(q)
	}
	err = tx.Invitations(q, Place{}, 0, func(r Record, u protocol.User) bool {
		if !m.finds(u) && !(u.ID == "" && m.findsAddress(r.Address)) {
			return true
		}
		total++
		if after.ID == "" || r.SentAt < after.SentAt || r.SentAt == after.SentAt && r.ID < after.ID {
			p.add(r, u)
		}
		return true
	})
	return total, err
}

// join returns the page as viewer sees it.
func (p *invitationPage) join(tx Reader, viewer string) ([]protocol.Invitation, error) {
	j := newJoiner(tx)
	notes := make([]*invitationNote, len(p.rows))
	for i, r := range p.rows {
		notes[i] = r.note(viewer)
		j.records[r.ID], j.users[p.users[i].ID] = r, p.users[i]
	}
	if err := j.need(viewer, nil, notes...); err != nil {
		return nil, err
	}
	out := make([]protocol.Invitation, len(notes))
	for i, n := range notes {
		out[i] = *j.invitation(viewer, *n, p.users[i].ID)
	}
	return out, nil
}

// ConnectionQuery selects and pages connections.
type ConnectionQuery struct {
	Query  string // the beginning of a name, a word of it or a username
	Cursor string
	Limit  int                      // 50 when 0
	Only   func(userID string) bool // keeps those for which it is true; nil keeps all
}

// ConnectionPage is a page of connections by name, without presence.
type ConnectionPage struct {
	People     []protocol.Person
	Total      int
	Rev        int64
	NextCursor string
}

// Connections returns a page of viewer's connections by name. Only is called while the store is read: it must not call
// the Service.
func (s *Service) Connections(ctx context.Context, viewer string, q ConnectionQuery) (ConnectionPage, error) {
	limit, err := pageLimit(optional(q.Limit))
	if err != nil {
		return ConnectionPage{}, err
	}
	cursors := cursorFor("connections", viewer, q.Query)
	var after NamePlace
	if err := cursors.decode(q.Cursor, &after); err != nil {
		return ConnectionPage{}, err
	}
	m := newMatcher(q.Query)
	var out ConnectionPage
	var last NamePlace
	more := false
	err = s.store.View(ctx, func(tx Reader) error {
		out, more = ConnectionPage{People: []protocol.Person{}}, false
		var err error
		if out.Rev, _, err = tx.Badge(viewer); err != nil {
			return err
		}
		take := func(c ConnectionRow) bool {
			if more = len(out.People) == limit; !more {
				u, since := c.User, protocol.AtMillis(c.Since)
				out.People = append(out.People, protocol.Person{User: &u, Relation: protocol.Relation{State: protocol.RelationConnected, Since: &since}})
				last = c.Place
			}
			return !more
		}
		if m.all() && q.Only == nil {
			if out.Total, err = tx.Connected(viewer); err != nil {
				return err
			}
			return tx.Connections(viewer, after, limit+1, take)
		}
		return tx.Connections(viewer, NamePlace{}, 0, func(c ConnectionRow) bool {
			if m.finds(c.User) && (q.Only == nil || q.Only(c.User.ID)) {
				out.Total++
				if !more && c.Place.after(after) {
					take(c)
				}
			}
			return true
		})
	})
	if err != nil {
		return ConnectionPage{}, fmt.Errorf("list connections: %w", err)
	}
	if more {
		out.NextCursor = cursors.encode(last)
	}
	return out, nil
}

func (p NamePlace) after(q NamePlace) bool {
	return p.NameKey > q.NameKey || p.NameKey == q.NameKey && p.UserID > q.UserID
}

// matcher finds people by the beginning of a name, of a word of it, or of a username, as a search does.
type matcher struct{ name, username, address string }

func newMatcher(query string) matcher {
	query = strings.TrimSpace(query)
	return matcher{fold.Name(query), fold.Username(query), strings.ToLower(query)}
}

// all reports whether everybody is found.
func (m matcher) all() bool { return m.name == "" && m.username == "" }

func (m matcher) finds(u protocol.User) bool {
	if m.all() {
		return true
	}
	if m.username != "" && strings.HasPrefix(fold.Username(u.Username), m.username) {
		return true
	}
	if m.name == "" {
		return false
	}
	for _, start := range fold.Starts(u.Name) {
		if strings.HasPrefix(start, m.name) {
			return true
		}
	}
	return false
}

func (m matcher) findsAddress(address string) bool {
	return strings.HasPrefix(strings.ToLower(address), m.address)
}
