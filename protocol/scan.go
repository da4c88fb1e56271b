package protocol

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep objects and arrays may be nested in a frame, the envelope counted.
const maxDepth = 32

// scanner walks JSON text. Only skip and its helpers look at syntax; everything else may be used on text that skip has
// passed, and relies on it.
type scanner struct {
	b []byte
	i int
}

type syntax int

const (
	syntaxOK syntax = iota
	syntaxBad
	syntaxDeep
)

// check reports whether b is exactly one JSON value, nested at most depth deep.
func check(b []byte, depth int) syntax {
	s := scanner{b: b}
	if got := s.skip(depth); got != syntaxOK {
		return got
	}
	if s.space(); s.i != len(b) {
		return syntaxBad
	}
	return syntaxOK
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// peek returns the next byte that is no space, or 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// take moves over c if it is the next byte that is no space.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

// skip moves over one value of any kind and checks its syntax.
func (s *scanner) skip(depth int) syntax {
	switch c := s.peek(); {
	case c == '"':
		return s.skipString()
	case c == '{' || c == '[':
		if depth == 0 {
			return syntaxDeep
		}
		s.i++
		return s.skipItems(c == '{', depth-1)
	case c == '-' || c >= '0' && c <= '9':
		return s.skipNumber()
	case c == 't':
		return s.skipWord("true")
	case c == 'f':
		return s.skipWord("false")
	case c == 'n':
		return s.skipWord("null")
	}
	return syntaxBad
}

// skipItems moves over what follows the opening bracket of an object or array.
func (s *scanner) skipItems(object bool, depth int) syntax {
	end := byte(']')
	if object {
		end = '}'
	}
	if s.take(end) {
		return syntaxOK
	}
	for {
		if object {
			if s.peek() != '"' || s.skipString() != syntaxOK || !s.take(':') {
				return syntaxBad
			}
		}
		if got := s.skip(depth); got != syntaxOK {
			return got
		}
		if s.take(end) {
			return syntaxOK
		}
		if !s.take(',') {
			return syntaxBad
		}
	}
}

func (s *scanner) skipWord(w string) syntax {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return syntaxBad
	}
	s.i += len(w)
	return syntaxOK
}

func (s *scanner) skipDigits() bool {
	from := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > from
}

func (s *scanner) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

func (s *scanner) skipNumber() syntax {
	if s.at('-') {
		s.i++
	}
	if s.at('0') {
		s.i++
	} else if !s.skipDigits() {
		return syntaxBad
	}
	if s.at('.') {
		s.i++
		if !s.skipDigits() {
			return syntaxBad
		}
	}
	if s.at('e') || s.at('E') {
		s.i++
		if s.at('+') || s.at('-') {
			s.i++
		}
		if !s.skipDigits() {
			return syntaxBad
		}
	}
	return syntaxOK
}

func (s *scanner) skipString() syntax {
	for s.i++; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return syntaxOK
		case c < 0x20:
			return syntaxBad
		case c == '\\':
			s.i++
			if s.i == len(s.b) {
				return syntaxBad
			}
			switch s.b[s.i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if _, ok := hex4(s.b[s.i+1:]); !ok {
					return syntaxBad
				}
				s.i += 4
			default:
				return syntaxBad
			}
		}
	}
	return syntaxBad
}

// raw moves over one checked value and returns its text.
func (s *scanner) raw() []byte {
	s.space()
	from := s.i
	_ = s.skip(maxDepth)
	return s.b[from:s.i]
}

// text moves over one checked string and returns what it says; false if half a surrogate pair is in it, which no
// UTF-8 can hold.
func (s *scanner) text() (string, bool) {
	return unquote(s.raw())
}

// oneOf is unquote where that is one of known as a rule: then it is that one, and nothing is copied.
func oneOf(known map[string]string, q []byte) (string, bool) {
	if w, ok := known[string(q[1:len(q)-1])]; ok {
		return w, true
	}
	return unquote(q)
}

// unquote returns what the checked JSON string q says.
func unquote(q []byte) (string, bool) {
	q = q[1 : len(q)-1]
	plain := 0
	for plain < len(q) && q[plain] != '\\' {
		plain++
	}
	if plain == len(q) {
		return string(q), true
	}
	out := append(make([]byte, 0, len(q)), q[:plain]...)
	for i := plain; i < len(q); i++ {
		if q[i] != '\\' {
			out = append(out, q[i])
			continue
		}
		i++
		if q[i] != 'u' {
			out = append(out, unescape(q[i]))
			continue
		}
		r, _ := hex4(q[i+1:])
		i += 4
		if utf16.IsSurrogate(r) {
			if len(q)-i < 7 || q[i+1] != '\\' || q[i+2] != 'u' {
				return "", false
			}
			low, _ := hex4(q[i+3:])
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return "", false
			}
			i += 6
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out), true
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// wholeNumber reads a checked number whose value is an integer; 5.0 and 5e0 are, since some clients have floats only.
func wholeNumber(raw []byte) (int64, bool) {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, true
	}
	const exact = 1 << 53
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f < -exact || f > exact || f != float64(int64(f)) {
		return 0, false
	}
	return int64(f), true
}
