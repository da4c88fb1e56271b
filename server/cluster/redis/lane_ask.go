package redis

import (
	"context"
	"slices"
)

// subscribeAtOnce is how many channels one command names.
const subscribeAtOnce = 512

// ask sends the difference between what is wanted and what was asked for.
func (l *lane) ask(k *link) error {
	l.asking.Lock()
	defer l.asking.Unlock()
	l.mu.Lock()
	var on, off []string
	for channel := range l.dirty {
		wanted := l.wanted[channel] != nil
		switch {
		case wanted && k.asked[channel]:
			if k.up && k.open[channel] == 0 { // it was unwanted for so short a time that nobody was told
				l.wanted[channel].confirm()
			}
		case wanted:
			on = append(on, channel)
			k.asked[channel] = true
			k.open[channel]++
		case k.asked[channel]:
			off = append(off, channel)
			delete(k.asked, channel)
		}
	}
	clear(l.dirty)
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(listening(l.bus.ctx), callWithin)
	defer cancel()
	for part := range slices.Chunk(off, subscribeAtOnce) {
		if err := l.command(ctx, k.ps.Unsubscribe, k.ps.SUnsubscribe, part); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(on, subscribeAtOnce) {
		if err := l.command(ctx, k.ps.Subscribe, k.ps.SSubscribe, part); err != nil {
			return err
		}
	}
	l.settle(k)
	return nil
}

type command func(ctx context.Context, channels ...string) error

func (l *lane) command(ctx context.Context, plain, sharded command, channels []string) error {
	if l.bus.c.sharded {
		return sharded(ctx, channels...)
	}
	return plain(ctx, channels...)
}
