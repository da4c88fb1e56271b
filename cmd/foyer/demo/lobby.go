package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"foyer/client"
	"foyer/protocol"
)

// Options say which server to fill and where to tell about it.
type Options struct {
	// URL is the server's, as http://host:port.
	URL string
	// Token returns where the tokens of the person of that name come from.
	Token func(name string) client.TokenSource
	// Out gets a line for most of what happens, dimmed if Color is set.
	Out   io.Writer
	Color bool
	// Ready is called once everybody is in.
	Ready func()
	// Nodes has the people tell which node they are on, for servers of several: as the attribute NodeAttribute, and in
	// Out when it changes.
	Nodes bool
	// NetDial opens network connections, for tests without a network; the net package's unless given.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
}

// NodeAttribute is by which a member tells the others of a session on which node they are.
const NodeAttribute = "server_node"

// lobby is the session and who lives in it.
type lobby struct {
	o      Options
	feed   *feed
	people []*person
	id     string
	ready  chan struct{}  // closed when people and id are what they will be
	tasks  sync.WaitGroup // what the people do

	mu      sync.Mutex
	greeted map[string]bool // guarded by mu: by user id, the cast included
}

// Run opens the lobby and keeps its people busy until ctx ends. It returns an error only if they could not get in.
func Run(ctx context.Context, o Options) error {
	l := &lobby{
		o:       o,
		feed:    &feed{out: o.Out, color: o.Color},
		ready:   make(chan struct{}),
		greeted: map[string]bool{},
	}
	inner, cancel := context.WithCancel(ctx)
	defer l.close()
	defer cancel()
	if err := l.open(inner); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	close(l.ready)
	if o.Ready != nil {
		o.Ready()
	}
	for _, p := range l.people {
		l.tasks.Go(func() { p.live(inner) })
	}
	<-ctx.Done()
	return nil
}

// open connects everybody, then makes the session and brings them in.
func (l *lobby) open(ctx context.Context) error {
	for seat, r := range cast {
		p := &person{role: r, seat: seat, lobby: l, known: map[string]acquaintance{}}
		if err := p.connect(ctx); err != nil {
			return err
		}
		l.people = append(l.people, p)
		l.greeted[p.c.User().ID] = true
	}
	made, err := l.people[0].c.CreateSession(ctx, protocol.SessionCreateParams{
		Name: "The lobby", Persistent: true, Metadata: []byte(`{"scene":"lobby"}`),
	})
	if err != nil {
		return fmt.Errorf("open the lobby: %w", err)
	}
	l.id = made.Session.ID
	for _, p := range l.people {
		if err := p.join(ctx); err != nil {
			return err
		}
	}
	return nil
}

// greet has those welcomed who are new.
func (l *lobby) greet(ctx context.Context, members []protocol.Member) {
	for _, m := range members {
		l.arrived(ctx, m.User)
	}
}

// arrived lets the people greet a visitor, once: one invites and means it, another thinks better of it.
func (l *lobby) arrived(ctx context.Context, visitor protocol.User) {
	l.mu.Lock()
	known := l.greeted[visitor.ID]
	l.greeted[visitor.ID] = true
	l.mu.Unlock()
	if known {
		return
	}
	l.feed.tell(visitor.Name, "walks in")
	l.tasks.Go(func() {
		if l.isOpen(ctx) && wait(ctx, 5*time.Second) {
			_ = l.people[2].ask(ctx, visitor, welcome)
		}
	})
	l.tasks.Go(func() {
		if !l.isOpen(ctx) || !wait(ctx, 20*time.Second) {
			return
		}
		if err := l.people[3].ask(ctx, visitor, secondThought); err == nil && wait(ctx, 15*time.Second) {
			_ = l.people[3].takeBack(ctx, visitor)
		}
	})
}

// isOpen waits until everybody is in, and reports false if ctx ends before.
func (l *lobby) isOpen(ctx context.Context) bool {
	select {
	case <-l.ready:
		return true
	case <-ctx.Done():
		return false
	}
}

// close sends everybody home.
func (l *lobby) close() {
	for _, p := range l.people {
		p.c.Close()
	}
	for _, p := range l.people {
		<-p.c.Done() // its handler begins no task any more
	}
	l.tasks.Wait()
}
