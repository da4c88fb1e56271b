package server

import (
	"context"
	"maps"

	"foyer/invitation"
)

// blockCame takes note for both that a user blocks another, or no longer. It holds at once, and is looked up afterwards:
// two nodes' words may come in either order.
func (s *Server) blockCame(b invitation.BlockChange) {
	for _, id := range []string{b.By, b.Of} {
		a := s.account(id)
		if a == nil {
			continue
		}
		a.blocked(b)
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

// missedBlock reports whether one of the two is here and the word of it has not come: it may have been lost, and the one who
// is blocked is told nothing that would have it noticed.
func (s *Server) missedBlock(b invitation.BlockChange) bool {
	by, of := s.account(b.By), s.account(b.Of)
	return by != nil && by.hasBlocked(b) != b.Blocked || of != nil && of.hasBlocked(b) != b.Blocked
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

// hasBlocked reports whether it is known that one of the two, of whom the account is one, blocks the other.
func (a *account) hasBlocked(b invitation.BlockChange) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if b.By == a.id {
		return a.blocks[b.Of]
	}
	return a.blockedBy[b.By]
}

// blocked takes note of a block or its end; the account is one of the two.
func (a *account) blocked(b invitation.BlockChange) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.words++
	side, other := &a.blocks, b.Of
	if b.By != a.id {
		side, other = &a.blockedBy, b.By
	}
	switch {
	case !b.Blocked:
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
