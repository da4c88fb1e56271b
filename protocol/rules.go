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

// rules bound a member's value. They stand in the struct tag `rule`, parts separated by commas, so that the decoder and
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
type rules struct {
	min, max   *int64
	chars      *span
	bytes      *span
	plain      bool
	object     bool
	values     []string
	elemValues []string
}

type span struct{ least, most int }

func parseRules(tag string, t reflect.Type) rules {
	r := rules{values: EnumOf(t)}
	if t.Kind() == reflect.Slice {
		r.elemValues = EnumOf(t.Elem())
	}
	for part := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "":
		case "min":
			r.min = number(value)
		case "max":
			r.max = number(value)
		case "chars":
			r.chars = parseSpan(value)
		case "bytes":
			r.bytes = parseSpan(value)
		case "plain":
			r.plain = true
		case "object":
			r.object = true
		case "oneof":
			r.values = strings.Split(value, "|")
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

func parseSpan(s string) *span {
	least, most, _ := strings.Cut(s, "-")
	return &span{int(*number(least)), int(*number(most))}
}

// check applies the rules to a decoded member.
func (r *rules) check(v reflect.Value) *problem {
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
	case v.Kind() == reflect.Map && r.bytes != nil:
		b, err := json.Marshal(v.Interface())
		if err != nil || len(b) > r.bytes.most {
			return wrong(fmt.Sprintf("must have at most %d bytes as JSON", r.bytes.most))
		}
	}
	return nil
}

func (r *rules) checkString(s string) *problem {
	switch {
	case r.values != nil && !slices.Contains(r.values, s):
		return wrong("must be one of " + strings.Join(r.values, ", "))
	case r.chars != nil && !r.chars.has(utf8.RuneCountInString(s)):
		return wrong("must have " + r.chars.String() + " characters")
	case r.bytes != nil && !r.bytes.has(len(s)):
		return wrong("must have " + r.bytes.String() + " bytes")
	case r.plain:
		if p := textProblem(s, 0); p != "" {
			return wrong(p)
		}
		if r.chars != nil && r.chars.least > 0 && strings.TrimSpace(s) == "" {
			return wrong("must not be blank")
		}
	}
	return nil
}

func (r *rules) checkInt(n int64) *problem {
	switch {
	case r.min != nil && r.max != nil && (n < *r.min || n > *r.max):
		return wrong(fmt.Sprintf("must be %d to %d", *r.min, *r.max))
	case r.min != nil && n < *r.min:
		return wrong(fmt.Sprintf("must be at least %d", *r.min))
	}
	return nil
}

func (r *rules) checkList(v reflect.Value) *problem {
	if r.max != nil && int64(v.Len()) > *r.max {
		return wrong(fmt.Sprintf("must have at most %d elements", *r.max))
	}
	if v.Type().Elem().Kind() != reflect.String {
		return nil
	}
	elem := rules{values: r.elemValues, bytes: r.bytes}
	for i := range v.Len() {
		if p := elem.checkString(v.Index(i).String()); p != nil {
			return p.in(strconv.Itoa(i))
		}
	}
	return nil
}

func (r *rules) checkRaw(raw json.RawMessage) *problem {
	switch {
	case r.object && raw[0] != '{':
		return wrong("must be an object")
	case r.bytes != nil && !r.bytes.has(len(raw)):
		return wrong(fmt.Sprintf("must have at most %d bytes as JSON", r.bytes.most))
	}
	return nil
}

func (s *span) has(n int) bool { return n >= s.least && n <= s.most }

func (s *span) String() string {
	if s.least == 0 {
		return "at most " + strconv.Itoa(s.most)
	}
	return strconv.Itoa(s.least) + " to " + strconv.Itoa(s.most)
}
