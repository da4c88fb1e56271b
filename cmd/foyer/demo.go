package main

import (
	"context"
	"os"
	"time"

	"foyer/cmd/foyer/demo"
	"foyer/server/config"
)

type demoCommand struct {
	Listen      string `default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Where the demo is; on this machine alone."`
	AdminListen string `default:"127.0.0.1:8081" placeholder:"ADDRESS" help:"Its /metrics and /debug/pprof/."`
	LogLevel    string `default:"warn" enum:"debug,info,warn,error" placeholder:"LEVEL" help:"Least level that is logged: ${enum}."`
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
	if err := ready(&s); err != nil {
		return err
	}
	color := isTerminal(to.out) && os.Getenv("NO_COLOR") == ""
	return serve(ctx, s, newLog(s.Log, to.err), func(ctx context.Context, address string) error {
		url := "http://" + address
		return demo.Run(ctx, demo.Options{
			URL: url, Token: demo.DevTokens(url), Out: to.out, Color: color,
			Ready: func() { demo.Banner(to.out, url, color) },
		})
	})
}
