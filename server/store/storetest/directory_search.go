package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/directory"
	"foyer/protocol"
	"foyer/protocol/fold"
)

func searchByName(t *testing.T, u *users) {
	u.named(t, "Ada Lovelace", "Adam", "Grace Ada Hopper", "Linda", "Anna-Maria Ådam")
	u.hello(t, directory.Claims{Subject: "zoe", Name: "Zoe", Username: "Ada_the_2nd"})
	require.Equal(t, []string{"grace ada hopper", "ada lovelace", "zoe", "adam", "anna-maria ådam"}, u.found(t, "me", "ad", 50))
	require.Equal(t, []string{"ada lovelace"}, u.found(t, "me", "ÁDA  l", 50), "on into the next word")
	require.Equal(t, []string{"anna-maria ådam"}, u.found(t, "me", "maria", 50), "words are joined by hyphens")
	require.Equal(t, []string{"grace ada hopper", "zoe", "adam", "anna-maria ådam"}, u.found(t, "ada lovelace", "ad", 50), "oneself is not found")
	require.Empty(t, u.found(t, "me", "nda", 50), "not from within a word")
	require.Empty(t, u.found(t, "me", strings.Repeat("ada ", 1000), 50))
	for _, short := range []string{"", "a", " a ", "e\u0301", "王", "%"} {
		_, _, err := u.Search(t.Context(), "me", short, "", 50)
		require.ErrorIs(t, err, protocol.InvalidParams("query", ""), short)
	}
	_, err := u.SetSuspended(t.Context(), "adam", true)
	require.NoError(t, err)
	require.NotContains(t, u.found(t, "me", "ad", 50), "adam")
}

