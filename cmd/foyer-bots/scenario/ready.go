package scenario

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed ready/*.yaml
var ready embed.FS

// Names lists the scenarios that are ready.
func Names() []string {
	entries, err := ready.ReadDir("ready")
	if err != nil {
		panic(err) // embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Source returns the file of a scenario that is ready.
func Source(name string) ([]byte, error) {
	text, err := ready.ReadFile("ready/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("no scenario %q; there are %s, or give a file", name, strings.Join(Names(), ", "))
	}
	return text, nil
}
