package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Name returns s as names are searched and sorted: without case, accents and differences that only typography
// makes, its white space single and trimmed. `%` and `_` stay what they are.
func Name(s string) string {
	if plain(s) {
		return strings.ToLower(s)
	}
	s = strings.ToValidUTF8(s, "")
	s = norm.NFKD.String(foldCase(norm.NFKD.String(s)))
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case isAccent(r) || unicode.In(r, unicode.Cc, unicode.Cf):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		if plain, ok := strokes[r]; ok {
			b.WriteString(plain)
		} else {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// plain reports whether Name has nothing to do for s but to make its letters small.
func plain(s string) bool {
	before := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && before == ' ' {
			return false
		}
		before = c
	}
	return before != ' ' || s == ""
}

// strokes are letters that a searcher types without the stroke, dot or ligature, though Unicode doesn't take them apart.
var strokes = map[rune]string{
	'ı': "i", 'ł': "l", 'ø': "o", 'đ': "d", 'ħ': "h", 'ŧ': "t", 'æ': "ae", 'œ': "oe",
}

// accents are the marks that a searcher may leave out. The vowel signs of other scripts and the voicing of kana
// are no accents: without them it is another word.
var accents = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0300, Hi: 0x036F, Stride: 1}, // Latin, Greek, Cyrillic
		{Lo: 0x0483, Hi: 0x0489, Stride: 1}, // Cyrillic
		{Lo: 0x0591, Hi: 0x05BD, Stride: 1}, // Hebrew points
		{Lo: 0x05BF, Hi: 0x05BF, Stride: 1},
		{Lo: 0x05C1, Hi: 0x05C2, Stride: 1},
		{Lo: 0x05C4, Hi: 0x05C5, Stride: 1},
		{Lo: 0x05C7, Hi: 0x05C7, Stride: 1},
		{Lo: 0x0610, Hi: 0x061A, Stride: 1}, // Arabic vowel signs
		{Lo: 0x064B, Hi: 0x065F, Stride: 1},
		{Lo: 0x0670, Hi: 0x0670, Stride: 1},
		{Lo: 0x06D6, Hi: 0x06DC, Stride: 1},
		{Lo: 0x1AB0, Hi: 0x1AFF, Stride: 1},
		{Lo: 0x1DC0, Hi: 0x1DFF, Stride: 1},
		{Lo: 0x20D0, Hi: 0x20FF, Stride: 1}, // enclosing marks, as in keycaps
		{Lo: 0xFE00, Hi: 0xFE0F, Stride: 1}, // how an emoji is drawn
		{Lo: 0xFE20, Hi: 0xFE2F, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xE0100, Hi: 0xE01EF, Stride: 1}},
}

func isAccent(r rune) bool { return r >= 0x0300 && unicode.Is(accents, r) }

// Starts returns what a search by the beginning of name can match, each folded: the whole name, and the rest of it
// from each later word on, at most 16 of them. Words begin after white space and after the marks that join words.
func Starts(name string) []string {
	folded := Name(name)
	if folded == "" {
		return nil
	}
	starts := []string{folded}
	between := false
	for i, r := range folded {
		if isJoint(r) {
			between = true
			continue
		}
		if between {
			if starts = append(starts, folded[i:]); len(starts) == maxStarts {
				break
			}
		}
		between = false
	}
	return starts
}

const maxStarts = 16

func isJoint(r rune) bool {
	switch r {
	case ' ', '-', '‐', '\'', '’', '.', ',', '/', '(', '[', '{', '"', '“', '„', '«', '|', '+', '&', '·', '・':
		return true
	}
	return false
}

// Username returns s as usernames are compared: without case.
func Username(s string) string { return caseless(s) }

// Address returns an e-mail address as addresses are compared: without case, and without white space around it.
// It returns "" for what is no address.
func Address(s string) string {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || len(s) > maxAddress || !utf8.ValidString(s) || strings.ContainsFunc(s, unprintable) {
		return ""
	}
	return caseless(s)
}

// maxAddress is the length of the longest address that a mail server takes, in bytes.
const maxAddress = 254

// Phone returns a phone number as numbers are compared: its digits, after a + where it has one. It returns "" for
// what is no number.
func Phone(s string) string {
	var b strings.Builder
	for i, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -./()\u00a0\u2011", r):
		default:
			return ""
		}
	}
	if digits := strings.TrimPrefix(b.String(), "+"); len(digits) < 5 || len(digits) > 15 {
		return ""
	}
	return b.String()
}

func caseless(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return norm.NFC.String(foldCase(norm.NFC.String(s)))
		}
	}
	return strings.ToLower(s)
}

// foldCase is Unicode's full case folding. The library turns each case of Cherokee into the other one; Unicode folds
// both to the capitals, which are the older letters.
func foldCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xAB70 && r <= 0xABBF:
			return r - 0xAB70 + 0x13A0
		case r >= 0x13F8 && r <= 0x13FD:
			return r - 8
		}
		return r
	}, cases.Fold().String(s))
}

func unprintable(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf) }
