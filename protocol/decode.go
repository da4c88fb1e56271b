package protocol

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Validator is implemented by params whose members constrain each other.
type Validator interface {
	// Validate returns -32602 with the member at fault, or nil.
	Validate() *Error
}

// DecodeParams reads a request's params into dst, a pointer to one of the params structs, strictly: names are compared
// exactly; a member that is unknown, given twice, missing, null, of another type or outside its bounds is refused with
// -32602, data.field being its path with dots. Free-form JSON (metadata, data, values of attributes) may hold anything
// but a member twice. raw may be nil, which means {}; otherwise it is the Params of a Request, whose syntax ParseFrame
// has checked. What is decoded shares no memory with raw.
func DecodeParams(raw json.RawMessage, dst any) *Error {
	if raw == nil {
		raw = json.RawMessage("{}")
	}
	if check(raw, maxDepth) != syntaxOK {
		return InvalidParams("params", "must be JSON")
	}
	v := reflect.ValueOf(dst).Elem()
	if p := decoderOf(v.Type())(&scanner{b: raw}, v); p != nil {
		return p.refusal()
	}
	if c, ok := dst.(Validator); ok {
		return c.Validate()
	}
	return nil
}

// problem is what is wrong with a member: the path to it is put together on the way out.
type problem struct {
	path []string // innermost first
	text string
}

func wrong(text string) *problem { return &problem{text: text} }

func (p *problem) in(name string) *problem {
	p.path = append(p.path, clip(name))
	return p
}

// refusal names the member by its path; params as a whole, and a member whose name is empty, are called params.
func (p *problem) refusal() *Error {
	slices.Reverse(p.path)
	return InvalidParams(cmp.Or(strings.Join(p.path, "."), "params"), p.text)
}

// decodeFunc reads one value of checked JSON into v.
type decodeFunc func(s *scanner, v reflect.Value) *problem

var decoders sync.Map // reflect.Type → decodeFunc

func decoderOf(t reflect.Type) decodeFunc {
	if d, ok := decoders.Load(t); ok {
		return d.(decodeFunc)
	}
	d, _ := decoders.LoadOrStore(t, newDecoder(t))
	return d.(decodeFunc)
}

var (
	typeRaw    = reflect.TypeFor[json.RawMessage]()
	typeTime   = reflect.TypeFor[Time]()
	typeMember = reflect.TypeFor[Member]()
)

// newDecoder panics for a type that no params have: it is met by the first test that decodes the method.
func newDecoder(t reflect.Type) decodeFunc {
	switch t {
	case typeRaw:
		return decodeRaw
	case typeTime:
		return decodeTime
	}
	switch t.Kind() {
	case reflect.String:
		return decodeString
	case reflect.Bool:
		return decodeBool
	case reflect.Int, reflect.Int64:
		return decodeInt
	case reflect.Uint16:
		return decodeUint
	case reflect.Pointer:
		inner := decoderOf(t.Elem())
		return func(s *scanner, v reflect.Value) *problem {
			p := reflect.New(t.Elem())
			v.Set(p)
			return inner(s, p.Elem())
		}
	case reflect.Slice:
		return newSliceDecoder(t)
	case reflect.Map:
		return newMapDecoder(t)
	case reflect.Struct:
		return newStructDecoder(t)
	}
	panic("protocol: no decoder for " + t.String())
}

func decodeString(s *scanner, v reflect.Value) *problem {
	if s.peek() != '"' {
		s.raw()
		return wrong("must be a string")
	}
	text, ok := s.text()
	switch {
	case !ok:
		return wrong("has half a surrogate pair in it")
	case strings.IndexByte(text, 0) >= 0:
		return wrong("must not contain the character U+0000")
	}
	v.SetString(text)
	return nil
}

func decodeBool(s *scanner, v reflect.Value) *problem {
	switch raw := s.raw(); raw[0] {
	case 't', 'f':
		v.SetBool(raw[0] == 't')
		return nil
	}
	return wrong("must be true or false")
}

func decodeInt(s *scanner, v reflect.Value) *problem {
	n, ok := wholeNumber(s.raw())
	if !ok {
		return wrong("must be an integer")
	}
	if v.OverflowInt(n) {
		return wrong("is out of range")
	}
	v.SetInt(n)
	return nil
}

