package scenario

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Reference writes the members of a scenario's file as tables in Markdown.
func Reference(out io.Writer) {
	section(out, "", "", reflect.ValueOf(Scenario{}))
}

func section(out io.Writer, path, help string, v reflect.Value) {
	if path != "" {
		fmt.Fprintf(out, "\n**`%s`**: %s\n", path, help)
	}
	fmt.Fprint(out, "\n| member | | unless given | bounds |\n| --- | --- | --- | --- |\n")
	var later []func()
	for _, m := range members(v, path) {
		bounds := ""
		if m.least != "" {
			bounds = m.least + " to " + m.most
		}
		t := m.field.Type
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t != typeCurve {
			t = t.Elem()
		}
		switch {
		case m.field.Type == typeCurve:
			bounds += ", may change over time"
		case m.limit > 0:
			bounds = fmt.Sprintf("a list of at most %d", m.limit)
		}
		if t.Kind() == reflect.Struct {
			later = append(later, func() { section(out, m.path, m.help, reflect.New(t).Elem()) })
		}
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", m.name, m.help, m.fallback, strings.TrimPrefix(bounds, ", "))
	}
	for _, f := range later {
		f()
	}
}
