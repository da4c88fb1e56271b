package directory

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"foyer/protocol"
	"foyer/protocol/fold"
)

// seenEvery is how old SeenAt may get before a hello that brings nothing new writes it.
const seenEvery = time.Hour

// Service answers for the directory. It is safe for concurrent use.
type Service struct {
	store Store
	now   func() time.Time
}

// New returns a Service on store with the clock now.
func New(store Store, now func() time.Time) *Service { return &Service{store, now} }

// Changed says what an Upsert brought.
type Changed struct {
	New       bool // the user was not known before
	Alone     bool // New, and there is nothing between them and anybody; a user of their id may have been erased
	Shown     bool // name, username or picture: what others see
	Addresses bool // an address, or whether it is verified
}

// Any reports whether anything is different.
func (c Changed) Any() bool { return c.New || c.Shown || c.Addresses }

// Upsert makes known what a token says about its user, at hello and when the token is refreshed. Names are cleaned,
// values that can't be right left out. It returns token_invalid for an impossible subject. A hello that brings
// nothing new writes nothing more than once an hour.
func (s *Service) Upsert(ctx context.Context, c Claims) (User, Changed, error) {
	return s.upsert(ctx, c, true)
}

// Put makes a user known without their being here: the server API's way.
func (s *Service) Put(ctx context.Context, c Claims) (User, Changed, error) {
	return s.upsert(ctx, c, false)
}

func (s *Service) upsert(ctx context.Context, c Claims, here bool) (u User, changed Changed, err error) {
	if err := CheckSubject(c.Subject); err != nil {
		return User{}, Changed{}, err
	}
	now := s.now().UTC().Truncate(time.Millisecond)
	var write bool
	err = s.store.View(ctx, func(tx Tx) error {
		u, changed, write, err = merge(tx, c, now, here)
		return err
	})
	if err != nil || !write {
		return u, changed, err
	}
	if changed.New {
		if changed.Alone, err = s.add(ctx, &u); !errors.Is(err, errKnown) {
			return u, changed, err
		}
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		u, changed, write, err = merge(tx, c, now, here)
		if err != nil || !write {
			return err
		}
		if u.HoldsUsername {
			if err := tx.ReleaseUsername(u.Username); err != nil {
				return err
			}
		}
		return tx.Save(u)
	})
	return u, changed, err
}

// errKnown says that somebody was made known meanwhile.
var errKnown = errors.New("user is known")

// add makes a user known who was not a moment ago.
func (s *Service) add(ctx context.Context, u *User) (alone bool, err error) {
	err = s.store.Update(ctx, func(tx Tx) (err error) {
		if u.HoldsUsername {
			if err := tx.ReleaseUsername(u.Username); err != nil {
				return err
			}
		}
		var added bool
		if added, alone, err = tx.Add(*u); err == nil && !added {
			err = errKnown
		}
		return err
	})
	return alone, err
}

// merge returns the user as c makes them, what is different, and whether there is anything to write.
func merge(tx Tx, c Claims, now time.Time, here bool) (u User, changed Changed, write bool, err error) {
	old, found, err := tx.User(c.Subject)
	if err != nil {
		return User{}, Changed{}, false, err
	}
	if !found {
		old = User{Settings: protocol.DefaultSettings(), CreatedAt: now, ShownRev: now.UnixMilli()}
	}
	u = old.apply(c)
	changed = Changed{
		New:       !found,
		Shown:     u.Public() != old.Public(),
		Addresses: u.Email != old.Email || u.EmailVerified != old.EmailVerified || u.Phone != old.Phone || u.PhoneVerified != old.PhoneVerified,
	}
	if u.HoldsUsername, err = holds(tx, old, u); err != nil {
		return User{}, Changed{}, false, err
	}
	if here && now.Sub(old.SeenAt) >= seenEvery {
		u.SeenAt = now
	}
	return u, changed, changed.New || u != old, nil
}

// holds reports whether u's username is to address u: when the token brings it anew, or when nobody has it.
func holds(tx Tx, old, u User) (bool, error) {
	switch {
	case u.Username == "":
		return false, nil
	case fold.Username(u.Username) != fold.Username(old.Username):
		return true, nil
	case old.HoldsUsername:
		return true, nil
	}
	holder, err := tx.UsernameHolder(u.Username)
	return holder == "", err
}

