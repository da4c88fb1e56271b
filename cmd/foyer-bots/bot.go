package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"foyer/client"
	"foyer/protocol"
)

// stateSize is what a bot's state weighs: a time stamp, and room for a pose.
const stateSize = 64

// bot is one person: what they do, and what they know from being told.
type bot struct {
	f      *field
	c      *client.Client
	number atomic.Uint32 // in the session

	mu        sync.Mutex // guards what follows
	relations map[string]protocol.RelationState
	rev       int64
	waiting   map[string]expectation // by the other's user id
}

// expectation is a relation that ought to be told next, and since when.
type expectation struct {
	state protocol.RelationState
	since time.Time
	met   chan time.Duration
}

func (b *bot) connect(ctx context.Context, id, name string) error {
	began := time.Now()
	c, err := client.Dial(ctx, client.Options{
		URL:      b.f.o.URL,
		Token:    b.f.o.tokens(id, name),
		Client:   protocol.Client{Name: "foyer-bots", Version: "1", Kind: protocol.KindBot},
		OnEvent:  func(c *client.Client, e client.Event) { b.hear(ctx, c, e) },
		OnStates: b.see,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	b.c = c
	b.f.report.connects.since(began)
	return nil
}

// hear keeps what this person is told. It runs on the client's handler.
func (b *bot) hear(ctx context.Context, c *client.Client, e client.Event) {
	switch e := e.(type) {
	case *client.Online:
		if e.Fresh {
			b.fetch(ctx, c)
		}
	case *client.Offline:
		b.f.report.offline.Add(1)
		if errors.Is(e.Err, client.ErrGap) {
			b.f.report.violation("%s: %v", c.User().ID, e.Err)
		}
	case *protocol.SessionJoinResult:
		b.number.Store(uint32(e.Number))
	case *client.RejoinRefused:
		b.f.report.refused(e.Err)
	case *protocol.SettingsChanged:
		b.mu.Lock()
		b.rev = e.Rev
		b.mu.Unlock()
	case *protocol.RelationChanged:
		b.told(e)
	}
}

func (b *bot) told(e *protocol.RelationChanged) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.Rev <= b.rev { // in the list that was fetched already
		return
	}
	b.rev = e.Rev
	if e.User == nil {
		return
	}
	if e.Relation.State == protocol.RelationNone {
		delete(b.relations, e.User.ID)
	} else {
		b.relations[e.User.ID] = e.Relation.State
	}
	if w, waits := b.waiting[e.User.ID]; waits && w.state == e.Relation.State {
		delete(b.waiting, e.User.ID)
		w.met <- time.Since(w.since)
	}
}

// expect begins to wait for a relation to become so.
func (b *bot) expect(other string, state protocol.RelationState, since time.Time) <-chan time.Duration {
	met := make(chan time.Duration, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[other] = expectation{state, since, met}
	return met
}

// fetch reads all relations anew.
func (b *bot) fetch(ctx context.Context, c *client.Client) {
	relations, rev, err := list(ctx, c)
	if err != nil {
		return // ctx has ended, or the socket broke: Online comes again
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.relations, b.rev = relations, rev
}

// list reads the relations as the server holds them.
func list(ctx context.Context, c *client.Client) (map[string]protocol.RelationState, int64, error) {
	relations := map[string]protocol.RelationState{}
	var page protocol.Page
	for {
		r, err := c.Relations(ctx, page)
		if err != nil {
			return nil, 0, err
		}
		for id, relation := range r.Relations {
			relations[id] = relation.State
		}
		if r.NextCursor == "" {
			return relations, r.Rev, nil
		}
		page.Cursor = r.NextCursor
	}
}

// verify compares what the server holds with what this person was told, once that has caught up.
func (b *bot) verify(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	held, rev, err := list(ctx, b.c)
	if err != nil {
		b.f.report.violation("%s: %v", b.c.User().ID, err)
		return
	}
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		b.mu.Lock()
		told, have := b.relations, b.rev
		same := reflect.DeepEqual(held, told)
		b.mu.Unlock()
		if have >= rev {
			if !same || have > rev {
				b.f.report.violation("%s was told %v at %d, the server holds %v at %d", b.c.User().ID, told, have, held, rev)
			}
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.f.report.violation("%s was told of revision %d, the server is at %d", b.c.User().ID, have, rev)
			return
		}
	}
}

// move writes states at the given rate until ctx ends.
func (b *bot) move(ctx context.Context, hz int) {
	state := make([]byte, stateSize)
	tick := time.NewTicker(time.Second / time.Duration(hz))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			binary.LittleEndian.PutUint64(state, uint64(time.Since(b.f.began)))
			if b.c.WriteState(state) {
				b.f.report.written.Add(1)
			}
		}
	}
}

// see counts the states of a frame and takes the time of one of them.
func (b *bot) see(frame []byte) {
	f, err := protocol.ParseStates(frame)
	if err != nil || f.Kind != protocol.FrameTick {
		return
	}
	own := uint16(b.number.Load())
	n := int64(0)
	var sample []byte
	for number, state := range f.All() {
		if number != own && len(state) == stateSize {
			n++
			sample = state
		}
	}
	if n == 0 {
		return
	}
	if b.f.report.arrived.Add(n)%16 < n {
		b.f.report.states.add(time.Since(b.f.began) - time.Duration(binary.LittleEndian.Uint64(sample)))
	}
}
