package protocol

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameLength is how many code points of a token's name are kept.
const nameLength = 64

// CheckMessage refuses a text that people will read (the message of an invitation, a note, a session's name) if it is
// longer than most code points (0: any length) or has characters in it that could hide or reorder text: control
// characters, line breaks, direction overrides and zero-width characters other than U+200C and U+200D, which scripts
// and emoji need. The error is -32602 for the field message.
func CheckMessage(s string, most int) *Error { return checkText("message", s, most) }

func checkText(field, s string, most int) *Error {
	if p := textProblem(s, most); p != "" {
		return InvalidParams(field, p)
	}
	return nil
}

func textProblem(s string, most int) string {
	if most > 0 && utf8.RuneCountInString(s) > most {
		return "must have at most " + strconv.Itoa(most) + " characters"
	}
	last := rune(0)
	for _, r := range s {
		if unwanted(r, last) {
			return fmt.Sprintf("must not contain the character %U", r)
		}
		last = r
	}
	return ""
}

// CleanName returns a name from a token as Foyer shows it: without the characters that CheckMessage refuses, without
// spaces around it, at most 64 code points.
func CleanName(s string) string {
	var out strings.Builder
	last := rune(0)
	for _, r := range strings.ToValidUTF8(s, "") {
		if !unwanted(r, last) {
			out.WriteRune(r)
			last = r
		}
	}
	name := strings.TrimSpace(out.String())
	n := 0
	for i := range name {
		if n++; n > nameLength {
			return strings.TrimSpace(name[:i])
		}
	}
	return name
}

// unwanted tells the characters that no text may have. Tag characters are wanted only in a flag, after the one last.
func unwanted(r, last rune) bool {
	switch {
	case r < 0x300: // all but the scripts' marks below
		return unicode.IsControl(r) || r == 0xAD
	case r == 0x2028, r == 0x2029: // line and paragraph separator
		return true
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069: // direction overrides and isolates
		return true
	case r == 0x034F, r == 0x061C, r == 0x180E, r == 0x200B, r == 0x200E, r == 0x200F,
		r >= 0x2060 && r <= 0x2065, r >= 0x206A && r <= 0x206F, r == 0xFEFF, r >= 0xFFF9 && r <= 0xFFFB:
		return true
	case r >= 0xE0000 && r <= 0xE007F:
		return last != 0x1F3F4 && (last < 0xE0020 || last > 0xE007E)
	}
	return false
}