// Get returns those of ids that are known, in one read.
func (s *Service) Get(ctx context.Context, ids ...string) (map[string]User, error) {
	possible := make([]string, 0, len(ids))
	for _, id := range ids {
		if CheckSubject(id) == nil {
			possible = append(possible, id)
		}
	}
	if len(possible) == 0 {
		return map[string]User{}, nil
	}
	return s.store.Users(ctx, possible)
}

// Profiles returns those of ids that are known, as others see them.
func (s *Service) Profiles(ctx context.Context, ids ...string) (map[string]protocol.User, error) {
	users, err := s.Get(ctx, ids...)
	if err != nil {
		return nil, err
	}
	profiles := make(map[string]protocol.User, len(users))
	for id, u := range users {
		profiles[id] = u.Public()
	}
	return profiles, nil
}

// Find returns one user, or user_not_found.
func (s *Service) Find(ctx context.Context, id string) (User, error) {
	users, err := s.Get(ctx, id)
	if err != nil {
		return User{}, err
	}
	u, ok := users[id]
	if !ok {
		return User{}, protocol.Refuse(protocol.UserNotFound)
	}
	return u, nil
}

// ByUsername returns the one whom username addresses (without case), or user_not_found.
func (s *Service) ByUsername(ctx context.Context, username string) (User, error) {
	if !utf8.ValidString(username) || strings.ContainsFunc(username, unicode.IsControl) {
		return User{}, protocol.Refuse(protocol.UserNotFound)
	}
	u, ok, err := s.store.UserByUsername(ctx, username)
	if err != nil {
		return User{}, err
	}
	if !ok {
		return User{}, protocol.Refuse(protocol.UserNotFound)
	}
	return u, nil
}

// ByAddress returns those who have verified the e-mail address or phone number (without case), the last seen first.
func (s *Service) ByAddress(ctx context.Context, address string) ([]User, error) {
	return s.store.UsersByAddress(ctx, address)
}

// PresenceChange changes what is durable in presence; a nil member stays as it is.
type PresenceChange struct {
	Invisible *bool
	// Note comes with its end in NoteUntil (nil: until changed). A note of "" is removed.
	Note      *string
	NoteUntil *time.Time
}

// SetPresence changes a user's note or invisibility and returns the user as they now are. It returns user_not_found.
func (s *Service) SetPresence(ctx context.Context, userID string, c PresenceChange) (User, error) {
	now := s.now().UTC().Truncate(time.Millisecond)
	return s.change(ctx, userID, func(u *User) {
		old := *u
		if !u.NoteUntil.IsZero() && !now.Before(u.NoteUntil) {
			u.Note, u.NoteUntil = "", time.Time{} // else another end would bring it back
		}
		if c.Note != nil {
			u.Note, u.NoteUntil = *c.Note, time.Time{}
		}
		if c.NoteUntil != nil && u.Note != "" {
			u.NoteUntil = c.NoteUntil.Truncate(time.Millisecond).UTC()
		}
		if c.Invisible != nil && *c.Invisible != u.Invisible {
			u.Invisible = *c.Invisible
			if !u.Invisible {
				u.VisibleSince = now
			}
		}
		if *u != old {
			u.ShownRev = max(old.ShownRev+1, now.UnixMilli()) // greater too than that of a user of that id who was erased
		}
	})
}

// SetSuspended keeps a user out of Foyer, or lets them in again. It returns user_not_found.
func (s *Service) SetSuspended(ctx context.Context, userID string, suspended bool) (User, error) {
	return s.change(ctx, userID, func(u *User) { u.Suspended = suspended })
}

// change applies edit to a user; what it leaves as it was is not written.
func (s *Service) change(ctx context.Context, userID string, edit func(*User)) (User, error) {
	old, err := s.Find(ctx, userID)
	if err != nil {
		return User{}, err
	}
	u := old
	if edit(&u); u == old {
		return old, nil
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		old, found, err := tx.User(userID)
		if err != nil {
			return err
		}
		if !found {
			return protocol.Refuse(protocol.UserNotFound)
		}
		u = old
		if edit(&u); u == old {
			return nil
		}
		return tx.Save(u)
	})
	return u, err
}

// Erase forgets a user: the record, what they are found by, their log and their operations. What others keep of
// them (pairs, stays) is for its rooms to erase. It returns user_not_found.
func (s *Service) Erase(ctx context.Context, userID string) error {
	return s.store.Update(ctx, func(tx Tx) error {
		_, found, err := tx.User(userID)
		if err != nil {
			return err
		}
		if !found {
			return protocol.Refuse(protocol.UserNotFound)
		}
		return tx.Delete(userID)
	})
}
