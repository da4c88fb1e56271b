package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"foyer/cmd/foyer/app"
	"foyer/server/auth"
	"foyer/server/config"
	"foyer/server/ws"
)

type serveCommand struct {
	config.Settings `embed:""`
}

// Run serves until the process is told to stop, and drains.
func (c *serveCommand) Run(ctx context.Context, to streams) error {
	if err := ready(&c.Settings); err != nil {
		return err
	}
	return serve(ctx, c.Settings, newLog(c.Log, to.err), nil)
}

// ready completes the settings and says what is impossible about them.
func ready(s *config.Settings) error {
	if err := s.Complete(); err != nil {
		return err
	}
	return possible(s)
}

// possible says what is impossible about complete settings, looking into the files that they name too.
func possible(s *config.Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	if s.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey); err != nil {
			return fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
	}
	o, err := s.Auth.Options()
	if err != nil || s.Dev {
		return err
	}
	_, err = auth.New(o)
	return err
}

// serve opens the listeners and the node and runs until ctx ends. Beside it runs what beside is, which is given the
// devices' address and ends with ctx; its error ends the server.
func serve(ctx context.Context, s config.Settings, log zerolog.Logger, beside func(ctx context.Context, address string) error) error {
	if s.GarbagePercent > 0 {
		limitGarbage(s.GarbagePercent)
	}
	devices, err := ws.Listen(ctx, s.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	operators, err := new(net.ListenConfig).Listen(ctx, "tcp", s.AdminListen)
	if err != nil {
		return errors.Join(fmt.Errorf("--admin-listen: %w", err), devices.Close())
	}
	node, err := app.New(ctx, s, log)
	if err != nil {
		return errors.Join(err, devices.Close(), operators.Close())
	}
	announce(log, s, devices.Addr(), operators.Addr())
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return node.Run(running, devices, operators) })
	if beside != nil {
		group.Go(func() error { return beside(running, devices.Addr().String()) })
	}
	err = group.Wait()
	log.Info().Msg("stopped")
	return err
}

func announce(log zerolog.Logger, s config.Settings, devices, operators net.Addr) {
	log.Info().Str("version", app.Version).Str("node", s.Node).Stringer("listen", devices).Stringer("admin", operators).
		Str("store", config.Redacted(s.Store)).Bool("tls", s.TLSCert != "").Msg("foyer is up")
	if s.Dev {
		log.Warn().Msg("development mode: whoever can reach this machine's loopback can sign in as anybody")
	}
	if s.Store == "sqlite::memory:" {
		log.Warn().Msg("the store is in memory: everything is forgotten at the end")
	}
}
