package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// probe asks on a connection of its own: those of the pool may be lost without a sign, and are given up when it gets
// through. It writes: a database whose disk or standby doesn't answer is read from, but commits nothing.
// A server that refuses is one that answers: so will it those who ask.
func (p *postgres) probe(ctx context.Context, read func(bool)) bool {
	config := p.pool.Config().ConnConfig
	config.ConnectTimeout = min(config.ConnectTimeout, probePatience)
	patience := probePatience
	for range config.Fallbacks {
		patience += probePatience
	}
	connecting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	c, err := pgx.ConnectConfig(connecting, config)
	if err == nil && p.gate.reads.open.Load() == nil {
		p.pool.Reset()
	}
	read(!timedOut(err))
	if err != nil {
		return !timedOut(err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Millisecond)
		defer cancel()
		_ = c.Close(closing) // it has done its work
	}()
	asking, end := context.WithTimeout(ctx, probePatience)
	defer end()
	_, err = c.Exec(asking, `UPDATE meta SET value = value WHERE name = 'epoch'`)
	return !timedOut(err)
}
