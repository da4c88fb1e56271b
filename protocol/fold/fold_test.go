package fold_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/protocol/fold"
)

func TestNameLeavesOutCaseAccentsAndTypography(t *testing.T) {
	for _, c := range []struct{ what, in, want string }{
		{"nothing", "", ""},
		{"plain", "ada", "ada"},
		{"case", "ADA Lovelace", "ada lovelace"},
		{"accents", "Éloïse Ñúñez", "eloise nunez"},
		{"accents as marks of their own", "E\u0301loi\u0308se", "eloise"},
		{"Turkish dotted capital", "İstanbul", "istanbul"},
		{"Turkish dotless", "Işık", "isik"},
		{"German sharp s", "Straße STRASSE", "strasse strasse"},
		{"capital sharp s", "GROẞ", "gross"},
		{"Greek final sigma and tonos", "Οδυσσέας", "οδυσσεασ"},
		{"Cyrillic", "Ёлка Чайковский", "елка чаиковскии"},
		{"Polish, Danish, Croatian strokes", "Łukasz Søren Đorđe", "lukasz soren dorde"},
		{"ligatures", "Æsir œuvre ﬁn", "aesir oeuvre fin"},
		{"stroke and accent", "Ǿ", "o"},
		{"full width", "Ａｄａ　９", "ada 9"},
		{"half-width kana", "ｶﾞｼﾞ", "ガジ"},
		{"kana keep their voicing", "がか", "がか"},
		{"Chinese", "王小明", "王小明"},
		{"a syllable of Hangul is one character", "김철수", "김철수"},
		{"the same, taken apart", "\u1100\u1175\u11b7", "김"},
		{"Devanagari keeps its vowel signs", "किरण", "किरण"},
		{"Hebrew points", "שָׁלוֹם", "שלום"},
		{"Arabic vowel signs", "مُحَمَّد", "محمد"},
		{"Vietnamese", "Nguyễn Đức", "nguyen duc"},
		{"Cherokee, both cases", "ᎠꭰᏰᏸ", "ᎠᎠᏰᏰ"},
		{"emoji", "🦊 Fox", "🦊 fox"},
		{"emoji with a joiner and a variant", "👩\u200d🚀❤\ufe0f", "👩🚀❤"},
		{"percent and underscore are letters", "100%_ok", "100%_ok"},
		{"white space", "  a \t\u00a0 b\n", "a b"},
		{"zero-width and directions", "a\u200bd\u202ea", "ada"},
		{"what is no UTF-8", "a\xffb", "ab"},
		{"NUL", "a\x00b", "ab"},
	} {
		require.Equal(t, c.want, fold.Name(c.in), c.what)
	}
}

func TestNameOfAFoldedNameIsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := fold.Name(rapid.String().Draw(t, "name"))
		require.Equal(t, once, fold.Name(once))
	})
}

func TestUsernameOfAFoldedUsernameIsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := fold.Username(rapid.String().Draw(t, "username"))
		require.Equal(t, once, fold.Username(once))
	})
}

func TestEveryLetterIsFoldedOnce(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		for _, f := range []func(string) string{fold.Name, fold.Username} {
			if once := f("x" + string(r) + "x"); once != f(once) {
				require.Equal(t, once, f(once), "%U", r)
			}
		}
	}
}

func TestNameIsTheSameForBothCases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-zà-öø-ÿ ]{0,20}`).Draw(t, "name")
		require.Equal(t, fold.Name(s), fold.Name(strings.ToUpper(s)))
	})
}

func TestStartsAreTheNameAndTheRestFromEachWord(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"Ada", []string{"ada"}},
		{"Ada King Lovelace", []string{"ada king lovelace", "king lovelace", "lovelace"}},
		{"Anna-Maria O'Brien", []string{"anna-maria o'brien", "maria o'brien", "o'brien", "brien"}},
		{"(Bob) — x", []string{"(bob) — x", "bob) — x", "— x", "x"}},
		{"a  -  b", []string{"a - b", "b"}},
		{"100%_x", []string{"100%_x"}},
		{"trailing -", []string{"trailing -"}},
		{"王 小明", []string{"王 小明", "小明"}},
	} {
		require.Equal(t, c.want, fold.Starts(c.in), c.in)
	}
	require.Len(t, fold.Starts(strings.Repeat("a ", 40)), 16)
}

func TestAddressesUsernamesAndPhoneNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"Ada@Example.ORG":               "ada@example.org",
		"  ada@x.org ":                  "ada@x.org",
		"é@x.org":                       "é@x.org",
		"E\u0301@x.org":                 "é@x.org",
		"STRASSE@x.org":                 "strasse@x.org",
		"ada":                           "",
		"@x.org":                        "",
		"ada@":                          "",
		"a da@x.org":                    "",
		"ada@x.org\x00":                 "",
		"a\u200bda@x.org":               "",
		"a@b@c.org":                     "a@b@c.org",
		strings.Repeat("a", 254) + "@x": "",
	} {
		require.Equal(t, want, fold.Address(in), in)
	}
	for in, want := range map[string]string{
		"+49 (30) 123-456":  "+4930123456",
		"030/123456":        "030123456",
		"+1":                "",
		"12+3456":           "",
		"call me":           "",
		"+1234567890123456": "",
	} {
		require.Equal(t, want, fold.Phone(in), in)
	}
	require.Equal(t, "ada_%", fold.Username("ADA_%"))
	require.Equal(t, "éa", fold.Username("ÉA"))
	require.NotEqual(t, fold.Username("e"), fold.Username("é"))
}

func BenchmarkNamePlain(b *testing.B) {
	for b.Loop() {
		fold.Name("Ada Lovelace 17")
	}
}

func BenchmarkNameAccents(b *testing.B) {
	for b.Loop() {
		fold.Name("Éloïse Ñúñez 17")
	}
}
