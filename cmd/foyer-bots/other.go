package main

import (
	"errors"
	"fmt"
	"os"

	"foyer/cmd/foyer-bots/result"
	"foyer/cmd/foyer-bots/scenario"
)

// scenariosCommand lists what is ready.
type scenariosCommand struct {
	Name string `arg:"" optional:"" help:"Print this one's file."`
}

// Run lists the scenarios or prints one.
func (c *scenariosCommand) Run(s streams) error {
	if c.Name != "" {
		text, err := scenario.Source(c.Name)
		if err != nil {
			return usage(err)
		}
		_, err = s.out.Write(text)
		return err
	}
	for _, name := range scenario.Names() {
		text, err := scenario.Source(name)
		if err != nil {
			return err
		}
		sc, err := scenario.Decode(text)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%-16s %s\n", name, sc.About)
	}
	return nil
}

// mergeCommand makes one of several results.
type mergeCommand struct {
	Files []string `arg:"" help:"Results as --report wrote them."`

	SLO    []string `name:"slo" sep:"none" placeholder:"OBJECTIVE" help:"What must hold of all together, beside the scenario's own objectives."`
	NoSLO  bool     `name:"no-slo" help:"Leave out the scenario's own objectives."`
	Report string   `placeholder:"FILE" help:"Write the merged result as JSON."`
	HTML   string   `name:"html" placeholder:"FILE" help:"Write a page with plots."`
}

// Run merges and reports.
func (c *mergeCommand) Run(s streams) error {
	var all []*result.Result
	for _, path := range c.Files {
		f, err := os.Open(path) // #nosec G304 -- the user's own files
		if err != nil {
			return usage(err)
		}
		r, err := result.Read(f)
		_ = f.Close()
		if err != nil {
			return usage(fmt.Errorf("%s: %w", path, err))
		}
		all = append(all, r)
	}
	merged, err := result.Merge(all...)
	if err != nil {
		return usage(err)
	}
	sc, err := scenario.Decode([]byte(merged.Scenario.Source))
	if err != nil {
		return usage(errors.Join(errors.New("the results' scenario"), err))
	}
	objectives, err := (&runCommand{SLO: c.SLO, NoSLO: c.NoSLO}).objectives(sc)
	if err != nil {
		return usage(err)
	}
	files, err := openAll(c.Report, c.HTML)
	if err != nil {
		return usage(err)
	}
	return report(merged, nil, objectives, files, s)
}
