package main

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"foyer/cmd/foyer/app"
	"foyer/server/config"
)

type configCommand struct {
	Check     checkCommand     `cmd:"" help:"Say whether serve would start with this configuration, and what it is."`
	Reference referenceCommand `cmd:"" help:"Print the documentation of all settings."`
}

type checkCommand struct {
	config.Settings `embed:""`
}

// Run shows the effective settings, then what is impossible about them.
func (c *checkCommand) Run(parsed *kong.Context, to streams) error {
	incomplete := c.Complete() // first, so that what stands in files shows
	if err := config.Show(to.out, parsed); err != nil {
		return err
	}
	if err := errors.Join(incomplete, possible(&c.Settings)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(to.err, "foyer: the configuration is good")
	return err
}

type referenceCommand struct{}

// Run prints docs/configuration.md.
func (referenceCommand) Run(to streams) error { return config.Reference(to.out) }

type versionCommand struct{}

// Run prints one line.
func (versionCommand) Run(to streams) error {
	_, err := fmt.Fprintln(to.out, "foyer", app.Version)
	return err
}

// version is set at build time.
var version string

// nameVersion makes the version known to the node: the one set at build time, else the source's.
func nameVersion() {
	if version != "" {
		app.Version = version
		return
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			app.Version += "-" + s.Value[:12]
		}
	}
}
