package demo

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"foyer/client"
	"foyer/protocol"
)

// act does one of the things that people do in a lobby; whoever fell out of it goes back first.
func (p *person) act(ctx context.Context) error {
	p.mu.Lock()
	away := p.away
	p.mu.Unlock()
	if away {
		return p.join(ctx)
	}
	acts := []struct {
		weight int
		do     func(context.Context) error
	}{
		{5, p.stroll},
		{2, p.raiseHand},
		{2, p.changeStatus},
		{2, p.invite},
		{2, p.withdraw},
		{1, p.partWays},
		{1, p.wave},
		{1, p.stepOut},
	}
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	for i, n := 0, rand.IntN(total); ; i++ {
		if n -= acts[i].weight; n < 0 {
			return acts[i].do(ctx)
		}
	}
}

// tolerate drops refusals, which are part of life: two who act at once cannot both have their way. So is that a server
// ends in the middle of a sentence.
func tolerate(err error) error {
	if errors.Is(err, client.ErrInterrupted) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	var refusal *protocol.Error
	if errors.As(err, &refusal) && refusal.Code != protocol.CodeInvalidParams && refusal.Code != protocol.CodeInternal {
		return nil
	}
	return err
}

// stroll walks for some seconds; ten poses a second.
func (p *person) stroll(ctx context.Context) error {
	const step = 100 * time.Millisecond
	for range rand.IntN(50) + 30 {
		p.walks += step
		p.c.WriteState(pose(p.seat, p.walks))
		if !wait(ctx, step) {
			return nil
		}
	}
	return nil
}

func (p *person) raiseHand(ctx context.Context) error {
	set := func(value string) error {
		_, err := p.c.SetAttributes(ctx, protocol.SessionSetAttributesParams{
			SessionID: p.lobby.id, Attributes: protocol.Attributes{"hand_raised": []byte(value)},
		})
		return err
	}
	if err := set("true"); err != nil {
		return err
	}
	p.lobby.feed.tell(p.name, "raises a hand")
	wait(ctx, between(4*time.Second, 9*time.Second))
	return set("null")
}

func (p *person) changeStatus(ctx context.Context) error {
	status := []protocol.Status{protocol.StatusOnline, protocol.StatusOnline, protocol.StatusAway, protocol.StatusBusy}[rand.IntN(4)]
	_, err := p.c.SetPresence(ctx, protocol.PresenceSetParams{Status: status})
	if err == nil {
		p.lobby.feed.tell(p.name, "is "+string(status))
	}
	return err
}

// invite asks someone of the cast whom the person has nothing to do with.
func (p *person) invite(ctx context.Context) error {
	to, found := p.pick(protocol.RelationNone, 30*time.Second)
	if !found {
		return nil
	}
	return p.ask(ctx, to, openers[rand.IntN(len(openers))])
}

// ask sends an invitation with a message.
func (p *person) ask(ctx context.Context, to protocol.User, message string) error {
	_, err := p.c.SendInvitation(ctx, protocol.InvitationSendParams{
		To: protocol.To{UserID: to.ID}, Message: message, SessionID: p.lobby.id,
	})
	if err == nil {
		p.lobby.feed.tell(p.name, "invites "+to.Name)
	}
	return err
}

// withdraw cancels a request that has been open for a while.
func (p *person) withdraw(ctx context.Context) error {
	from, found := p.pick(protocol.RelationSent, 15*time.Second)
	if !found {
		return nil
	}
	return p.takeBack(ctx, from)
}

// takeBack withdraws the invitation to a person, if it is still open.
func (p *person) takeBack(ctx context.Context, from protocol.User) error {
	r, err := p.c.Withdraw(ctx, protocol.InvitationWithdrawParams{UserID: from.ID})
	if err == nil && !r.Unchanged {
		p.lobby.feed.tell(p.name, "takes back the invitation to "+from.Name)
	}
	return err
}

// partWays removes a connection within the cast, so that there is somebody to invite again.
func (p *person) partWays(ctx context.Context) error {
	from, found := p.pick(protocol.RelationConnected, time.Minute)
	if !found {
		return nil
	}
	_, err := p.c.RemoveConnection(ctx, protocol.UserParams{UserID: from.ID})
	return err
}

func (p *person) wave(ctx context.Context) error {
	_, err := p.c.SendMessage(ctx, protocol.SessionSendParams{SessionID: p.lobby.id, Kind: "wave", Data: []byte(`{"hand":"left"}`)})
	return err
}

// stepOut leaves the lobby and comes back after a while.
func (p *person) stepOut(ctx context.Context) error {
	if p.stays {
		return nil
	}
	if err := p.c.LeaveSession(ctx, p.lobby.id); err != nil {
		return errors.Join(err, p.join(ctx))
	}
	p.lobby.feed.tell(p.name, "steps out")
	if !wait(ctx, between(8*time.Second, 20*time.Second)) {
		return nil
	}
	p.lobby.feed.tell(p.name, "is back")
	return p.join(ctx)
}
