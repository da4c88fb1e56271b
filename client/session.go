package client

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

// CreateSession makes a session and joins it as its host. Like after JoinSession, the client goes back there by itself.
func (c *Client) CreateSession(ctx context.Context, p protocol.SessionCreateParams) (protocol.SessionJoinResult, error) {
	r, err := durable[protocol.SessionJoinResult](ctx, c, protocol.MethodSessionCreate, &p, &p.Op)
	if err == nil {
		c.inSession(protocol.SessionJoinParams{SessionID: r.Session.ID, Password: p.Password})
	}
	return r, err
}

// JoinSession joins a session and leaves the one before. What happens there later comes as *protocol.SessionRoster with
// versions above the result's. After a broken socket the client joins again by itself; OnEvent then gets a
// *protocol.SessionJoinResult that replaces what was known, or *RejoinRefused.
func (c *Client) JoinSession(ctx context.Context, p protocol.SessionJoinParams) (protocol.SessionJoinResult, error) {
	r, err := Call[protocol.SessionJoinResult](ctx, c, protocol.MethodSessionJoin, p)
	if err == nil {
		c.inSession(p)
	}
	return r, err
}

// LeaveSession leaves a session; leaving one where the user isn't succeeds too.
func (c *Client) LeaveSession(ctx context.Context, sessionID string) error {
	c.leftSession(sessionID)
	_, err := Call[protocol.Empty](ctx, c, protocol.MethodSessionLeave, protocol.SessionParams{SessionID: sessionID})
	return err
}

// Subscribe says whose states this device wants: those with the given numbers at every tick, the others OthersHz times a
// second or never, by a key frame first. Only a SessionID asks for everybody's again. It lasts for the stay; after a
// broken socket the client asks for the same again by itself.
func (c *Client) Subscribe(ctx context.Context, p protocol.SessionSubscribeParams) error {
	_, err := Call[protocol.Empty](ctx, c, protocol.MethodSessionSubscribe, p)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.wanted = &p
	}
	return err
}

// WriteState sets this member's state, at most 512 bytes. It reports whether it was written: states are newest only, so
// one that could not be sent is not kept.
func (c *Client) WriteState(state []byte) bool {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	socket := c.socket
	c.mu.Unlock()
	return socket != nil && write(socket, websocket.BinaryMessage, protocol.AppendState(nil, state))
}

func (c *Client) inSession(p protocol.SessionJoinParams) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.joined == nil || c.joined.SessionID != p.SessionID {
		c.wanted = nil
	}
	c.joined = &p
}

func (c *Client) leftSession(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.joined != nil && c.joined.SessionID == id {
		c.joined, c.wanted = nil, nil
	}
}

// rejoin asks for the session again on a new socket. The answer becomes an event where it is read, so that it keeps its
// place before the rosters that count on from it.
func (c *Client) rejoin(p protocol.SessionJoinParams) {
	c.mu.Lock()
	wanted := c.wanted
	for id, waiting := range c.pending { // of the socket before
		if waiting.rejoin {
			delete(c.pending, id)
		}
	}
	c.mu.Unlock()
	_, _ = c.enter(protocol.MethodSessionJoin, p, &pending{rejoin: true, answer: func(a answer) { c.rejoined(p.SessionID, a) }})
	if wanted != nil && wanted.SessionID == p.SessionID {
		_, _ = c.enter(protocol.MethodSessionSubscribe, wanted, &pending{rejoin: true, answer: func(answer) {}})
	}
}

func (c *Client) rejoined(id string, a answer) {
	if errors.Is(a.err, ErrInterrupted) || errors.Is(a.err, ErrClosed) {
		return // the next socket asks again
	}
	var r protocol.SessionJoinResult
	if a.err == nil {
		a.err = json.Unmarshal(a.result, &r)
	}
	var refusal *protocol.Error
	switch {
	case a.err == nil:
		c.events.add(&r)
	case errors.As(a.err, &refusal) && refusal.Code == protocol.CodeUnavailable:
		c.background.Go(func() { c.rejoinAfter(id, refusal) })
	default:
		c.leftSession(id)
		c.events.add(&RejoinRefused{SessionID: id, Err: a.err})
	}
}

// rejoinAfter asks again for the session, whose server had too much to do.
func (c *Client) rejoinAfter(id string, refusal *protocol.Error) {
	wait := unknownWait
	if refusal.Data != nil {
		wait = max(wait, time.Duration(refusal.Data.RetryAfterMS)*time.Millisecond)
	}
	if !pause(c.ctx, wait) {
		return
	}
	c.mu.Lock()
	joined, wanted := c.joined, c.wanted
	c.mu.Unlock()
	if joined == nil || joined.SessionID != id {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.o.CallTimeout)
	defer cancel()
	result, err := c.request(ctx, protocol.MethodSessionJoin, joined, false)
	if ctx.Err() != nil {
		return // offline meanwhile: the next socket asks again
	}
	c.rejoined(id, answer{result, err})
	if err == nil && wanted != nil && wanted.SessionID == id {
		_, _ = c.request(ctx, protocol.MethodSessionSubscribe, wanted, false) // else the states of all come
	}
}
