// Command foyer runs the server, a demo of it, and what an operator needs around it. It holds flags and wiring only.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"foyer/server/config"
)

// cli is the command line.
type cli struct {
	Config config.File `placeholder:"FILE" help:"YAML file of settings; flags and FOYER_… variables have precedence."`

	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Demo    demoCommand    `cmd:"" help:"Run a server in memory with lively people in it, to look around. Nothing is kept."`
	Talk    talkCommand    `cmd:"" help:"Speak the protocol with a server, line by line."`
	Token   tokenCommand   `cmd:"" help:"Print a token for a user, signed with the shared secret."`
	Migrate migrateCommand `cmd:"" help:"Bring the database up to date and stop. serve does it by itself, too."`
	Health  healthCommand  `cmd:"" help:"Ask a server on this machine whether it is well; the exit code says."`
	Conf    configCommand  `cmd:"" name:"config" help:"Check the configuration, or print its reference."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `Foyer: a real-time multiplayer session server.

  foyer demo                          look around: opens nothing to others, keeps nothing
  foyer serve                         run the server (FOYER_AUTH_SECRET must be set)
  foyer token --user alice            a token to try it with
  foyer config check                  would it start, and with what?

Every setting of serve is a flag (--limits.requests-per-second), a variable
(FOYER_LIMITS_REQUESTS_PER_SECOND) and a member of the --config file.`

// streams are where a command writes.
type streams struct {
	out, err io.Writer
}

func main() {
	signal.Ignore(syscall.SIGPIPE) // a log that nobody reads any more must not end a server
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	go func() { // a second signal ends the process at once
		<-ctx.Done()
		stop()
	}()
	nameVersion()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// exited is how kong's wish to end the process (after --help) comes back to run.
type exited int

// run carries out a command line and returns the process's exit code.
func run(ctx context.Context, args []string, to streams) (code int) {
	defer func() {
		if p := recover(); p != nil {
			asked, ok := p.(exited)
			if !ok {
				panic(p)
			}
			code = int(asked)
		}
	}()
	var c cli
	options := append(config.Options(),
		kong.Name("foyer"), kong.Description(description), kong.Writers(to.out, to.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 110}),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(to),
	)
	parser, err := kong.New(&c, options...)
	if err != nil {
		panic("the command line's grammar: " + err.Error())
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return complain(to, err, 2)
	}
	for _, name := range config.UnknownVariables(parsed.Model, os.Environ()) {
		fmt.Fprintf(to.err, "foyer: warning: %s is no setting and has no effect\n", name)
	}
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		return complain(to, err, 1)
	}
	return 0
}

// complain prints an error, each of several on its own line.
func complain(to streams, err error, code int) int {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(to.err, "foyer: error: %s\n", strings.TrimSpace(line))
	}
	return code
}
