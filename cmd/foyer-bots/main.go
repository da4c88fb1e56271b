// Command foyer-bots puts a Foyer server under load: people who sit in sessions, move, invite each other and take it
// back, and whose networks fail. It measures what they see, checks while it does that each was told exactly what the
// rules say, and ends with a code that says how it went. docs/load-testing.md is its manual.
//
//	foyer-bots run mixed --url http://127.0.0.1:8080 --auth-secret-file secret --html report.html
//	foyer-bots scenarios poses > mine.yaml
//	foyer-bots merge a.json b.json
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"foyer/cmd/foyer-bots/load"
	"foyer/cmd/foyer-bots/scenario"

	"github.com/alecthomas/kong"
)

// version is set at build time.
var version = "dev"

// The exit codes.
const (
	exitFine        = 0
	exitMissed      = 1 // an objective
	exitUsage       = 2
	exitViolated    = 3 // something happened that must not
	exitUnreachable = 4
	exitBound       = 5   // the bots' own memory
	exitInterrupted = 130 // and nothing was wrong so far
)

// exit is an error with the code that the program ends with.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

func usage(err error) error { return &exit{exitUsage, err} }

// commands are what the program can do.
type commands struct {
	Run       runCommand       `cmd:"" default:"withargs" help:"Carry a scenario out: one that is ready, or a file."`
	Scenarios scenariosCommand `cmd:"" help:"List the scenarios that are ready, or print one as a file to begin with."`
	Merge     mergeCommand     `cmd:"" help:"Make one report of those of several processes."`
	Table     tableCommand     `cmd:"" help:"Write results side by side, as a table in Markdown."`
	Version   kong.VersionFlag `help:"Print the version."`
}

const about = `Puts a Foyer server under load and checks what it does.

Ready scenarios (foyer-bots scenarios): ${scenarios}.

Exit codes: 0 fine, 1 an objective was missed, 2 a mistake in what was asked, 3 something happened that must never happen, 4 the server could not be reached, 5 the bots reached their own memory bound, 130 interrupted.`

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute runs the program and returns its exit code.
func execute(args []string, out, problems io.Writer) int {
	names := ""
	for i, name := range scenario.Names() {
		if i > 0 {
			names += ", "
		}
		names += name
	}
	var c commands
	ended := -1
	parser, err := kong.New(&c, kong.Name("foyer-bots"), kong.Description(about), kong.Writers(out, problems),
		kong.Vars{"version": version, "scenarios": names}, kong.Exit(func(code int) { ended = code }))
	if err != nil {
		panic(err) // the struct above
	}
	parsed, err := parser.Parse(args)
	if ended >= 0 {
		return ended // --help and --version are done
	}
	if err != nil {
		fmt.Fprintln(problems, "foyer-bots:", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends the program at once
	}()
	parsed.BindTo(ctx, (*context.Context)(nil))
	return code(parsed.Run(streams{out, problems}), problems)
}

// streams are where the program writes.
type streams struct{ out, problems io.Writer }

// code returns the exit code for an error, which it tells.
func code(err error, problems io.Writer) int {
	if err == nil {
		return exitFine
	}
	fmt.Fprintln(problems, "foyer-bots:", err)
	var e *exit
	switch {
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, load.ErrUnreachable):
		return exitUnreachable
	}
	return exitUsage
}
