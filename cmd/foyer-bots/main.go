// Command foyer-bots puts a Foyer server under load: people who sit in sessions, move, invite each other and take it
// back, and whose networks fail. It measures what they see, checks at the end that what each was told is what the server
// holds, and exits with 1 if that or an objective wasn't met.
//
//	foyer serve --dev … &
//	foyer-bots --bots 200 --invitations 50 --drops 2 --duration 1m --max-p99 150ms
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"foyer/client"
	"foyer/cmd/foyer/demo"
	"foyer/server/auth"

	"github.com/alecthomas/kong"
)

// options are the flags.
type options struct {
	URL    string `default:"http://127.0.0.1:8080" help:"The server's address."`
	Secret string `env:"FOYER_AUTH_SECRET" help:"Secret to sign tokens with; without it the server is asked (serve --dev)."`

	Bots     int           `short:"n" default:"100" help:"How many people, each with one device."`
	Ramp     int           `default:"200" help:"How many of them connect a second."`
	Duration time.Duration `short:"d" default:"30s" help:"How long the load lasts once all are there."`

	SessionSize int           `default:"10" help:"Members of a session; 0: nobody is in one."`
	StatesHz    int           `default:"10" help:"States a second that each member writes; 0: none."`
	Invitations float64       `default:"10" help:"Invitations a second; each is then withdrawn, every fifth one accepted. 0: none."`
	Hold        time.Duration `default:"150ms" help:"How long an invitation stays open."`
	Drops       float64       `default:"0" help:"Sockets a second that break without a goodbye."`

	MaxP99     time.Duration `help:"Objective: p99 from an invitation or withdrawal to the other's screen."`
	MinStates  float64       `help:"Objective: share of the states written that arrived, such as 0.99."`
	MaxRefused int           `default:"-1" help:"Objective: calls refused; -1: any number."`
}

var errMissed = errors.New("the objectives were not met")

func main() {
	var o options
	kong.Parse(&o, kong.Name("foyer-bots"), kong.Description("Puts a Foyer server under load and checks what it does."),
		kong.UsageOnError())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "foyer-bots:", err)
		os.Exit(1)
	}
}

// run connects everybody, applies the load until it is over or ctx ends, checks and reports.
func run(ctx context.Context, o options) error {
	if o.Bots < 2 {
		return errors.New("--bots: at least 2")
	}
	f := newField(o)
	defer f.close()
	if err := f.connect(ctx); err != nil {
		return err
	}
	f.report.begin()
	f.load(ctx)
	f.report.end()
	f.verify(context.WithoutCancel(ctx))
	return f.report.finish(os.Stdout, o)
}

// tokens returns the token source of a bot.
func (o options) tokens(id, name string) client.TokenSource {
	if o.Secret == "" {
		return demo.DevTokens(o.URL)(name)
	}
	return func(context.Context) (string, error) {
		return auth.Sign(auth.Options{Secret: []byte(o.Secret)}, auth.Claims{Subject: id, Name: name}, time.Hour)
	}
}
