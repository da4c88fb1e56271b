package directory

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"foyer/protocol"
	"foyer/protocol/fold"
)

const (
	queryMin   = 2                   // code points of a folded query
	recentKept = 30 * 24 * time.Hour // how long a meeting counts
)

// Search returns at most n users from a place on, in a stable order: who allows being found by the exact e-mail
// address that query is, by id; then those whose name, a later word of it or username begins with query, by what
// matched and id. next is the place after them, "" at the end. Errors: -32602 for a query of fewer than 2 characters
// after folding, or a place that none is.
func (s *Service) Search(ctx context.Context, viewer, query, place string, n int) (users []protocol.User, next string, err error) {
	q := Query{Viewer: viewer, Prefix: fold.Name(query), Address: fold.Address(query)}
	length := utf8.RuneCountInString(q.Prefix)
	if length < queryMin {
		return nil, "", protocol.InvalidParams("query", "must have at least 2 characters")
	}
	after, ok := parsePlace(place)
	if !ok || after.Word != "" && !strings.HasPrefix(after.Word, q.Prefix) {
		return nil, "", errPlace
	}
	var hits []Hit
	if q.Address != "" && !after.ByWord {
		if hits, err = s.store.FindByAddress(ctx, q, after, n+1); err != nil {
			return nil, "", err
		}
	}
	if len(hits) <= n && length <= maxWord {
		if !after.ByWord {
			after = Place{ByWord: true}
		}
		more, err := s.store.FindByWord(ctx, q, after, n+1-len(hits))
		if err != nil {
			return nil, "", err
		}
		hits = append(hits, more...)
	}
	if len(hits) > n {
		hits = hits[:n]
		next = hits[n-1].Place.String()
	}
	for _, h := range hits {
		users = append(users, h.User)
	}
	return users, next, nil
}

// Recent returns at most n of those whom viewer met in sessions of the last 30 days, the last met first, from a place
// on; not those who opted out, nor those whom viewer has blocked. next is the place after them, "" at the end. A place
// that is none is -32602.
func (s *Service) Recent(ctx context.Context, viewer, place string, n int) (users []protocol.User, next string, err error) {
	after, ok := parseMeeting(place)
	if !ok {
		return nil, "", errPlace
	}
	met, err := s.store.Met(ctx, viewer, s.now().Add(-recentKept), after, n+1)
	if err != nil {
		return nil, "", err
	}
	if len(met) > n {
		met = met[:n]
		next = met[n-1].String()
	}
	for _, m := range met {
		users = append(users, m.User)
	}
	return users, next, nil
}

var errPlace = protocol.InvalidParams("cursor", "is not a cursor of this list")

// String writes p for parsePlace.
func (p Place) String() string {
	if p.ByWord {
		return "w" + p.UserID + "\n" + p.Word
	}
	return "a" + p.UserID
}

func parsePlace(s string) (Place, bool) {
	switch {
	case s == "":
		return Place{}, true
	case s[0] == 'a':
		return Place{UserID: s[1:]}, CheckSubject(s[1:]) == nil
	case s[0] == 'w':
		id, word, ok := strings.Cut(s[1:], "\n") // an id has no control characters
		return Place{ByWord: true, Word: word, UserID: id}, ok && CheckSubject(id) == nil
	}
	return Place{}, false
}

// String writes m for parseMeeting.
func (m Meeting) String() string { return strconv.FormatInt(m.At.UnixMilli(), 10) + " " + m.User.ID }

func parseMeeting(s string) (Meeting, bool) {
	if s == "" {
		return Meeting{}, true
	}
	at, id, ok := strings.Cut(s, " ")
	ms, err := strconv.ParseInt(at, 10, 64)
	return Meeting{User: protocol.User{ID: id}, At: time.UnixMilli(ms).UTC()}, ok && err == nil && CheckSubject(id) == nil
}
