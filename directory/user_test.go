package directory

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestSubjectMustBeAnID(t *testing.T) {
	for _, sub := range []string{"a", "auth0|5f7c", "ada@example.org", "王", strings.Repeat("x", 255), " "} {
		require.NoError(t, CheckSubject(sub), sub)
	}
	for _, sub := range []string{"", strings.Repeat("x", 256), "a\x00", "a\nb", "a\x7f", "a\u0085b", "\xff"} {
		require.ErrorIs(t, CheckSubject(sub), protocol.Refuse(protocol.TokenInvalid), "%q", sub)
	}
}

func TestClaimsAreTakenOver(t *testing.T) {
	known := User{ID: "ada", Name: "Ada", Username: "ada1", AvatarURL: "https://x.org/a.png", Email: "ada@x.org", EmailVerified: true, Phone: "+49301234", PhoneVerified: true}
	with := func(edit func(*User)) User {
		u := known
		edit(&u)
		return u
	}
	for _, c := range []struct {
		what   string
		before User
		claims Claims
		want   User
	}{
		{"a name", User{}, Claims{Subject: "ada", Name: "Ada"}, User{ID: "ada", Name: "Ada"}},
		{"a name is cleaned", User{}, Claims{Subject: "ada", Name: " A\u202ed\na\u200b "}, User{ID: "ada", Name: "Ada"}},
		{"a name is cut to 64", User{}, Claims{Subject: "ada", Name: strings.Repeat("é", 70)}, User{ID: "ada", Name: strings.Repeat("é", 64)}},
		{"no name, but a username", User{}, Claims{Subject: "ada", Username: "ada1"}, User{ID: "ada", Name: "ada1", Username: "ada1"}},
		{"a name of nothing visible", User{}, Claims{Subject: "ada", Name: "\u200b\n"}, User{ID: "ada", Name: "ada"}},
		{"neither", User{}, Claims{Subject: strings.Repeat("x", 100)}, User{ID: strings.Repeat("x", 100), Name: strings.Repeat("x", 64)}},
		{"nothing said, nothing changed", known, Claims{Subject: "ada"}, known},
		{"another name", known, Claims{Subject: "ada", Name: "Augusta"}, with(func(u *User) { u.Name = "Augusta" })},
		{"another username", known, Claims{Subject: "ada", Username: "king"}, with(func(u *User) { u.Username = "king" })},
		{"another picture", known, Claims{Subject: "ada", Picture: "http://x.org/b.png"}, with(func(u *User) { u.AvatarURL = "http://x.org/b.png" })},
		{"another address is not verified by the old one", known, Claims{Subject: "ada", Email: "king@x.org"}, with(func(u *User) { u.Email, u.EmailVerified = "king@x.org", false })},
		{"an address no longer verified", known, Claims{Subject: "ada", Email: "ada@x.org"}, with(func(u *User) { u.EmailVerified = false })},
		{"verified without an address says nothing", known, Claims{Subject: "ada", EmailVerified: true, PhoneVerified: true}, known},
		{"no address at all", known, Claims{Subject: "ada", Email: "ada", EmailVerified: true}, known},
		{"another number", known, Claims{Subject: "ada", Phone: "+49 30 999 888", PhoneVerified: true}, with(func(u *User) { u.Phone = "+49 30 999 888" })},
		{"no number at all", known, Claims{Subject: "ada", Phone: "call me"}, known},
		{"a number far too long", known, Claims{Subject: "ada", Phone: "1" + strings.Repeat(" ", 100) + "2345"}, known},
	} {
		require.Equal(t, c.want, c.before.apply(c.claims), c.what)
	}
	for _, picture := range []string{"javascript:alert(1)", "data:image/png;base64,AA", "//x.org/a.png", "ftp://x.org/a", "https://", "https://x.org/a b", "https://x.org/\n", "https://x.org/" + strings.Repeat("a", 2048), "::"} {
		require.Equal(t, known, known.apply(Claims{Subject: "ada", Picture: picture}), "%q is no picture", picture)
	}
}

func TestWordsAreWhatMayBeFound(t *testing.T) {
	u := User{Name: "Ada King", Username: "Countess-1", Settings: protocol.DefaultSettings()}
	require.Equal(t, []string{"ada king", "king", "countess-1"}, u.Words())
	u.Settings.FindableByName = false
	require.Empty(t, u.Words())
	long := User{Name: strings.Repeat("ﷺ", 64), Settings: protocol.DefaultSettings()}
	for _, w := range long.Words() {
		require.LessOrEqual(t, len([]rune(w)), maxWord)
	}
}

func TestPlacesAreReadAsWritten(t *testing.T) {
	for _, p := range []Place{{UserID: "ada"}, {ByWord: true, UserID: "ada", Word: "ada king"}, {ByWord: true, UserID: "a b", Word: "x\ny"}} {
		got, ok := parsePlace(p.String())
		require.True(t, ok)
		require.Equal(t, p, got)
	}
	m := Meeting{User: protocol.User{ID: "a b"}, At: time.UnixMilli(1234).UTC()}
	got, ok := parseMeeting(m.String())
	require.True(t, ok)
	require.Equal(t, m, got)
	for _, bad := range []string{"x", " ", "1", "1 ", "one ada", "1 a\x00"} {
		_, ok := parseMeeting(bad)
		require.False(t, ok, "%q", bad)
	}
}
