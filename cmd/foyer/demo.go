package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"foyer/cmd/foyer/demo"
	"foyer/server/config"
)

type demoCommand struct {
	Listen      string `default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Where the demo is; on this machine alone."`
	AdminListen string `default:"127.0.0.1:8081" placeholder:"ADDRESS" help:"Its /metrics and /debug/pprof/; with --cluster, the load balancer's page."`
	Cluster     bool   `help:"Three nodes on a PostgreSQL and a Redis of their own, behind a load balancer (needs those, and haproxy, installed)."`
	LogLevel    string `default:"error" enum:"debug,info,warn,error" placeholder:"LEVEL" help:"Least level that is logged: ${enum}."`
}

// Run opens a lobby on a server in development mode, and says where.
func (c *demoCommand) Run(ctx context.Context, to streams) error {
	s, err := config.Defaults()
	if err != nil {
		return err
	}
	s.Listen, s.AdminListen, s.Node, s.Dev = c.Listen, c.AdminListen, "demo", true
	s.Store, s.StoreFile, s.DrainTime = "sqlite::memory:", "", time.Second
	s.Log.Level, s.Log.Format = c.LogLevel, "text"
	s.Invitations.PairGap, s.Invitations.PairMax = 5*time.Second, 0 // so that inviting can be played with
	if err := ready(&s); err != nil {
		return err
	}
	color := isTerminal(to.out) && os.Getenv("NO_COLOR") == ""
	if c.Cluster {
		return farewell(to, c.cluster(ctx, to, color))
	}
	err = serve(ctx, s, newLog(s.Log, to.err), func(ctx context.Context, address string) error {
		url := "http://" + address
		return demo.Run(ctx, demo.Options{
			URL: url, Token: demo.DevTokens(url), Out: to.out, Color: color,
			Ready: func() { demo.Banner(to.out, url, color) },
		})
	})
	return farewell(to, err)
}

// farewell is the end of a demo: what to do about an error, or that it is over.
func farewell(to streams, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w\nsomething else is using that port: stop it, or choose others, such as\n"+
			"  make demo ARGS='--listen 127.0.0.1:9080 --admin-listen 127.0.0.1:9081'", err)
	}
	if err == nil {
		fmt.Fprint(to.out, "\n  The lobby is closed.\n")
	}
	return err
}
