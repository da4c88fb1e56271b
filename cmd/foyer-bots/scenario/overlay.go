package scenario

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// Overlay returns a scenario's file with some members set to something else: invitations.rate=500, people=[{at: 0s, is: 5}].
func Overlay(text []byte, sets []string) ([]byte, error) {
	if len(sets) == 0 {
		return text, nil
	}
	if _, err := parse(text); err != nil {
		return nil, err
	}
	var file yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.UseOrderedMap()); err != nil {
		return nil, explain(err)
	}
	for _, set := range sets {
		path, value, found := strings.Cut(set, "=")
		if !found || path == "" {
			return nil, fmt.Errorf("--set %s: want MEMBER=VALUE, such as invitations.rate=500", clip(set))
		}
		if _, err := parse([]byte(value)); err != nil && value != "null" {
			return nil, fmt.Errorf("--set %s: the value: %w", clip(set), err)
		}
		var v any
		if err := yaml.UnmarshalWithOptions([]byte(value), &v, yaml.UseOrderedMap()); err != nil {
			return nil, fmt.Errorf("--set %s: the value: %w", clip(set), explain(err))
		}
		changed, err := replace(file, strings.Split(path, "."), v)
		if err != nil {
			return nil, fmt.Errorf("--set %s: %w", clip(set), err)
		}
		file = changed
	}
	out, err := yaml.Marshal(file)
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	return out, nil
}

var errNoSection = errors.New("what it is to be a member of is no section")

// replace sets a member deep inside; a value of nil takes it out.
func replace(in yaml.MapSlice, path []string, v any) (yaml.MapSlice, error) {
	out := yaml.MapSlice{}
	found := false
	for _, item := range in {
		if item.Key != path[0] {
			out = append(out, item)
			continue
		}
		found = true
		if len(path) > 1 {
			inner, is := item.Value.(yaml.MapSlice)
			if !is && item.Value != nil {
				return nil, errNoSection
			}
			changed, err := replace(inner, path[1:], v)
			if err != nil {
				return nil, err
			}
			out = append(out, yaml.MapItem{Key: item.Key, Value: changed})
		} else if v != nil {
			out = append(out, yaml.MapItem{Key: item.Key, Value: v})
		}
	}
	if found || v == nil {
		return out, nil
	}
	if len(path) == 1 {
		return append(out, yaml.MapItem{Key: path[0], Value: v}), nil
	}
	inner, err := replace(nil, path[1:], v)
	return append(out, yaml.MapItem{Key: path[0], Value: inner}), err
}
