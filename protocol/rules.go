package protocol

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Rules bound a member's value. They stand in the struct tag `rule`, parts separated by commas, so that the decoder and
// the generated schemas can't differ:
//
//	min=1 max=200    an integer's bounds, or how many elements a list has
//	chars=1-80       a string's length in code points
//	bytes=1-255      its length in UTF-8, or the size of free-form JSON without spaces
//	plain            no characters that CheckMessage refuses, not blank if chars has a lower bound
//	object           free-form JSON that is an object
//	oneof=a|b        only these values of a string type that has more
//
// A string type whose values are listed in enums has no others, rule or not.
type Rules struct {
	Min, Max     *int64
	Chars, Bytes *Span
	Plain        bool
	Object       bool
	Values       []string // of the member's string type, or of its elements'
}

// Span bounds a length, both ends included.
type Span struct{ Least, Most int }

func parseRules(tag string, t reflect.Type) Rules {
	r := Rules{Values: EnumOf(t)}
	if t.Kind() == reflect.Slice {
		r.Values = EnumOf(t.Elem())
	}
	for part := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "":
		case "min":
			r.Min = number(value)
		case "max":
			r.Max = number(value)
		case "chars":
			r.Chars = parseSpan(value)
		case "bytes":
			r.Bytes = parseSpan(value)
		case "plain":
			r.Plain = true
		case "object":
			r.Object = true
		case "oneof":
			r.Values = strings.Split(value, "|")
		default:
			panic("protocol: unknown rule " + part)
		}
	}
	return r
}

func number(s string) *int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic("protocol: rule " + s + " is no number")
	}
	return &n
}

func parseSpan(s string) *Span {
	least, most, _ := strings.Cut(s, "-")
	return &Span{int(*number(least)), int(*number(most))}
}

// check applies the rules to a decoded member.
func (r *Rules) check(v reflect.Value) *problem {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case v.Type() == typeRaw:
		return r.checkRaw(v.Interface().(json.RawMessage))
	case v.Type() == typeTime:
		return nil
	case v.Kind() == reflect.String:
		return r.checkString(v.String())
	case v.CanInt():
		return r.checkInt(v.Int())
	case v.Kind() == reflect.Slice:
		return r.checkList(v)
	case v.Kind() == reflect.Map && r.Bytes != nil:
		b, err := json.Marshal(v.Interface())
		if err != nil || len(b) > r.Bytes.Most {
			return wrong(fmt.Sprintf("must have at most %d bytes as JSON", r.Bytes.Most))
		}
	}
	return nil
}

func (r *Rules) checkString(s string) *problem {
	switch {
	case r.Values != nil && !slices.Contains(r.Values, s):
		return wrong("must be one of " + strings.Join(r.Values, ", "))
	case r.Chars != nil && !r.Chars.has(utf8.RuneCountInString(s)):
		return wrong("must have " + r.Chars.String() + " characters")
	case r.Bytes != nil && !r.Bytes.has(len(s)):
		return wrong("must have " + r.Bytes.String() + " bytes")
	case r.Plain:
		if p := textProblem(s, 0); p != "" {
			return wrong(p)
		}
		if r.Chars != nil && r.Chars.Least > 0 && strings.TrimSpace(s) == "" {
			return wrong("must not be blank")
		}
	}
	return nil
}

func (r *Rules) checkInt(n int64) *problem {
	switch {
	case r.Min != nil && r.Max != nil && (n < *r.Min || n > *r.Max):
		return wrong(fmt.Sprintf("must be %d to %d", *r.Min, *r.Max))
	case r.Min != nil && n < *r.Min:
		return wrong(fmt.Sprintf("must be at least %d", *r.Min))
	}
	return nil
}

func (r *Rules) checkList(v reflect.Value) *problem {
	if r.Max != nil && int64(v.Len()) > *r.Max {
		return wrong(fmt.Sprintf("must have at most %d elements", *r.Max))
	}
	if v.Type().Elem().Kind() != reflect.String {
		return nil
	}
	elem := Rules{Values: r.Values, Bytes: r.Bytes}
	for i := range v.Len() {
		if p := elem.checkString(v.Index(i).String()); p != nil {
			return p.in(strconv.Itoa(i))
		}
	}
	return nil
}

func (r *Rules) checkRaw(raw json.RawMessage) *problem {
	switch {
	case r.Object && raw[0] != '{':
		return wrong("must be an object")
	case r.Bytes != nil && !r.Bytes.has(len(raw)):
		return wrong(fmt.Sprintf("must have at most %d bytes as JSON", r.Bytes.Most))
	}
	return nil
}

func (s *Span) has(n int) bool { return n >= s.Least && n <= s.Most }

func (s *Span) String() string {
	if s.Least == 0 {
		return "at most " + strconv.Itoa(s.Most)
	}
	return strconv.Itoa(s.Least) + " to " + strconv.Itoa(s.Most)
}
