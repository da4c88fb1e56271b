package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/protocol"
	"foyer/server/store"
)

// Directory checks that a database keeps and finds users as the directory needs it.
func Directory(t *testing.T, open func(t *testing.T) *store.Store) {
	for name, test := range map[string]func(*testing.T, *users){
		"what was saved is what is read":         savedIsRead,
		"many users are read at once":            manyUsers,
		"an unknown user is not there":           unknownUser,
		"a username addresses its last claimant": usernameClaims,
		"addresses are found without case":       addresses,
		"search by name":                         searchByName,
		"search finds percent and underscore":    searchLetters,
		"search in other scripts":                searchScripts,
		"search finds what begins so, once":      searchModel,
		"search by address":                      searchByAddress,
		"search follows settings and names":      searchFollows,
		"search pages while users come and go":   searchPages,
		"settings raise the revision":            settingsRevision,
		"an op_id is carried out once":           settingsOperation,
		"presence is durable":                    durablePresence,
		"an erased user is gone":                 erasure,
		"a hello with nothing new":               helloAgain,
		"users put by the server API":            putByAPI,
		"a store out of reach":                   directoryOutOfReach,
		"hellos at once":                         hellosAtOnce,
		"people met in sessions":                 peopleMet,
		"who asks for a session is read with it": askingForASession,
		"somebody new is made known once":        newOnce,
		"pages of people met":                    pagesOfPeopleMet,
	} {
		t.Run(name, func(t *testing.T) { test(t, newUsers(t, open(t))) })
	}
}

// users is a directory with a clock that a test sets.
type users struct {
	*directory.Service
	store *store.Store
	mu    sync.Mutex
	now   time.Time // guarded by mu
}

func newUsers(t *testing.T, s *store.Store) *users {
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	u := &users{store: s, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	u.Service = directory.New(s.Directory(), u.clock)
	return u
}

func (u *users) clock() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.now
}

func (u *users) wait(d time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.now = u.now.Add(d)
}

// named makes users whose ids are their names in small letters.
func (u *users) named(t *testing.T, names ...string) {
	for _, name := range names {
		u.hello(t, directory.Claims{Subject: strings.ToLower(name), Name: name})
	}
}

func (u *users) hello(t *testing.T, c directory.Claims) (directory.User, directory.Changed) {
	user, changed, err := u.Upsert(t.Context(), c)
	require.NoError(t, err)
	return user, changed
}

func (u *users) update(t *testing.T, id string, p protocol.SettingsUpdateParams) (protocol.SettingsResult, directory.Effects) {
	r, e, err := u.UpdateSettings(t.Context(), directory.Operation{UserID: id, Method: protocol.MethodSettingsUpdate}, p)
	require.NoError(t, err)
	return r, e
}

// found returns the ids that a search finds, read in pages of n.
func (u *users) found(t *testing.T, viewer, query string, n int) []string {
	ids, place := []string{}, ""
	for {
		hits, next, err := u.Search(t.Context(), viewer, query, place, n)
		require.NoError(t, err)
		require.LessOrEqual(t, len(hits), n)
		for _, h := range hits {
			ids = append(ids, h.ID)
		}
		if place = next; place == "" {
			return ids
		}
		require.Len(t, hits, n, "a page before the last is full")
	}
}

func savedIsRead(t *testing.T, u *users) {
	want, changed := u.hello(t, directory.Claims{
		Subject: "ada", Name: "Ada Lovelace", Username: "Countess", Email: "Ada@Example.org", EmailVerified: true,
		Phone: "+49 30 123456", PhoneVerified: true, Picture: "https://example.org/ada.png",
	})
	require.Equal(t, directory.Changed{New: true, Alone: true, Shown: true, Addresses: true}, changed)
	require.Equal(t, directory.User{
		ID: "ada", Name: "Ada Lovelace", Username: "Countess", AvatarURL: "https://example.org/ada.png",
		Email: "Ada@Example.org", EmailVerified: true, Phone: "+49 30 123456", PhoneVerified: true, HoldsUsername: true,
		Settings: protocol.DefaultSettings(), ShownRev: u.now.UnixMilli(), CreatedAt: u.now, SeenAt: u.now,
	}, want)
	got, err := u.Find(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, protocol.User{ID: "ada", Name: "Ada Lovelace", Username: "Countess", AvatarURL: "https://example.org/ada.png"}, got.Public())
	require.Equal(t, "Ada@Example.org", got.Own().Email)
	profiles, err := u.Profiles(t.Context(), "ada", "nobody")
	require.NoError(t, err)
	require.Equal(t, map[string]protocol.User{"ada": got.Public()}, profiles)
}