func searchLetters(t *testing.T, u *users) {
	u.named(t, "100%_fun", "100 percent", "1000", "_under", "xunder", "a'b;--", `back\slash`)
	require.Equal(t, []string{"100%_fun"}, u.found(t, "me", "100%", 50))
	require.Equal(t, []string{"_under"}, u.found(t, "me", "_u", 50))
	require.Empty(t, u.found(t, "me", "%%", 50))
	require.Empty(t, u.found(t, "me", "__", 50))
	require.Equal(t, []string{"a'b;--"}, u.found(t, "me", "a'b", 50))
	require.Equal(t, []string{`back\slash`}, u.found(t, "me", `back\`, 50))
}

func searchScripts(t *testing.T, u *users) {
	u.hello(t, directory.Claims{Subject: "tr", Name: "İrem Işık"})
	u.hello(t, directory.Claims{Subject: "zh", Name: "王小明"})
	u.hello(t, directory.Claims{Subject: "ko", Name: "김철수"})
	u.hello(t, directory.Claims{Subject: "ja", Name: "がくと"})
	u.hello(t, directory.Claims{Subject: "emoji", Name: "🦊🦊 Fox"})
	u.hello(t, directory.Claims{Subject: "de", Name: "Straßer"})
	for query, want := range map[string]string{
		"irem": "tr", "IREM": "tr", "İREM": "tr", "isi": "tr", "IŞI": "tr", "王小": "zh", "김철": "ko", "がく": "ja", "🦊🦊": "emoji", "STRASS": "de", "straß": "de",
	} {
		require.Equal(t, []string{want}, u.found(t, "me", query, 50), query)
	}
	require.Empty(t, u.found(t, "me", "かく", 50))
}

// searchModel compares search with a look at every name, for names and queries of few letters.
func searchModel(t *testing.T, u *users) {
	text := func(least, most int) *rapid.Generator[string] {
		return rapid.StringOfN(rapid.SampledFrom([]rune("abİé%_ -ß")), least, most, -1)
	}
	ids := make([]string, 80)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
		u.hello(t, directory.Claims{Subject: ids[i], Name: text(1, 8).Example(i), Username: text(1, 4).Example(i)})
	}
	everyone, err := u.Get(t.Context(), ids...)
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		query := text(2, 4).Filter(func(s string) bool { return len([]rune(fold.Name(s))) > 1 }).Draw(rt, "query")
		want := []string{}
		for id, user := range everyone {
			starts := append(fold.Starts(user.Name), fold.Name(user.Username))
			if id != "0" && slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(s, fold.Name(query)) }) {
				want = append(want, id)
			}
		}
		require.ElementsMatch(rt, want, u.found(t, "0", query, rapid.IntRange(1, 9).Draw(rt, "page")))
	})
}

func searchByAddress(t *testing.T, u *users) {
	for _, c := range []directory.Claims{
		{Subject: "open", Name: "Olga", Email: "x@y.org", EmailVerified: true},
		{Subject: "open2", Name: "x@y.org", Email: "X@Y.org", EmailVerified: true},
		{Subject: "unproved", Name: "Ute", Email: "x@y.org"},
		{Subject: "closed", Name: "Carl", Email: "x@y.org", EmailVerified: true},
		{Subject: "named", Name: "X@Y.organic"},
	} {
		u.hello(t, c)
		if c.Subject != "closed" {
			u.update(t, c.Subject, protocol.SettingsUpdateParams{FindableByEmail: ptr(true), FindableByName: ptr(c.Subject == "named" || c.Subject == "open2")})
		}
	}
	for _, n := range []int{1, 2, 3, 50} {
		require.Equal(t, []string{"open", "open2", "named"}, u.found(t, "me", " X@y.ORG", n), "pages of %d", n)
	}
	require.Equal(t, []string{"open", "named"}, u.found(t, "open2", "x@y.org", 50))
	require.Equal(t, []string{"open2", "named"}, u.found(t, "me", "x@y.or", 1), "a part of an address is none")
	require.Empty(t, u.found(t, "me", "olga", 50))
}

func searchFollows(t *testing.T, u *users) {
	u.named(t, "Ada")
	require.Equal(t, []string{"ada"}, u.found(t, "me", "ada", 1))
	u.update(t, "ada", protocol.SettingsUpdateParams{FindableByName: ptr(false)})
	require.Empty(t, u.found(t, "me", "ada", 1))
	u.hello(t, directory.Claims{Subject: "ada", Name: "Augusta", Username: "king"})
	require.Empty(t, u.found(t, "me", "augusta", 1))
	u.update(t, "ada", protocol.SettingsUpdateParams{FindableByName: ptr(true)})
	require.Equal(t, []string{"ada"}, u.found(t, "me", "augusta", 1))
	require.Equal(t, []string{"ada"}, u.found(t, "me", "king", 1))
	require.Empty(t, u.found(t, "me", "ada", 1), "the old name is forgotten")
}

func searchPages(t *testing.T, u *users) {
	want := []string{}
	for i := range 30 {
		id := fmt.Sprintf("%02d", i)
		u.hello(t, directory.Claims{Subject: id, Name: "Sam " + id})
		want = append(want, id)
	}
	for _, n := range []int{1, 7, 29, 30, 31} {
		require.Equal(t, want, u.found(t, "me", "sam", n))
	}
	hits, place, err := u.Search(t.Context(), "me", "sam", "", 10)
	require.NoError(t, err)
	require.Len(t, hits, 10)
	u.hello(t, directory.Claims{Subject: "new", Name: "Sam 00a"})
	require.NoError(t, u.Erase(t.Context(), "09"))
	require.NoError(t, u.Erase(t.Context(), "10"))
	hits, _, err = u.Search(t.Context(), "me", "sam", place, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"11", "12"}, []string{hits[0].ID, hits[1].ID})
	for _, bad := range []string{"x", "a", "w", "w11", "w11\nsa", "w\nsam", "w1\x00\nsam"} {
		_, _, err := u.Search(t.Context(), "me", "sam", bad, 2)
		require.ErrorIs(t, err, protocol.InvalidParams("cursor", ""), "%q", bad)
	}
}
