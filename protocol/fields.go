package protocol

import (
	"reflect"
	"strings"
)

// field is one member of a wire struct, its embedded structs laid flat.
type field struct {
	name     string
	index    []int
	optional bool
	rules    rules
	decode   decodeFunc
}

// fieldsOf lists the members of a wire struct in the order in which they are written.
func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		if f.Anonymous && !tagged {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				all = append(all, inner)
			}
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		all = append(all, field{
			name:     name,
			index:    []int{i},
			optional: strings.Contains(options, "omit"),
			rules:    parseRules(f.Tag.Get("rule"), f.Type),
		})
	}
	return all
}

// newStructDecoder makes the plan by which a params struct is read: done once for each type.
func newStructDecoder(t reflect.Type) decodeFunc {
	plan := fieldsOf(t)
	byName := make(map[string]int, len(plan))
	for i := range plan {
		plan[i].decode = decoderOf(t.FieldByIndex(plan[i].index).Type)
		byName[plan[i].name] = i
	}
	return func(s *scanner, v reflect.Value) *problem {
		if s.peek() != '{' {
			s.raw()
			return wrong("must be an object")
		}
		s.i++
		var seen uint64
		for s.peek() == '"' {
			name, _ := s.text()
			i, known := byName[name]
			switch {
			case !known:
				return wrong("is no member of this").in(name)
			case seen&(1<<i) != 0:
				return wrong("is given twice").in(name)
			}
			seen |= 1 << i
			s.take(':')
			f := &plan[i]
			if s.peek() == 'n' && v.FieldByIndex(f.index).Type() != typeRaw {
				return wrong("must not be null").in(name)
			}
			member := v.FieldByIndex(f.index)
			if p := f.decode(s, member); p != nil {
				return p.in(name)
			}
			if p := f.rules.check(member); p != nil {
				return p.in(name)
			}
			s.take(',')
		}
		s.take('}')
		for i := range plan {
			if seen&(1<<i) == 0 && !plan[i].optional {
				return wrong("is missing").in(plan[i].name)
			}
		}
		return nil
	}
}