func decodeUint(s *scanner, v reflect.Value) *problem {
	n, ok := wholeNumber(s.raw())
	if !ok {
		return wrong("must be an integer")
	}
	if n < 0 || v.OverflowUint(uint64(n)) {
		return wrong("is out of range")
	}
	v.SetUint(uint64(n))
	return nil
}

func decodeTime(s *scanner, v reflect.Value) *problem {
	const problem = "must be an RFC 3339 time, like 2026-01-31T09:30:00.000Z"
	if s.peek() != '"' {
		s.raw()
		return wrong(problem)
	}
	text, _ := s.text()
	t, ok := parseTime(text)
	if !ok {
		return wrong(problem)
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

// parseTime reads any RFC 3339 instant whose UTC form has a year of four digits.
func parseTime(text string) (Time, bool) {
	var t time.Time
	if err := t.UnmarshalText([]byte(text)); err != nil {
		return Time{}, false
	}
	if y := t.UTC().Year(); y < 0 || y > 9999 {
		return Time{}, false
	}
	return At(t), true
}

// decodeRaw keeps free-form JSON as it was given, without the spaces.
func decodeRaw(s *scanner, v reflect.Value) *problem {
	raw, p := freeForm(s)
	if p == nil {
		v.SetBytes(raw)
	}
	return p
}

func freeForm(s *scanner) (json.RawMessage, *problem) {
	raw := s.raw()
	if p := unique(&scanner{b: raw}); p != nil {
		return nil, p
	}
	var out bytes.Buffer
	out.Grow(len(raw))
	if err := json.Compact(&out, raw); err != nil {
		return nil, wrong("must be JSON")
	}
	return out.Bytes(), nil
}

// unique refuses a member given twice, at any depth of a checked value.
func unique(s *scanner) *problem {
	switch s.peek() {
	case '{':
		s.i++
		var seen names
		for s.peek() == '"' {
			name, ok := s.text()
			if !ok {
				return wrong("has half a surrogate pair in a name")
			}
			if !seen.add(name) {
				return wrong("is given twice").in(name)
			}
			s.take(':')
			if p := unique(s); p != nil {
				return p.in(name)
			}
			s.take(',')
		}
		s.take('}')
	case '[':
		s.i++
		for i := 0; s.peek() != ']'; i++ {
			if p := unique(s); p != nil {
				return p.in(strconv.Itoa(i))
			}
			s.take(',')
		}
		s.i++
	default:
		s.raw()
	}
	return nil
}

// names is a set that is small most of the time.
type names struct {
	few  []string
	many map[string]bool
}

// add reports whether name is new.
func (n *names) add(name string) bool {
	if n.many != nil {
		if n.many[name] {
			return false
		}
		n.many[name] = true
		return true
	}
	for _, have := range n.few {
		if have == name {
			return false
		}
	}
	n.few = append(n.few, name)
	if len(n.few) > 16 {
		n.many = make(map[string]bool, 4*len(n.few))
		for _, have := range n.few {
			n.many[have] = true
		}
	}
	return true
}

func newSliceDecoder(t reflect.Type) decodeFunc {
	inner := decoderOf(t.Elem())
	return func(s *scanner, v reflect.Value) *problem {
		if s.peek() != '[' {
			s.raw()
			return wrong("must be an array")
		}
		s.i++
		list := reflect.MakeSlice(t, 0, 4)
		for i := 0; s.peek() != ']'; i++ {
			list = reflect.Append(list, reflect.Zero(t.Elem()))
			if p := inner(s, list.Index(i)); p != nil {
				return p.in(strconv.Itoa(i))
			}
			s.take(',')
		}
		s.i++
		v.Set(list)
		return nil
	}
}

func newMapDecoder(t reflect.Type) decodeFunc {
	inner := decoderOf(t.Elem())
	return func(s *scanner, v reflect.Value) *problem {
		if s.peek() != '{' {
			s.raw()
			return wrong("must be an object")
		}
		s.i++
		all := reflect.MakeMap(t)
		for s.peek() == '"' {
			name, ok := s.text()
			if !ok {
				return wrong("has half a surrogate pair in a name")
			}
			key := reflect.ValueOf(name).Convert(t.Key())
			if all.MapIndex(key).IsValid() {
				return wrong("is given twice").in(name)
			}
			s.take(':')
			value := reflect.New(t.Elem()).Elem()
			if p := inner(s, value); p != nil {
				return p.in(name)
			}
			all.SetMapIndex(key, value)
			s.take(',')
		}
		s.take('}')
		v.Set(all)
		return nil
	}
}
