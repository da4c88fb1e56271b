package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"foyer/client"
	"foyer/protocol"
)

// person is one of the cast, with a device of their own.
type person struct {
	role
	seat  int
	lobby *lobby
	c     *client.Client
	walks time.Duration // so far; owned by live

	mu    sync.Mutex // guards what follows
	known map[string]acquaintance
	node  string // where the device is
	away  bool   // out of the lobby, though it wants to be in
}

// acquaintance is what a person knows of another: the relation, and when it became so.
type acquaintance struct {
	user  protocol.User
	state protocol.RelationState
	since time.Time
}

// connect makes the person's device.
func (p *person) connect(ctx context.Context) error {
	c, err := client.Dial(ctx, client.Options{
		URL:     p.lobby.o.URL,
		Token:   p.lobby.o.Token(p.name),
		Client:  protocol.Client{Name: "foyer-demo", Version: "1", Kind: p.kind()},
		OnEvent: func(_ *client.Client, e client.Event) { p.hear(ctx, e) },
		NetDial: p.lobby.o.NetDial,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	p.c = c
	return nil
}

// kind is what the person wears or holds; most have a headset.
func (p *person) kind() protocol.Kind {
	kinds := [...]protocol.Kind{protocol.KindHeadset, protocol.KindHeadset, protocol.KindDesktop, protocol.KindHeadset, protocol.KindMobile}
	return kinds[p.seat%len(kinds)]
}

func (p *person) join(ctx context.Context) error {
	_, err := p.c.JoinSession(ctx, protocol.SessionJoinParams{SessionID: p.lobby.id})
	p.mu.Lock()
	p.away = err != nil
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	p.c.WriteState(pose(p.seat, 0))
	if err := p.tellNode(ctx); err != nil {
		return err
	}
	_, err = p.c.SetPresence(ctx, protocol.PresenceSetParams{Status: protocol.StatusOnline, Note: &p.note})
	return err
}

// tellNode tells the lobby on which node the person is, if that is of interest.
func (p *person) tellNode(ctx context.Context) error {
	if !p.lobby.o.Nodes {
		return nil
	}
	node, err := json.Marshal(p.c.Hello().Server.Node)
	if err != nil {
		return err
	}
	_, err = p.c.SetAttributes(ctx, protocol.SessionSetAttributesParams{
		SessionID: p.lobby.id, Attributes: protocol.Attributes{NodeAttribute: node},
	})
	return err
}

// online takes in that the device is connected, for the first time or again.
func (p *person) online(e *client.Online) {
	p.mu.Lock()
	before := p.node
	p.node = e.Hello.Server.Node
	p.mu.Unlock()
	if p.lobby.o.Nodes && before != "" && before != e.Hello.Server.Node {
		p.lobby.feed.tell(p.name, "comes back by way of "+e.Hello.Server.Node+" (was on "+before+")")
	}
}

// rejoined takes in that the device is in the lobby again after its socket broke.
func (p *person) rejoined(ctx context.Context, e *protocol.SessionJoinResult) {
	p.lobby.tasks.Go(func() {
		if !p.lobby.isOpen(ctx) {
			return
		}
		if err := tolerate(p.tellNode(ctx)); err != nil && ctx.Err() == nil {
			p.lobby.feed.trouble(p.name, err)
		}
	})
	if p.seat == 0 {
		p.lobby.greet(ctx, e.Members)
	}
}

// live does one thing after another until ctx ends.
func (p *person) live(ctx context.Context) {
	for wait(ctx, between(5*time.Second, 16*time.Second)) {
		if err := tolerate(p.act(ctx)); err != nil && ctx.Err() == nil {
			p.lobby.feed.trouble(p.name, err)
		}
	}
}

// hear takes in what the server tells. It runs on the client's handler.
func (p *person) hear(ctx context.Context, e client.Event) {
	switch e := e.(type) {
	case *protocol.RelationChanged:
		p.remember(e)
		if e.Cause == protocol.CauseReceived && e.User != nil && e.Relation.Invitation != nil {
			p.lobby.tasks.Go(func() { p.reply(ctx, e.User.Name, e.Relation.Invitation.ID) })
		}
	case *protocol.SessionRoster:
		if p.seat != 0 { // the host has an eye on the door
			return
		}
		p.lobby.greet(ctx, e.Joined)
	case *client.Online:
		p.online(e)
	case *protocol.SessionJoinResult:
		p.rejoined(ctx, e)
	case *client.RejoinRefused:
		p.mu.Lock()
		p.away = true
		p.mu.Unlock()
	}
}

func (p *person) remember(e *protocol.RelationChanged) {
	if e.User == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[e.User.ID] = acquaintance{*e.User, e.Relation.State, time.Now()}
}

// reply answers an invitation in the person's own way and time. It may have been withdrawn by then.
func (p *person) reply(ctx context.Context, from, id string) {
	if p.answer == waits || !p.lobby.isOpen(ctx) || !wait(ctx, p.takes) {
		return
	}
	var err error
	if p.answer == accepts {
		_, err = p.c.Accept(ctx, protocol.InvitationParams{InvitationID: id})
	} else {
		_, err = p.c.Decline(ctx, protocol.InvitationDeclineParams{InvitationID: id})
	}
	if err == nil && p.answer == accepts {
		p.lobby.feed.tell(p.name, "accepts "+from+"'s invitation")
	}
}

// pick returns one of those that the person has this relation with for at least so long; with none, everyone of the
// cast who is not known otherwise.
func (p *person) pick(state protocol.RelationState, age time.Duration) (protocol.User, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var fit []protocol.User
	for _, other := range p.lobby.people {
		id := other.c.User().ID
		a, known := p.known[id]
		if other == p || known && (a.state != state || time.Since(a.since) < age) || !known && state != protocol.RelationNone {
			continue
		}
		fit = append(fit, other.c.User())
	}
	if len(fit) == 0 {
		return protocol.User{}, false
	}
	return fit[rand.IntN(len(fit))], true
}

// between returns a random duration.
func between(least, most time.Duration) time.Duration {
	return least + rand.N(most-least)
}

// wait reports true after d, or false as soon as ctx has ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
