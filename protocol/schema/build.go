package schema

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"foyer/protocol"
)

// Builder makes the schemas of wire types, each once, under the name of the Go type.
type Builder struct {
	// Closed refuses members that a result or notification does not have.
	Closed bool
	// Describe returns the text for a type, or for its member; may be nil.
	Describe func(t reflect.Type, member string) string

	Components map[string]*Schema
}

var (
	typeRaw        = reflect.TypeFor[json.RawMessage]()
	typeTime       = reflect.TypeFor[protocol.Time]()
	typeAttributes = reflect.TypeFor[protocol.Attributes]()
	typeCode       = reflect.TypeFor[protocol.Code]()
)

const wirePattern = `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`

// Params returns the schema of what a client sends; it is closed.
func (b *Builder) Params(v any) *Schema {
	return b.of(reflect.TypeOf(v).Elem(), protocol.Rules{}, true)
}

// Result returns the schema of what a server sends.
func (b *Builder) Result(v any) *Schema {
	return b.of(reflect.TypeOf(v).Elem(), protocol.Rules{}, false)
}

func (b *Builder) of(t reflect.Type, r protocol.Rules, params bool) *Schema {
	switch t {
	case typeRaw:
		return freeForm(r)
	case typeTime:
		return instant(params)
	case typeAttributes:
		return attributes(params)
	case typeCode:
		return &Schema{Type: "integer"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.of(t.Elem(), r, params)
	case reflect.Bool:
		return &Schema{Type: "boolean"}
	case reflect.String:
		return b.text(t, r)
	case reflect.Slice:
		items := b.of(t.Elem(), protocol.Rules{Bytes: r.Bytes}, params)
		return &Schema{Type: "array", Items: items, MaxItems: r.Max}
	case reflect.Map:
		return &Schema{Type: "object", AdditionalProperties: b.of(t.Elem(), protocol.Rules{}, params)}
	case reflect.Struct:
		return b.component(t, params)
	}
	return integer(t, r, params)
}

// component makes the schema of a struct once and returns a reference to it.
func (b *Builder) component(t reflect.Type, params bool) *Schema {
	name := t.Name()
	if params && !takenFromClients(name) {
		name += "Params"
	}
	if _, done := b.Components[name]; done {
		return ref(name)
	}
	s := &Schema{Type: "object", Description: b.describe(t, "")}
	b.Components[name] = s
	for _, f := range protocol.FieldsOf(t) {
		member := b.of(t.FieldByIndex(f.Index).Type, f.Rules, params)
		if text := b.describe(t, f.Name); text != "" {
			if member.Ref != "" { // draft 7 ignores what stands beside a reference
				member = &Schema{AllOf: []*Schema{member}}
			}
			member.Description = text
		}
		s.Properties = append(s.Properties, Property{f.Name, member})
		if !f.Optional {
			s.Required = append(s.Required, f.Name)
		}
	}
	if params || b.Closed {
		s.AdditionalProperties = false
	}
	if refine := refinements[t]; refine != nil {
		refine(s)
	}
	return ref(name)
}

// takenFromClients tells the structs that are only ever params by their names.
func takenFromClients(name string) bool {
	return strings.HasSuffix(name, "Params") || slices.Contains([]string{"To", "Resume", "HelloClient"}, name)
}

func (b *Builder) describe(t reflect.Type, member string) string {
	if b.Describe == nil {
		return ""
	}
	return b.Describe(t, member)
}

// text refers to a string type that has a list of values, unless this member has fewer.
func (b *Builder) text(t reflect.Type, r protocol.Rules) *Schema {
	values := protocol.EnumOf(t)
	switch {
	case values == nil:
		return plainText(r)
	case r.Values != nil && !slices.Equal(values, r.Values):
		return &Schema{Type: "string", Enum: r.Values}
	}
	if b.Components[t.Name()] == nil {
		b.Components[t.Name()] = &Schema{Type: "string", Enum: values, Description: b.describe(t, "")}
	}
	return ref(t.Name())
}

// plainText counts characters; a limit in bytes is one in characters at most.
func plainText(r protocol.Rules) *Schema {
	s := &Schema{Type: "string"}
	span := r.Chars
	if span == nil {
		span = r.Bytes
	}
	if span == nil {
		return s
	}
	if span.Least > 0 {
		s.MinLength = &span.Least
	}
	s.MaxLength = &span.Most
	return s
}

func freeForm(r protocol.Rules) *Schema {
	if r.Object {
		return &Schema{Type: "object"}
	}
	return &Schema{}
}

func instant(params bool) *Schema {
	s := &Schema{Type: "string", Format: "date-time"}
	if !params {
		s.Pattern = wirePattern
	}
	return s
}

// attributes may be null only in a request, where null deletes.
func attributes(params bool) *Schema {
	s := &Schema{Type: "object"}
	if !params {
		s.AdditionalProperties = &Schema{Not: &Schema{Type: "null"}}
	}
	return s
}

// integer is never negative in what the server sends.
func integer(t reflect.Type, r protocol.Rules, params bool) *Schema {
	s := &Schema{Type: "integer", Minimum: r.Min, Maximum: r.Max}
	if !params && s.Minimum == nil {
		s.Minimum = new(int64)
	}
	if t.Kind() == reflect.Uint16 {
		most := int64(1<<16 - 1)
		s.Minimum, s.Maximum = new(int64), &most
	}
	return s
}
