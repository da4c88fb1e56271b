package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"foyer/cmd/foyer-bots/result"
	"foyer/cmd/foyer-bots/scenario"
	"foyer/cmd/foyer-bots/show"
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
		r, err := read(path)
		if err != nil {
			return usage(err)
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

// tableCommand writes results side by side.
type tableCommand struct {
	Files  []string `arg:"" help:"Results as --report wrote them. NAME.json, or NAME@1.json, NAME@2.json for repetitions."`
	Metric string   `default:"answer" help:"Whose durations are shown."`
}

// Run writes the table.
func (c *tableCommand) Run(s streams) error {
	if !slices.ContainsFunc(result.Metrics, func(m result.MetricInfo) bool { return m.Name == c.Metric }) {
		return usage(fmt.Errorf("--metric: nothing is called %s", c.Metric))
	}
	var runs []show.Run
	for _, path := range c.Files {
		r, err := read(path)
		if err != nil {
			return usage(err)
		}
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".json"), "@")
		runs = append(runs, show.Run{Name: strings.ReplaceAll(name, "_", " "), Result: r})
	}
	show.Table(s.out, runs, c.Metric)
	return nil
}

// read reads a result.
func read(path string) (*result.Result, error) {
	f, err := os.Open(path) // #nosec G304 -- the user's own files
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := result.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}
