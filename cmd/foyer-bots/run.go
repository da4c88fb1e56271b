package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"foyer/cmd/foyer-bots/load"
	"foyer/cmd/foyer-bots/result"
	"foyer/cmd/foyer-bots/scenario"
	"foyer/cmd/foyer-bots/show"
	"foyer/server/auth"
)

// runCommand carries a scenario out.
type runCommand struct {
	Scenario string `arg:"" default:"mixed" help:"The name of a scenario that is ready, or a file."`

	URL  []string `name:"url" default:"http://127.0.0.1:8080" placeholder:"ADDRESS" help:"A server's address; may be given several times, then people are spread over them." group:"Target"`
	Mine bool     `name:"i-own-this-target" help:"Allow addresses that are not this machine's." group:"Target"`

	AuthSecret     string `env:"FOYER_AUTH_SECRET" placeholder:"SECRET" help:"Sign tokens with this secret of the server's. Better by environment or file: flags can be seen by other users of the machine." group:"Who they are"`
	AuthSecretFile string `env:"FOYER_AUTH_SECRET_FILE" placeholder:"FILE" help:"A file that holds the secret." group:"Who they are"`
	AuthIssuer     string `env:"FOYER_AUTH_ISSUER" placeholder:"NAME" help:"The signed tokens' iss." group:"Who they are"`
	AuthAudience   string `env:"FOYER_AUTH_AUDIENCE" placeholder:"NAME" help:"The signed tokens' aud." group:"Who they are"`
	Tokens         string `placeholder:"FILE" help:"A file of tokens, one a line, each of another person. Without secret and tokens the server is asked (serve --dev)." group:"Who they are"`

	People    string        `short:"n" placeholder:"N" help:"As --set people=N." group:"What they do"`
	Duration  time.Duration `short:"d" placeholder:"DURATION" help:"As --set duration=DURATION." group:"What they do"`
	Set       []string      `short:"s" sep:"none" placeholder:"MEMBER=VALUE" help:"Change the scenario: invitations.rate=500, states=null." group:"What they do"`
	ServerPID []int         `name:"server-pid" placeholder:"PID" help:"A process of the server's on this machine (Linux), whose processor time and memory are reported too." group:"What comes of it"`
	Part      string        `default:"1/1" placeholder:"N/M" help:"Be one of several processes, each of which does its part of the scenario." group:"What they do"`
	Patience  time.Duration `default:"10s" help:"A change that was not seen by then counts as lost." group:"What they do"`
	Memory    int64         `default:"4096" placeholder:"MIB" help:"Memory that the bots may take; the load ends there." group:"What they do"`

	SLO    []string `name:"slo" sep:"none" placeholder:"OBJECTIVE" help:"What must hold, beside the scenario's own objectives: withdraw.p99<150ms, errors==0." group:"What comes of it"`
	NoSLO  bool     `name:"no-slo" help:"Leave out the scenario's own objectives." group:"What comes of it"`
	Report string   `placeholder:"FILE" help:"Write the result as JSON, for merge." group:"What comes of it"`
	HTML   string   `name:"html" placeholder:"FILE" help:"Write a page with plots." group:"What comes of it"`
	Quiet  bool     `short:"q" help:"No progress, only the summary." group:"What comes of it"`
}

// Run carries the scenario out and reports. What can be mistaken is checked before anything begins.
func (c *runCommand) Run(ctx context.Context, s streams) error {
	sc, source, err := c.scenario()
	if err != nil {
		return usage(err)
	}
	objectives, err := c.objectives(sc)
	if err != nil {
		return usage(err)
	}
	o := load.Options{Scenario: sc, Source: string(source), Version: version, Patience: c.Patience, Memory: c.Memory << 20}
	if o.Part, o.Parts, err = part(c.Part); err != nil {
		return usage(err)
	}
	if c.Patience < 100*time.Millisecond || c.Patience > 10*time.Minute {
		return usage(errors.New("--patience: want 100ms to 10m"))
	}
	if c.Memory < 64 || c.Memory > 1<<20 {
		return usage(errors.New("--memory: want 64 to 1048576 MiB"))
	}
	for _, address := range c.URL {
		t, err := load.NewTarget(ctx, address, c.Mine)
		if err != nil {
			return usage(err)
		}
		o.Targets = append(o.Targets, t)
	}
	if o.Tokens, err = c.tokens(sc); err != nil {
		return usage(err)
	}
	for _, pid := range c.ServerPID {
		s, err := load.NewServer(pid)
		if err != nil {
			return usage(fmt.Errorf("--server-pid: %w", err))
		}
		o.Servers = append(o.Servers, s)
	}
	files, err := openAll(c.Report, c.HTML)
	if err != nil {
		return usage(err)
	}
	debug.SetMemoryLimit(o.Memory * 9 / 10)
	if !c.Quiet {
		progress := show.NewProgress(s.problems, sc.Name)
		o.Watch = progress.Update
		defer progress.Close()
		r, err := load.Run(ctx, o)
		progress.Close()
		return report(r, err, objectives, files, s)
	}
	r, err := load.Run(ctx, o)
	return report(r, err, objectives, files, s)
}

