package protocol

import (
	"reflect"
	"strings"
)

// Field is one member of a wire struct, its embedded structs laid flat.
type Field struct {
	// Name is the member's on the wire, Index the way to it in Go.
	Name     string
	Index    []int
	Optional bool
	Rules    Rules
}

// FieldsOf lists the members of a wire struct in the order in which they are written.
func FieldsOf(t reflect.Type) []Field {
	var all []Field
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		tag, tagged := f.Tag.Lookup("json")
		if f.Anonymous && !tagged {
			for _, inner := range FieldsOf(f.Type) {
				inner.Index = append([]int{i}, inner.Index...)
				all = append(all, inner)
			}
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		all = append(all, Field{
			Name:     name,
			Index:    []int{i},
			Optional: strings.Contains(options, "omit"),
			Rules:    parseRules(f.Tag.Get("rule"), f.Type),
		})
	}
	return all
}

// newStructDecoder makes the plan by which a params struct is read: done once for each type.
func newStructDecoder(t reflect.Type) decodeFunc {
	type member struct {
		Field
		decode decodeFunc
		free   bool // free-form JSON, which may be null
	}
	var plan []member
	byName, own := map[string]int{}, map[string]string{}
	for i, f := range FieldsOf(t) {
		inner := t.FieldByIndex(f.Index).Type
		plan = append(plan, member{f, decoderOf(inner), inner == typeRaw})
		byName[f.Name], own[f.Name] = i, f.Name
	}
	return func(s *scanner, v reflect.Value) *problem {
		if s.peek() != '{' {
			s.raw()
			return wrong("must be an object")
		}
		s.i++
		var seen uint64
		for s.peek() == '"' {
			name, _ := oneOf(own, s.raw())
			i, known := byName[name]
			switch {
			case !known:
				return wrong("unknown member").in(name)
			case seen&(1<<i) != 0:
				return wrong("is given twice").in(name)
			}
			seen |= 1 << i
			s.take(':')
			m := &plan[i]
			if s.peek() == 'n' && !m.free {
				return wrong("must not be null").in(name)
			}
			value := v.FieldByIndex(m.Index)
			if p := m.decode(s, value); p != nil {
				return p.in(name)
			}
			if p := m.Rules.check(value); p != nil {
				return p.in(name)
			}
			s.take(',')
		}
		s.take('}')
		for i := range plan {
			if seen&(1<<i) == 0 && !plan[i].Optional {
				return wrong("is missing").in(plan[i].Name)
			}
		}
		return nil
	}
}
