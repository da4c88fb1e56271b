package config

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// secrets are the settings whose value is shown to nobody.
var secrets = map[string]bool{"auth-secret": true}

// Show writes the settings that a parsed command would run with, as a configuration file with the source of each value.
// Secrets are left out, and passwords in addresses are hidden.
func Show(w io.Writer, ctx *kong.Context) error {
	written := make(map[string]bool) // the nested members that have been opened
	given := sources(ctx)
	for _, flag := range settings(ctx.Selected()) {
		indent, name := "", flag.Name
		if group, member, nested := strings.Cut(flag.Name, "."); nested {
			if !written[group] {
				written[group] = true
				if _, err := fmt.Fprintf(w, "%s:\n", group); err != nil {
					return err
				}
			}
			indent, name = "  ", member
		}
		value, shown := value(flag)
		source, ok := given[flag.Name]
		switch {
		case ok:
		case inEnvironment(flag):
			source = "environment"
		default:
			source = "default"
		}
		line := fmt.Sprintf("%s%s: %s", indent, name, value)
		if !shown {
			line = "# " + line
		}
		if _, err := fmt.Fprintf(w, "%-56s # %s\n", line, source); err != nil {
			return err
		}
	}
	return nil
}

// sources says which flags were given on the command line and which in the file.
func sources(ctx *kong.Context) map[string]string {
	given := make(map[string]string)
	for _, p := range ctx.Path {
		switch {
		case p.Flag == nil:
		case p.Resolved:
			given[p.Flag.Name] = "file"
		default:
			given[p.Flag.Name] = "flag"
		}
	}
	return given
}

// settings are a command's own flags.
func settings(n *kong.Node) []*kong.Flag {
	var out []*kong.Flag
	for _, f := range n.Flags {
		if f.Name != "help" && f.Name != "config" {
			out = append(out, f)
		}
	}
	return out
}

// value writes a flag's value as YAML; shown is false for what is unset or secret.
func value(flag *kong.Flag) (text string, shown bool) {
	v := flag.Target.Interface()
	switch v := v.(type) {
	case time.Duration:
		return duration(v), true
	case string:
		if v == "" {
			return "", false
		}
		if secrets[flag.Name] {
			return "(hidden)", false
		}
		return scalarYAML(Redacted(v)), true
	case []string:
		if len(v) == 0 {
			return "", false
		}
		return "[" + strings.Join(v, ", ") + "]", true
	}
	return fmt.Sprint(reflect.ValueOf(v)), true
}

// duration writes d without the zeros at its end.
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func scalarYAML(v string) string {
	text, err := yaml.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%q", v)
	}
	return strings.TrimSpace(string(text))
}

// Redacted hides the password in each address of a comma-separated list.
func Redacted(addresses string) string {
	if !strings.Contains(addresses, "@") {
		return addresses
	}
	parts := strings.Split(addresses, ",")
	for i, part := range parts {
		u, err := url.Parse(part)
		if err != nil {
			parts[i] = "(hidden)"
			continue
		}
		if u.Query().Has("password") {
			q := u.Query()
			q.Set("password", "xxxxx")
			u.RawQuery = q.Encode()
		}
		parts[i] = u.Redacted()
	}
	return strings.Join(parts, ",")
}
