package server

import (
	"context"
	"maps"

	"foyer/invitation"
	"foyer/server/cluster"
)

// blockCame takes note for both that a user blocks another, or no longer. It holds at once, and is looked up afterwards:
// two nodes' words may come in either order.
func (s *Server) blockCame(m *cluster.Message) {
	for _, id := range []string{m.User, m.Other} {
		a := s.account(id)
		if a == nil {
			continue
		}
		a.blocked(m.User, m.Other, m.On)
		s.background(func(ctx context.Context) { s.reexclude(ctx, id) })
		s.inTurn(&s.blocking, id, func(ctx context.Context) error {
			a := s.account(id)
			if a == nil || !a.loaded() {
				return nil
			}
			changed, err := s.readBlocks(ctx, a)
			if changed {
				s.reexclude(ctx, id)
			}
			return err
		})
	}
}

// read takes what get reads of blocks, with what else take takes of it, and reports whether that is new. It reads again
// where a word about blocks came meanwhile, which may be newer, or not.
func (a *account) read(get func() (b invitation.Blocks, take func(), err error)) (changed bool, err error) {
	for {
		a.mu.Lock()
		words := a.words
		a.mu.Unlock()
		b, take, err := get()
		if err != nil {
			return false, err
		}
		a.mu.Lock()
		if a.words != words {
			a.mu.Unlock()
			continue
		}
		before := a.deaf
		a.blocks, a.blockedBy = set(b.Of), set(b.By)
		a.words++
		a.mixLocked()
		changed = !maps.Equal(before, a.deaf)
		take()
		a.mu.Unlock()
		return changed, nil
	}
}

// readBlocks reads anew who does not hear whom, and reports whether that is new.
func (s *Server) readBlocks(ctx context.Context, a *account) (changed bool, err error) {
	return a.read(func() (invitation.Blocks, func(), error) {
		b, err := s.invitations.Blocks(ctx, a.id)
		return b, func() {}, err
	})
}

// blocked takes note that by blocks of, or no longer; the account is one of the two.
func (a *account) blocked(by, of string, on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.words++
	side, other := &a.blocks, of
	if by != a.id {
		side, other = &a.blockedBy, by
	}
	switch {
	case !on:
		delete(*side, other)
	case *side == nil:
		*side = set([]string{other})
	default:
		(*side)[other] = true
	}
	a.mixLocked()
}

func (a *account) mixLocked() {
	a.deaf = nil
	if len(a.blocks)+len(a.blockedBy) > 0 {
		a.deaf = map[string]bool{}
		maps.Copy(a.deaf, a.blocks)
		maps.Copy(a.deaf, a.blockedBy)
	}
}

// notHeard returns whom the user does not hear, and who does not hear the user: nil for nobody. It must not be changed.
func (a *account) notHeard() map[string]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.deaf
}
