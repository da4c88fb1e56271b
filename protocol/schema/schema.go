package schema

import (
	"bytes"
	"encoding/json"
)

// Schema is a JSON Schema of draft 7, the dialect that AsyncAPI 3.0 speaks.
type Schema struct {
	Ref                  string     `json:"$ref,omitempty"`
	Description          string     `json:"description,omitempty"`
	Type                 string     `json:"type,omitempty"`
	Format               string     `json:"format,omitempty"`
	Pattern              string     `json:"pattern,omitempty"`
	Const                any        `json:"const,omitempty"`
	Enum                 any        `json:"enum,omitempty"` // []string or []int
	Minimum              *int64     `json:"minimum,omitempty"`
	Maximum              *int64     `json:"maximum,omitempty"`
	MinLength            *int       `json:"minLength,omitempty"`
	MaxLength            *int       `json:"maxLength,omitempty"`
	Items                *Schema    `json:"items,omitempty"`
	MaxItems             *int64     `json:"maxItems,omitempty"`
	MinProperties        *int       `json:"minProperties,omitempty"`
	MaxProperties        *int       `json:"maxProperties,omitempty"`
	Properties           Properties `json:"properties,omitempty"`
	Required             []string   `json:"required,omitempty"`
	AdditionalProperties any        `json:"additionalProperties,omitempty"` // false, or *Schema
	AllOf                []*Schema  `json:"allOf,omitempty"`
	AnyOf                []*Schema  `json:"anyOf,omitempty"`
	OneOf                []*Schema  `json:"oneOf,omitempty"`
	Not                  *Schema    `json:"not,omitempty"`
	If                   *Schema    `json:"if,omitempty"`
	Then                 *Schema    `json:"then,omitempty"`
	Else                 *Schema    `json:"else,omitempty"`
}

// Properties are an object's members in the order in which they are written.
type Properties []Property

// Property is one member of an object.
type Property struct {
	Name   string
	Schema *Schema
}

// MarshalJSON writes the members as an object, in their order.
func (p Properties) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, member := range p {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(member.Name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(member.Schema)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func (p Properties) named(name string) *Schema {
	for _, member := range p {
		if member.Name == name {
			return member.Schema
		}
	}
	return nil
}

func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

func ref(name string) *Schema { return &Schema{Ref: "#/components/schemas/" + name} }

func constant(v any) *Schema { return &Schema{Const: v} }

func object(required []string, properties ...Property) *Schema {
	return &Schema{Type: "object", Properties: properties, Required: required}
}