// scenario reads the scenario with what is changed about it.
func (c *runCommand) scenario() (*scenario.Scenario, []byte, error) {
	var text []byte
	var err error
	if strings.ContainsAny(c.Scenario, "./") {
		text, err = os.ReadFile(c.Scenario)
	} else {
		text, err = scenario.Source(c.Scenario)
	}
	if err != nil {
		return nil, nil, err
	}
	sets := c.Set
	if c.People != "" {
		sets = append(sets, "people="+c.People)
	}
	if c.Duration != 0 {
		sets = append(sets, "duration="+c.Duration.String())
	}
	if text, err = scenario.Overlay(text, sets); err != nil {
		return nil, nil, err
	}
	sc, err := scenario.Decode(text)
	return sc, text, err
}

func (c *runCommand) objectives(sc *scenario.Scenario) ([]result.Objective, error) {
	var texts []string
	if !c.NoSLO {
		texts = append(texts, sc.Objectives...)
	}
	for _, text := range c.SLO {
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return result.ParseObjectives(texts, sc.Sections())
}

func (c *runCommand) tokens(sc *scenario.Scenario) (load.Tokens, error) {
	secret := c.AuthSecret
	if c.Tokens != "" {
		f, err := os.Open(c.Tokens)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		tokens, n, err := load.Listed(f)
		if err == nil && n < sc.MaxPeople() {
			err = fmt.Errorf("%s has %d tokens, and the scenario has %d people", c.Tokens, n, sc.MaxPeople())
		}
		return tokens, err
	}
	if secret == "" && c.AuthSecretFile != "" {
		text, err := os.ReadFile(c.AuthSecretFile)
		if err != nil {
			return nil, err
		}
		secret = strings.TrimRight(string(text), "\r\n")
	}
	if secret == "" {
		return load.Handed(), nil
	}
	return load.Signed(auth.Options{Secret: []byte(secret), Issuer: c.AuthIssuer, Audience: c.AuthAudience})
}

// part reads 2/4 as part 1 (from 0) of 4.
func part(text string) (int, int, error) {
	n, m, found := strings.Cut(text, "/")
	part, err1 := strconv.Atoi(n)
	parts, err2 := strconv.Atoi(m)
	if !found || err1 != nil || err2 != nil || part < 1 || part > parts || parts > 1000 {
		return 0, 0, fmt.Errorf("--part %s: want N/M, such as 2/4, with M up to 1000", text)
	}
	return part - 1, parts, nil
}

// outputs are the files that a result is written to; nil where none is asked for.
type outputs struct{ json, html io.WriteCloser }

// openAll opens the files before the load, so that a wrong path costs nothing.
func openAll(report, html string) (o outputs, err error) {
	open := func(path string) io.WriteCloser {
		if path == "" || err != nil {
			return nil
		}
		f, failed := os.Create(path) // #nosec G304 -- the user's own files
		err = failed
		return f
	}
	return outputs{open(report), open(html)}, err
}

// write writes a result to the files.
func (o outputs) write(r *result.Result) error {
	var err error
	if o.json != nil {
		err = errors.Join(err, r.Write(o.json), o.json.Close())
	}
	if o.html != nil {
		err = errors.Join(err, show.Page(o.html, r), o.html.Close())
	}
	return err
}

// report judges, shows and writes a result, and returns how it went.
func report(r *result.Result, err error, objectives []result.Objective, files outputs, s streams) error {
	if err != nil {
		return err
	}
	r.Objectives = result.Judge(r, objectives)
	show.Summary(s.out, r)
	if err := files.write(r); err != nil {
		return usage(err)
	}
	return verdict(r)
}

// verdict is the error, with its exit code, that a result means.
func verdict(r *result.Result) error {
	switch {
	case r.Violations.Count > 0:
		return &exit{exitViolated, fmt.Errorf("%d violations: what must never happen did", r.Violations.Count)}
	case r.Ended == result.Unreachable:
		return &exit{exitUnreachable, errors.New("nobody could sign in")}
	case r.Ended == result.OutOfMemory:
		return &exit{exitBound, errors.New("the load was ended at the bots' own memory bound (--memory)")}
	case r.Failed():
		return &exit{exitMissed, errors.New("objectives were missed")}
	case r.Ended == result.Interrupted:
		return &exit{exitInterrupted, errors.New("interrupted")}
	}
	return nil
}
