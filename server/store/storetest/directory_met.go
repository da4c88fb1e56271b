package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/protocol"
	"foyer/session"
)

const day = 24 * time.Hour

// stay puts a user into a session from and to some time ago; to is 0 for who is still there.
func (u *users) stay(t *testing.T, sessionID, userID string, from, to time.Duration) {
	s := session.Stay{SessionID: sessionID, UserID: userID, From: u.now.Add(-from).UnixMilli()}
	require.NoError(t, u.store.Sessions().OpenStay(t.Context(), s))
	if to != 0 {
		s.To = u.now.Add(-to).UnixMilli()
		require.NoError(t, u.store.Sessions().EndStays(t.Context(), []session.Stay{s}))
	}
}

// met returns the ids of the people whom a viewer met, read in pages of n.
func (u *users) met(t *testing.T, viewer string, n int) []string {
	ids, place := []string{}, ""
	for {
		people, next, err := u.Recent(t.Context(), viewer, place, n)
		require.NoError(t, err)
		for _, p := range people {
			ids = append(ids, p.ID)
		}
		if place = next; place == "" {
			return ids
		}
		require.Len(t, people, n)
	}
}

func peopleMet(t *testing.T, u *users) {
	u.named(t, "Me", "Now", "Yesterday", "Often", "Before", "After", "Touching", "Elsewhere", "Long", "Old", "Shy", "Whole")
	u.stay(t, "lobby", "me", 2*time.Hour, 0)
	u.stay(t, "lobby", "now", time.Hour, 0)
	u.stay(t, "lobby", "often", 90*time.Minute, 80*time.Minute)
	u.stay(t, "lobby", "shy", time.Hour, 0)
	u.stay(t, "lobby", "before", 5*time.Hour, 3*time.Hour)
	u.stay(t, "lobby", "touching", 5*time.Hour, 2*time.Hour)
	u.stay(t, "cafe", "elsewhere", 2*time.Hour, 0)

	u.stay(t, "cafe", "me", 26*time.Hour, 24*time.Hour)
	u.stay(t, "cafe", "yesterday", 25*time.Hour, 24*time.Hour)
	u.stay(t, "cafe", "often", 26*time.Hour, 25*time.Hour)
	u.stay(t, "cafe", "after", 24*time.Hour, 23*time.Hour)

	u.stay(t, "marathon", "me", 40*day, 29*day)
	u.stay(t, "marathon", "long", 40*day, 29*day)
	u.stay(t, "ancient", "me", 40*day, 31*day)
	u.stay(t, "ancient", "old", 40*day, 31*day)
	u.stay(t, "marathon", "old", 40*day, 30*day+time.Hour)

	off := protocol.SettingsUpdateParams{RecentPeople: ptr(false)}
	u.update(t, "shy", off)
	want := []string{"now", "often", "yesterday", "long"}
	require.Equal(t, want, u.met(t, "me", 50))
	u.update(t, "me", off)
	require.Equal(t, want, u.met(t, "me", 50), "opting out hides me from others, not them from me")
	require.Equal(t, []string{}, u.met(t, "now", 50), "who met only those who opted out")
	require.Equal(t, []string{"now"}, u.met(t, "shy", 50))
}

func pagesOfPeopleMet(t *testing.T, u *users) {
	u.named(t, "Me")
	u.stay(t, "lobby", "me", 10*time.Hour, 0)
	want := []string{}
	for i := range 20 {
		id := fmt.Sprintf("u%02d", i)
		u.named(t, id)
		u.stay(t, "lobby", id, time.Duration(i/2+1)*time.Minute, 0)
		want = append(want, id)
	}
	for _, n := range []int{1, 3, 19, 20, 21} {
		require.Equal(t, want, u.met(t, "me", n), n)
	}
	first, place, err := u.Recent(t.Context(), "me", "", 5)
	require.NoError(t, err)
	require.Len(t, first, 5)
	u.named(t, "New")
	u.stay(t, "lobby", "new", time.Second, 0)
	require.NoError(t, u.Erase(t.Context(), "u05"))
	rest, _, err := u.Recent(t.Context(), "me", place, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"u06", "u07"}, []string{rest[0].ID, rest[1].ID})
	for _, bad := range []string{"x", "1", "1 ", "a b"} {
		_, _, err := u.Recent(t.Context(), "me", bad, 2)
		require.ErrorIs(t, err, protocol.InvalidParams("cursor", ""))
	}
	none, place, err := u.Recent(t.Context(), "stranger", "", 5)
	require.NoError(t, err)
	require.Empty(t, none)
	require.Empty(t, place)
}

func askingForASession(t *testing.T, u *users) {
	sessions := u.store.Sessions()
	createSession(t, sessions, sessionRecord("a", 1))
	for _, name := range []string{"Ben", "Benjamin"} {
		ben, _, err := u.Upsert(t.Context(), directory.Claims{Subject: "ben", Name: name, Username: "b", Picture: "https://x.example/b.png"})
		require.NoError(t, err)
		l, found, err := sessions.Lookup(t.Context(), "a", "ben")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, ben.Public(), l.User, "as they are called by now")
	}
}

func newOnce(t *testing.T, u *users) {
	add := func(id, name string) (added bool) {
		err := u.store.Directory().Update(t.Context(), func(tx directory.Tx) (err error) {
			added, _, err = tx.Add(directory.User{ID: id, Name: name, Settings: protocol.DefaultSettings(), CreatedAt: u.clock()})
			return err
		})
		require.NoError(t, err)
		return added
	}
	require.True(t, add("ada", "Ada Lovelace"))
	require.False(t, add("ada", "Somebody Else"))
	ada, err := u.Find(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, "Ada Lovelace", ada.Name)
	hits, _, err := u.Search(t.Context(), "ben", "lovel", "", 10)
	require.NoError(t, err)
	require.Equal(t, []protocol.User{ada.Public()}, hits)
	hits, _, err = u.Search(t.Context(), "ben", "somebody", "", 10)
	require.NoError(t, err)
	require.Empty(t, hits)
}