func manyUsers(t *testing.T, u *users) {
	ids := []string{}
	for i := range 300 {
		id := fmt.Sprintf("u%03d", i)
		ids = append(ids, id)
		u.hello(t, directory.Claims{Subject: id, Name: id})
	}
	for _, n := range []int{0, 1, 2, 3, 7, 255, 256, 257, 300} {
		got, err := u.Get(t.Context(), ids[:n]...)
		require.NoError(t, err)
		require.Len(t, got, n)
	}
	got, err := u.Get(t.Context(), "u000", "u000", "nobody", "", "\x00", "u001")
	require.NoError(t, err)
	require.Len(t, got, 2)
}

func unknownUser(t *testing.T, u *users) {
	unknown := protocol.Refuse(protocol.UserNotFound)
	for _, id := range []string{"nobody", "", "\x00", "a\nb", strings.Repeat("x", 256)} {
		_, err := u.Find(t.Context(), id)
		require.ErrorIs(t, err, unknown)
	}
	_, err := u.ByUsername(t.Context(), "nobody")
	require.ErrorIs(t, err, unknown)
	_, err = u.ByUsername(t.Context(), "")
	require.ErrorIs(t, err, unknown)
	_, err = u.ByUsername(t.Context(), "\x00")
	require.ErrorIs(t, err, unknown)
	_, err = u.Settings(t.Context(), "nobody")
	require.ErrorIs(t, err, unknown)
	_, _, err = u.UpdateSettings(t.Context(), directory.Operation{UserID: "nobody"}, protocol.SettingsUpdateParams{})
	require.ErrorIs(t, err, unknown)
	_, err = u.SetPresence(t.Context(), "nobody", directory.PresenceChange{})
	require.ErrorIs(t, err, unknown)
	_, err = u.SetSuspended(t.Context(), "nobody", true)
	require.ErrorIs(t, err, unknown)
	require.ErrorIs(t, u.Erase(t.Context(), "nobody"), unknown)
}

func usernameClaims(t *testing.T, u *users) {
	holder := func() string {
		user, err := u.ByUsername(t.Context(), "bOb")
		require.NoError(t, err)
		return user.ID
	}
	first := directory.Claims{Subject: "first", Username: "Bob"}
	second := directory.Claims{Subject: "second", Username: "BOB"}
	u.hello(t, first)
	require.Equal(t, "first", holder())
	u.hello(t, second)
	require.Equal(t, "second", holder(), "whoever brings it anew has it")
	one, changed := u.hello(t, first)
	require.Equal(t, "second", holder(), "signing in again takes nothing away")
	require.Equal(t, "Bob", one.Username, "and it is shown all the same")
	require.False(t, changed.Any())
	second.Username = "robert"
	u.hello(t, second)
	_, err := u.ByUsername(t.Context(), "bob")
	require.ErrorIs(t, err, protocol.Refuse(protocol.UserNotFound))
	u.hello(t, first)
	require.Equal(t, "first", holder(), "what nobody has any more comes back at the next hello")
	require.NoError(t, u.Erase(t.Context(), "first"))
	u.hello(t, directory.Claims{Subject: "third", Username: "bob"})
	require.Equal(t, "third", holder())
}

func addresses(t *testing.T, u *users) {
	u.hello(t, directory.Claims{Subject: "ada", Email: "Ada@Example.org", EmailVerified: true, Phone: "+49 30 123456", PhoneVerified: true})
	u.wait(time.Minute)
	u.hello(t, directory.Claims{Subject: "bob", Email: "ada@example.org"})
	u.hello(t, directory.Claims{Subject: "eve", Email: "ADA@EXAMPLE.ORG", EmailVerified: true})
	find := func(address string) []string {
		list, err := u.ByAddress(t.Context(), address)
		require.NoError(t, err)
		ids := []string{}
		for _, user := range list {
			ids = append(ids, user.ID)
		}
		return ids
	}
	require.Equal(t, []string{"eve", "ada"}, find("ada@example.ORG"), "who hasn't proved it isn't found")
	require.Equal(t, []string{"ada"}, find("+49-30-123456"))
	require.Empty(t, find("ada@example.com"))
	require.Empty(t, find("nonsense"))
	require.Empty(t, find(""))
}

