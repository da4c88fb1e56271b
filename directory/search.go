package directory

import (
	"context"
	"time"
	"unicode/utf8"

	"foyer/fold"
	"foyer/protocol"
)

const (
	queryMin   = 2                   // code points of a folded query
	recentKept = 30 * 24 * time.Hour // how long a meeting counts
)

// Search returns at most n users after a place, in a stable order: who allows being found by the exact address that
// query is, by id; then those whose name, a later word of it or username begins with query, by what matched and id.
// A query of fewer than 2 characters after folding is -32602.
func (s *Service) Search(ctx context.Context, viewer, query string, after Place, n int) ([]Hit, error) {
	q := Query{Viewer: viewer, Prefix: fold.Name(query), Address: fold.Address(query)}
	length := utf8.RuneCountInString(q.Prefix)
	if length < queryMin {
		return nil, protocol.InvalidParams("query", "must have at least 2 characters")
	}
	var hits []Hit
	var err error
	if q.Address != "" && !after.ByWord {
		if hits, err = s.store.FindByAddress(ctx, q, after, n); err != nil {
			return nil, err
		}
	}
	if len(hits) == n || length > maxWord {
		return hits, nil
	}
	if !after.ByWord {
		after = Place{ByWord: true}
	}
	more, err := s.store.FindByWord(ctx, q, after, n-len(hits))
	if err != nil {
		return nil, err
	}
	return append(hits, more...), nil
}

// Recent returns at most n of those whom viewer met in sessions of the last 30 days, the last met first, from after
// on; not those who opted out, nor those whom viewer has blocked. The zero Meeting is before all.
func (s *Service) Recent(ctx context.Context, viewer string, after Meeting, n int) ([]Meeting, error) {
	return s.store.Met(ctx, viewer, s.now().Add(-recentKept), after, n)
}
