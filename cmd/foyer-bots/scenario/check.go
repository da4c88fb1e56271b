package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	typeDuration = reflect.TypeFor[Duration]()
	typeCurve    = reflect.TypeFor[Curve]()
	goodName     = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
)

// member is a member of the struct as its tags describe it.
type member struct {
	name, help  string
	fallback    string // the default's text
	least, most string
	limit       int // of a list
	field       reflect.StructField
	value       reflect.Value
	path        string
}

// members walks the members of a section.
func members(v reflect.Value, path string) []member {
	var all []member
	for i := range v.NumField() {
		f := v.Type().Field(i)
		limit, _ := strconv.Atoi(f.Tag.Get("limit")) // 0 where there is none
		m := member{
			name: f.Tag.Get("yaml"), help: f.Tag.Get("help"), fallback: f.Tag.Get("default"), least: f.Tag.Get("min"), most: f.Tag.Get("max"),
			limit: limit, field: f, value: v.Field(i),
		}
		m.path = strings.TrimPrefix(path+"."+m.name, ".")
		all = append(all, m)
	}
	return all
}

// fillIn gives members that the file doesn't have their defaults.
func fillIn(v reflect.Value, path string, given func(string) int) {
	for _, m := range members(v, path) {
		switch {
		case m.value.Kind() == reflect.Pointer && !m.value.IsNil():
			fillIn(m.value.Elem(), m.path, given)
		case m.value.Kind() == reflect.Struct:
			fillIn(m.value, m.path, given)
		case m.value.Kind() == reflect.Slice && m.value.Type() != typeCurve && m.value.Type().Elem().Kind() == reflect.Struct:
			for i := range m.value.Len() {
				fillIn(m.value.Index(i), m.path+"["+strconv.Itoa(i)+"]", given)
			}
		case m.fallback != "" && m.value.IsZero() && given(m.path) == 0:
			m.value.Set(parsed(m.fallback, m.value.Type()))
		}
	}
}

// parsed reads a tag's text as a value of a type.
func parsed(text string, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch {
	case t == typeDuration:
		d, err := time.ParseDuration(text)
		if err != nil {
			panic(err)
		}
		v.SetInt(int64(d))
	case t == typeCurve:
		v.Set(reflect.ValueOf(Constant(number(text))))
	case t.Kind() == reflect.Int:
		v.SetInt(int64(number(text)))
	default:
		v.SetFloat(number(text))
	}
	return v
}

func number(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return f
}

// checker collects what is wrong with a scenario.
type checker struct {
	given func(path string) int
	found []error
}

func (c *checker) fail(path, format string, args ...any) {
	at := ""
	for p := path; p != ""; p = parent(p) {
		if n := c.given(p); n > 0 {
			at = fmt.Sprintf("line %d: ", n)
			break
		}
	}
	c.found = append(c.found, fmt.Errorf("scenario: %s%s: %s", at, path, fmt.Sprintf(format, args...)))
}

func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

// check finds what is out of bounds, and what doesn't go together.
func check(s *Scenario, given func(string) int) error {
	c := &checker{given: given}
	c.bounds(reflect.ValueOf(s).Elem(), "")
	if !goodName.MatchString(s.Name) {
		c.fail("name", "want 1 to 40 small letters, digits and hyphens, not %q", clip(s.Name))
	}
	if len(s.About) > 300 {
		c.fail("about", "at most 300 characters")
	}
	if n := s.MaxPeople() * s.DevicesEach; n > MaxDevices {
		c.fail("people", "%d people with %d devices each are %d devices, at most %d", s.MaxPeople(), s.DevicesEach, n, MaxDevices)
	}
	if s.MaxPeople() < 1 {
		c.fail("people", "nobody is ever there")
	}
	for _, section := range []struct {
		name string
		has  bool
	}{{"states", s.States != nil}, {"moves", s.Moves != nil}, {"messages", s.Messages != nil}, {"storms", len(s.Storms) > 0}} {
		if section.has && s.Sessions == nil {
			c.fail(section.name, "needs sessions")
		}
	}
	if s.Presence != nil && s.Friends == 0 {
		c.fail("presence", "needs friends, who are told")
	}
	if s.Friends > 0 && s.Friends >= int(s.People.At(0)) {
		c.fail("friends", "%d of each need more than %d people at the start", s.Friends, int(s.People.At(0)))
	}
	if s.Invitations != nil && int(s.People.At(0)) < s.Friends+2 {
		c.fail("invitations", "needs at least %d people at the start", s.Friends+2)
	}
	for i, h := range s.Herds {
		if h.At >= s.Duration {
			c.fail(fmt.Sprintf("herds[%d].at", i), "%s is after the end: the load lasts %s", h.At, s.Duration)
		}
	}
	for i, h := range s.Storms {
		if h.At >= s.Duration {
			c.fail(fmt.Sprintf("storms[%d].at", i), "%s is after the end: the load lasts %s", h.At, s.Duration)
		}
	}
	return errors.Join(c.found...)
}

// bounds compares each member with its tags.
func (c *checker) bounds(v reflect.Value, path string) {
	for _, m := range members(v, path) {
		switch k := m.value.Kind(); {
		case m.value.Type() == typeCurve:
			c.curve(m)
		case k == reflect.Pointer && !m.value.IsNil():
			c.bounds(m.value.Elem(), m.path)
		case k == reflect.Struct:
			c.bounds(m.value, m.path)
		case k == reflect.Slice:
			if m.value.Len() > m.limit {
				c.fail(m.path, "%d of them, at most %d", m.value.Len(), m.limit)
				continue
			}
			for i := range m.value.Len() {
				if m.value.Index(i).Kind() == reflect.Struct {
					c.bounds(m.value.Index(i), m.path+"["+strconv.Itoa(i)+"]")
				}
			}
		case m.value.Type() == typeDuration:
			least, most := parsed(m.least, typeDuration).Int(), parsed(m.most, typeDuration).Int()
			if d := m.value.Int(); d < least || d > most {
				c.fail(m.path, "%s: want %s to %s", Duration(d), m.least, m.most)
			}
		case k == reflect.Int:
			c.within(m, m.path, float64(m.value.Int()))
		case k == reflect.Float64:
			c.within(m, m.path, m.value.Float())
		}
	}
}

func (c *checker) within(m member, path string, v float64) {
	if least, most := number(m.least), number(m.most); !(v >= least && v <= most) { // so that NaN is none
		c.fail(path, "%s: want %s to %s", strconv.FormatFloat(v, 'g', -1, 64), m.least, m.most)
	}
}

func (c *checker) curve(m member) {
	curve := m.value.Interface().(Curve)
	if len(curve) == 0 || len(curve) > maxPoints {
		c.fail(m.path, "%d points: want 1 to %d", len(curve), maxPoints)
		return
	}
	for i, p := range curve {
		at := m.path
		if len(curve) > 1 {
			at = fmt.Sprintf("%s[%d]", m.path, i)
		}
		c.within(m, at, p.Is)
		if p.At < 0 || p.At.Std() > 24*time.Hour || i > 0 && cmp.Compare(p.At, curve[i-1].At) <= 0 {
			c.fail(at, "at %s: points follow each other, from 0s to 24h", p.At)
		}
	}
}
