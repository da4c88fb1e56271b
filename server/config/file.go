package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// file is a YAML file as a source of flags: members are nested where flag names have dots.
type file struct {
	values map[string]any // by flag name, scalars as text
}

// readFile is kong's loader for --config.
func readFile(r io.Reader) (kong.Resolver, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	var root map[string]any
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	f := &file{values: make(map[string]any)}
	if err := f.flatten("", root); err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	return f, nil
}

func (f *file) flatten(prefix string, members map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		path := prefix + name
		switch v := members[name].(type) {
		case map[string]any:
			if err := f.flatten(path+".", v); err != nil {
				return err
			}
		case []any:
			list := make([]any, len(v))
			for i, item := range v {
				text, ok := scalar(item)
				if !ok {
					return fmt.Errorf("%s: a list of lists or members", path)
				}
				list[i] = text
			}
			f.values[path] = list
		default:
			text, ok := scalar(v)
			if !ok {
				return fmt.Errorf("%s: has no value", path)
			}
			f.values[path] = text
		}
	}
	return nil
}

// scalar returns a value as it would be written in a flag, so that a file means the same as a command line.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case nil, map[string]any, []any:
		return "", false
	default:
		return fmt.Sprint(v), true
	}
}

// Validate reports members that no command has a flag for, and values where there are only further members.
func (f *file) Validate(app *kong.Application) error {
	known := make(map[string]bool)
	for _, flag := range flags(app.Node) {
		known[flag.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		if known[name] {
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(known)) {
			if member, found := strings.CutPrefix(k, name+"."); found {
				return fmt.Errorf("configuration file: %s: has members, such as %s, and no value of its own", name, member)
			}
		}
		return fmt.Errorf("configuration file: unknown member %q%s", name, suggestion(name, known))
	}
	return nil
}

// Resolve answers what the file says of a flag, unless the environment says something.
func (f *file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if inEnvironment(flag) {
		return nil, nil
	}
	return f.values[flag.Name], nil
}

func inEnvironment(flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Envs, func(name string) bool { _, ok := os.LookupEnv(name); return ok })
}

// flags are those of a command and all its subcommands, each name once.
func flags(n *kong.Node) []*kong.Flag {
	var out []*kong.Flag
	seen := make(map[string]bool)
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			if !seen[f.Name] {
				seen[f.Name] = true
				out = append(out, f)
			}
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(n)
	return out
}

// suggestion names what was probably meant: a known name with the same last part or the same letters.
func suggestion(name string, known map[string]bool) string {
	plain := strings.NewReplacer("-", "", "_", "", ".", "")
	for _, k := range slices.Sorted(maps.Keys(known)) {
		if plain.Replace(k) == plain.Replace(name) || strings.HasSuffix(k, "."+name) {
			return fmt.Sprintf(" (did you mean %q?)", k)
		}
	}
	return ""
}