func erasure(t *testing.T, u *users) {
	u.hello(t, directory.Claims{Subject: "ada", Name: "Ada", Username: "ada", Email: "ada@x.org", EmailVerified: true})
	u.update(t, "ada", protocol.SettingsUpdateParams{FindableByEmail: ptr(true)})
	require.NoError(t, u.Erase(t.Context(), "ada"))
	_, err := u.Find(t.Context(), "ada")
	require.ErrorIs(t, err, protocol.Refuse(protocol.UserNotFound))
	require.Empty(t, u.found(t, "me", "ada", 5))
	require.Empty(t, u.found(t, "me", "ada@x.org", 5))
	user, changed := u.hello(t, directory.Claims{Subject: "ada", Name: "Ada"})
	require.True(t, changed.New)
	require.Zero(t, user.Rev)
	require.Equal(t, protocol.DefaultSettings(), user.Settings)
}

func helloAgain(t *testing.T, u *users) {
	c := directory.Claims{Subject: "ada", Name: "Ada", Username: "ada"}
	first, _ := u.hello(t, c)
	u.wait(59 * time.Minute)
	again, changed := u.hello(t, c)
	require.False(t, changed.Any())
	require.Equal(t, first, again, "writes nothing")
	u.wait(time.Minute)
	again, changed = u.hello(t, c)
	require.False(t, changed.Any())
	require.Equal(t, u.now, again.SeenAt, "but that the user was here, once an hour")
	c.Email = "ada@x.org"
	_, changed = u.hello(t, c)
	require.Equal(t, directory.Changed{Addresses: true}, changed)
	c.Name = "Augusta"
	_, changed = u.hello(t, c)
	require.Equal(t, directory.Changed{Shown: true}, changed)
	_, _, err := u.Upsert(t.Context(), directory.Claims{Subject: "a\x00b"})
	require.ErrorIs(t, err, protocol.Refuse(protocol.TokenInvalid))
}

func putByAPI(t *testing.T, u *users) {
	user, changed, err := u.Put(t.Context(), directory.Claims{Subject: "ada", Name: "Ada", Username: "countess"})
	require.NoError(t, err)
	require.True(t, changed.New)
	require.True(t, user.SeenAt.IsZero(), "known, though never here")
	require.Equal(t, []string{"ada"}, u.found(t, "me", "count", 5))
	user, _ = u.hello(t, directory.Claims{Subject: "ada"})
	require.Equal(t, "Ada", user.Name, "what the token leaves out stays")
	require.Equal(t, u.now, user.SeenAt)
}

func directoryOutOfReach(t *testing.T, u *users) {
	u.named(t, "Ada")
	require.NoError(t, u.store.Close())
	ctx, away := t.Context(), protocol.Refuse(protocol.Unavailable)
	_, _, err := u.Upsert(ctx, directory.Claims{Subject: "ada"})
	require.ErrorIs(t, err, away)
	_, err = u.Get(ctx, "ada")
	require.ErrorIs(t, err, away)
	_, err = u.ByUsername(ctx, "ada")
	require.ErrorIs(t, err, away)
	_, err = u.ByAddress(ctx, "ada@x.org")
	require.ErrorIs(t, err, away)
	_, _, err = u.Search(ctx, "me", "ada@x.org", "", 5)
	require.ErrorIs(t, err, away)
	_, _, err = u.Recent(ctx, "me", "", 5)
	require.ErrorIs(t, err, away)
	_, err = u.Settings(ctx, "ada")
	require.ErrorIs(t, err, away)
	_, _, err = u.UpdateSettings(ctx, directory.Operation{UserID: "ada"}, protocol.SettingsUpdateParams{})
	require.ErrorIs(t, err, away)
	_, err = u.SetPresence(ctx, "ada", directory.PresenceChange{})
	require.ErrorIs(t, err, away)
	require.ErrorIs(t, u.Erase(ctx, "ada"), away)
}

func hellosAtOnce(t *testing.T, u *users) {
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			user, _, err := u.Upsert(t.Context(), directory.Claims{Subject: fmt.Sprint(i % 8), Name: "N", Username: "same"})
			require.NoError(t, err)
			require.Equal(t, "same", user.Username)
		})
	}
	wg.Wait()
	_, err := u.ByUsername(t.Context(), "same")
	require.NoError(t, err)
	got, err := u.Get(t.Context(), "0", "1", "2", "3", "4", "5", "6", "7")
	require.NoError(t, err)
	holders := 0
	for _, user := range got {
		if user.HoldsUsername {
			holders++
		}
	}
	require.Equal(t, 1, holders)
}

func ptr[T any](v T) *T { return &v }
