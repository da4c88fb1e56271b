package main

import (
	"context"
	"errors"
	"fmt"

	"foyer/server/config"
	"foyer/server/store"
)

type migrateCommand struct {
	Store           string     `default:"sqlite:foyer.db" placeholder:"DSN" help:"The database: sqlite:PATH or postgres://USER@HOST/DATABASE."`
	StoreFile       string     `placeholder:"FILE" help:"A file that holds the value of --store."`
	StoreAllowAsync bool       `name:"store-allow-async-commit" help:"Accept a PostgreSQL with synchronous_commit=off."`
	NewEpoch        bool       `env:"-" help:"After restoring a backup: make clients fetch everything again instead of resuming from revisions that are gone."`
	From            string     `env:"-" placeholder:"DSN" help:"Move everything from this SQLite file (sqlite:PATH) to the database given with --to. No server may run on either."`
	To              string     `env:"-" placeholder:"DSN" help:"The empty PostgreSQL (postgres://…) to move to."`
	ToFile          string     `env:"-" placeholder:"FILE" help:"A file that holds the value of --to."`
	Log             config.Log `embed:"" prefix:"log-"`
}

// Run migrates the database, which opening it does, or moves one to another.
func (c *migrateCommand) Run(ctx context.Context, to streams) error {
	if c.From != "" || c.To != "" || c.ToFile != "" {
		return c.move(ctx, to)
	}
	if err := config.ReadStore(&c.Store, c.StoreFile); err != nil {
		return err
	}
	db, err := store.Open(ctx, c.Store, c.options())
	if err != nil {
		return err
	}
	if c.NewEpoch {
		err = db.NewEpoch(ctx)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(to.out, "%s is up to date\n", config.Redacted(c.Store))
	return err
}

func (c *migrateCommand) options() store.Options {
	return store.Options{AllowAsyncCommit: c.StoreAllowAsync}
}

// move moves an installation from SQLite to PostgreSQL.
func (c *migrateCommand) move(ctx context.Context, to streams) error {
	if c.ToFile != "" {
		if c.To != "" {
			return errors.New("--to and --to-file: give one of them")
		}
		if err := config.FromFile(&c.To, "to-file", c.ToFile); err != nil {
			return err
		}
	}
	switch {
	case c.From == "" || c.To == "":
		return errors.New("--from and --to: give both to move a database")
	case c.NewEpoch:
		return errors.New("--new-epoch: a moved database keeps its history's name")
	}
	moved, err := store.Move(ctx, c.From, c.To, c.options())
	if err != nil {
		return fmt.Errorf("the old database stays in use: %w", err)
	}
	for _, m := range moved {
		if _, err := fmt.Fprintf(to.out, "%-16s %d rows\n", m.Table, m.Rows); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(to.out, "everything is in %s, compared row by row; start the server with it, and keep the old file until you are sure\n", config.Redacted(c.To))
	return err
}
