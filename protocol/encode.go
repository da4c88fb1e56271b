package protocol

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// The encoder writes what encoding/json would, with three differences: a list or map that is nil is written as [] or
// {}, free-form JSON that is nil as {}, since the protocol knows no null; <, > and & stay as they are; and next to nothing
// is allocated beside the frame.

// encodeFunc appends one value as JSON.
type encodeFunc func(dst []byte, v reflect.Value) ([]byte, error)

var encoders sync.Map // reflect.Type → encodeFunc

// appendValue appends v, a wire struct or a pointer to one, to dst.
func appendValue(dst []byte, v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	switch {
	case value.Kind() == reflect.Pointer && !value.IsNil():
		value = value.Elem()
	case value.Kind() == reflect.Struct: // a copy with an address, so that no member must be copied
		addressable := reflect.New(value.Type()).Elem()
		addressable.Set(value)
		value = addressable
	default:
		return nil, fmt.Errorf("encode %T: no wire struct", v)
	}
	return encoderOf(value.Type())(dst, value)
}

func encoderOf(t reflect.Type) encodeFunc {
	if e, ok := encoders.Load(t); ok {
		return e.(encodeFunc)
	}
	e, _ := encoders.LoadOrStore(t, newEncoder(t))
	return e.(encodeFunc)
}

// newEncoder panics for a type that nothing on the wire has: it is met by the first test that encodes it.
func newEncoder(t reflect.Type) encodeFunc {
	switch t {
	case typeRaw:
		return encodeRaw
	case typeTime:
		return encodeTime
	case typeMember:
		return newMemberEncoder()
	}
	switch t.Kind() {
	case reflect.String:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return appendString(dst, v.String()), nil }
	case reflect.Bool:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(dst, v.Bool()), nil }
	case reflect.Int, reflect.Int64:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(dst, v.Int(), 10), nil }
	case reflect.Uint16:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendUint(dst, v.Uint(), 10), nil }
	case reflect.Pointer:
		return newPointerEncoder(t)
	case reflect.Slice:
		return newSliceEncoder(t)
	case reflect.Map:
		return newMapEncoder(t)
	case reflect.Struct:
		return newStructEncoder(t)
	}
	panic("protocol: no encoder for " + t.String())
}

// encodeRaw writes free-form JSON, which must be JSON: one broken value would break the frame around it.
func encodeRaw(dst []byte, v reflect.Value) ([]byte, error) {
	raw := v.Bytes()
	if raw == nil {
		return append(dst, "{}"...), nil
	}
	if check(raw, maxDepth) != syntaxOK {
		return nil, errors.New("encode free-form JSON: malformed")
	}
	return append(dst, raw...), nil
}

func encodeTime(dst []byte, v reflect.Value) ([]byte, error) {
	if v.CanAddr() {
		return v.Addr().Interface().(*Time).appendJSON(dst), nil
	}
	return v.Interface().(Time).appendJSON(dst), nil
}

// WriteMembers encodes members for all messages that have one of them from now on. They must not be changed any more.
func WriteMembers(members []Member) error {
	encode := encoderOf(typeMember)
	var all []byte
	ends := make([]int, len(members))
	for i := range members {
		var err error
		if all, err = encode(all, reflect.ValueOf(&members[i]).Elem()); err != nil {
			return err
		}
		ends[i] = len(all)
	}
	start := 0
	for i := range members {
		members[i].written = all[start:ends[i]:ends[i]]
		start = ends[i]
	}
	return nil
}

// newMemberEncoder encodes members: most of what is sent to a crowd are members, the same for many.
func newMemberEncoder() encodeFunc {
	encode := newStructEncoder(typeMember)
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		if v.CanAddr() {
			if m := v.Addr().Interface().(*Member); m.written != nil {
				return append(dst, m.written...), nil
			}
		}
		return encode(dst, v)
	}
}

func newPointerEncoder(t reflect.Type) encodeFunc {
	// Looked up at use: a relation has an invitation in it, an error a relation.
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return encoderOf(t.Elem())(dst, v.Elem())
	}
}

func newSliceEncoder(t reflect.Type) encodeFunc {
	inner := encoderOf(t.Elem())
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		var err error
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = inner(dst, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	}
}

// newMapEncoder writes a map sorted by key, so that equal values are equal bytes.
func newMapEncoder(t reflect.Type) encodeFunc {
	inner := encoderOf(t.Elem())
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		var err error
		dst = append(dst, '{')
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, key.String()), ':')
			if dst, err = inner(dst, v.MapIndex(key)); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}
}

func newStructEncoder(t reflect.Type) encodeFunc {
	type member struct {
		key      string // with quotes and colon
		index    []int
		optional bool
		encode   encodeFunc
	}
	var plan []member
	for _, f := range FieldsOf(t) {
		plan = append(plan, member{`"` + f.Name + `":`, f.Index, f.Optional, encoderOf(t.FieldByIndex(f.Index).Type)})
	}
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		var err error
		dst = append(dst, '{')
		first := true
		for i := range plan {
			m := &plan[i]
			value := v
			for _, i := range m.index {
				value = value.Field(i)
			}
			if m.optional && value.IsZero() {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			if dst, err = m.encode(append(dst, m.key...), value); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
}
