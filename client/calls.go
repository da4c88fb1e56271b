package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"foyer/protocol"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// unknownWait is the wait before a call is repeated of which the server could not tell the outcome.
const unknownWait = 500 * time.Millisecond

// NewOpID returns a new name for a durable change. Give one yourself to repeat a change across programs; otherwise the
// client does.
func NewOpID() string { return uuid.NewString() }

// repeatable has the calls that may be sent twice though they carry no op_id: they read, or set what they set.
var repeatable = map[protocol.Method]bool{
	protocol.MethodInvitationList:       true,
	protocol.MethodInvitationMarkSeen:   true,
	protocol.MethodConnectionList:       true,
	protocol.MethodRelationList:         true,
	protocol.MethodSettingsGet:          true,
	protocol.MethodPeopleSearch:         true,
	protocol.MethodPeopleInSession:      true,
	protocol.MethodPeopleRecent:         true,
	protocol.MethodPeopleFocus:          true,
	protocol.MethodPeopleUnfocus:        true,
	protocol.MethodPresenceSet:          true,
	protocol.MethodSessionList:          true,
	protocol.MethodSessionJoin:          true,
	protocol.MethodSessionLeave:         true,
	protocol.MethodSessionSetAttributes: true,
	protocol.MethodSessionBans:          true,
	protocol.MethodSessionSubscribe:     true,
}

// pending is a call whose answer has not come.
type pending struct {
	frame  []byte
	repeat bool         // safe on the next socket
	rejoin bool         // made by the client itself
	sent   bool         // guarded by Client.mu
	answer func(answer) // called once, by whoever took the call out of Client.pending; must not block
}

// answer is what became of a call.
type answer struct {
	result json.RawMessage
	err    error
}

// Call makes a request by name, for methods that this package doesn't know, and waits for its answer. While the client
// is offline it waits too, within ctx or the CallTimeout. A call that carries no op_id and is not known to be harmless
// fails with ErrInterrupted when the socket breaks.
func Call[R any](ctx context.Context, c *Client, method protocol.Method, params any) (R, error) {
	return call[R](ctx, c, method, params, "")
}

// durable makes a call that takes an op_id and gives it one, unless told otherwise.
func durable[R any](ctx context.Context, c *Client, method protocol.Method, params any, op *protocol.Op) (R, error) {
	if op.OpID == "" && !c.o.WithoutOpIDs {
		op.OpID = NewOpID()
	}
	return call[R](ctx, c, method, params, op.OpID)
}

// call makes a request and repeats it as long as its outcome is unknown and opID makes that safe.
func call[R any](ctx context.Context, c *Client, method protocol.Method, params any, opID string) (R, error) {
	var result R
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.o.CallTimeout)
		defer cancel()
	}
	for {
		raw, err := c.request(ctx, method, params, opID != "" || repeatable[method])
		var refusal *protocol.Error
		if errors.As(err, &refusal) && refusal.Data != nil && refusal.Data.Unknown && opID != "" {
			if !pause(ctx, max(unknownWait, time.Duration(refusal.Data.RetryAfterMS)*time.Millisecond)) {
				return result, err
			}
			continue
		}
		if err != nil {
			return result, fmt.Errorf("%s: %w", method, err)
		}
		if err := json.Unmarshal(raw, &result); err != nil {
			return result, fmt.Errorf("%s: result: %w", method, err)
		}
		return result, nil
	}
}

// request sends one request and waits for its answer. While there is no socket it waits for the next one.
func (c *Client) request(ctx context.Context, method protocol.Method, params any, repeat bool) (json.RawMessage, error) {
	answers := make(chan answer, 1)
	id, err := c.send(method, params, &pending{repeat: repeat, answer: func(a answer) { answers <- a }})
	if err != nil {
		return nil, err
	}
	select {
	case a := <-answers:
		return a.result, a.err
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.pending, id)
		c.mu.Unlock()
		return nil, ctx.Err()
	}
}

// send enters a request, and writes it if there is a socket.
func (c *Client) send(method protocol.Method, params any, p *pending) (int64, error) {
	c.writing.Lock() // from here on, so that requests are written in the order of their ids
	defer c.writing.Unlock()
	c.mu.Lock()
	socket := c.socket
	c.mu.Unlock()
	p.sent = socket != nil
	id, err := c.enter(method, params, p)
	if err != nil {
		return 0, err
	}
	if socket != nil {
		write(socket, websocket.TextMessage, p.frame)
	}
	return id, nil
}

// enter makes a request one that waits for an answer.
func (c *Client) enter(method protocol.Method, params any, p *pending) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, ErrClosed
	}
	frame, err := encode(c.lastID+1, method, params)
	if err != nil {
		return 0, err
	}
	c.lastID++
	p.frame = frame
	c.pending[c.lastID] = p
	return c.lastID, nil
}

// encode returns the frame of a request.
func encode(id int64, method protocol.Method, params any) ([]byte, error) {
	frame, err := json.Marshal(struct {
		Version string          `json:"jsonrpc"`
		ID      int64           `json:"id"`
		Method  protocol.Method `json:"method"`
		Params  any             `json:"params"`
	}{"2.0", id, method, params})
	if err != nil {
		return nil, fmt.Errorf("%s: params: %w", method, err)
	}
	return frame, nil
}

// goOnline makes socket the one that calls use, and has what waited for it sent in the order in which it was asked. It
// does not wait for that: the server may want its answers read before it reads on.
func (c *Client) goOnline(socket *websocket.Conn) {
	c.writing.Lock() // until all that waited is written
	c.mu.Lock()
	c.socket = socket
	ids := slices.Sorted(maps.Keys(c.pending))
	frames := make([][]byte, 0, len(ids))
	for _, id := range ids {
		c.pending[id].sent = true
		frames = append(frames, c.pending[id].frame)
	}
	ended := c.err != nil
	c.mu.Unlock()
	if ended { // and finish saw no socket to close
		c.writing.Unlock()
		goodbye(socket)
		return
	}
	c.background.Go(func() {
		defer c.writing.Unlock()
		for _, frame := range frames {
			if !write(socket, websocket.TextMessage, frame) {
				return
			}
		}
	})
}

// goOffline takes the socket away, and ends the calls that must not be sent again.
func (c *Client) goOffline() {
	c.mu.Lock()
	c.socket = nil
	var lost []*pending
	for id, p := range c.pending {
		if p.sent && !p.repeat {
			delete(c.pending, id)
			lost = append(lost, p)
		}
	}
	c.mu.Unlock()
	for _, p := range lost {
		p.answer(answer{err: ErrInterrupted})
	}
}

// answered hands an answer to the call it belongs to, if that is still waiting.
func (c *Client) answered(m *protocol.ServerMessage) {
	id, err := strconv.ParseInt(string(m.ID), 10, 64)
	if err != nil {
		return
	}
	c.mu.Lock()
	p := c.pending[id]
	delete(c.pending, id)
	c.mu.Unlock()
	if p == nil {
		return
	}
	if m.Error != nil {
		p.answer(answer{err: m.Error})
		return
	}
	p.answer(answer{result: m.Result})
}
