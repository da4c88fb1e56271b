package client

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

// The waits between attempts double from the first to the longest; half of each is random, so that a herd spreads.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = 15 * time.Second
	// overloadWait is the least wait after the server said that it is overloaded.
	overloadWait = 2 * time.Second
	// steady is how long a socket must have lived for the next wait to be the first one again.
	steady = 10 * time.Second
)

// ending is why there is no socket, and what that means for coming back.
type ending struct {
	err       error
	wait      time.Duration // at least
	final     bool          // coming back changes nothing
	token     bool          // coming back makes sense with a new token only
	sameToken bool          // and this one was no other than the one before
}

// endingOf judges an error of reading or of hello.
func endingOf(err error) ending {
	e := ending{err: err}
	var closed *websocket.CloseError
	var refusal *protocol.Error
	switch {
	case errors.As(err, &closed):
		code := protocol.CloseCode(closed.Code)
		e.err = &CloseError{Code: code, Reason: closed.Text}
		e.token = code == protocol.CloseToken
		e.final = !e.token && !code.Resumable()
		if code == protocol.CloseOverload {
			e.wait = overloadWait
		}
	case errors.As(err, &refusal):
		e.token = refusal.Code == protocol.CodeUnauthenticated
		e.final = !e.token && refusal.Code != protocol.CodeUnavailable && refusal.Code != protocol.CodeInternal
		if refusal.Data != nil {
			e.wait = time.Duration(refusal.Data.RetryAfterMS) * time.Millisecond
		}
	}
	return e
}

// backoff returns the wait before the attempt (0 is the first) for a random number in [0, 1).
func backoff(attempt int, random float64) time.Duration {
	whole := longestWait
	if attempt < 6 {
		whole = min(longestWait, firstWait<<attempt)
	}
	return whole/2 + time.Duration(random*float64(whole)/2)
}

// run reads from one socket after the other until the client ends.
func (c *Client) run(socket *websocket.Conn) {
	attempt := 0
	for {
		began := time.Now()
		e := endingOf(c.read(socket))
		_ = socket.Close()
		c.goOffline()
		if time.Since(began) > steady {
			attempt = 0
		}
		for socket = nil; socket == nil; attempt++ {
			if e.final || e.token && e.sameToken {
				c.finish(e.err)
				return
			}
			wait := max(backoff(attempt, rand.Float64()), e.wait, time.Until(c.draining)) //nolint:gosec // G404: a wait is no secret
			c.events.add(&Offline{Err: e.err, RetryIn: wait})
			if !pause(c.ctx, wait) {
				return
			}
			socket, e = c.connect(c.ctx)
		}
	}
}

// pause waits and reports true, or false if ctx ended before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// read takes in frames until the socket breaks.
func (c *Client) read(socket *websocket.Conn) error {
	for {
		kind, frame, err := socket.ReadMessage()
		if err != nil {
			return err
		}
		if kind == websocket.BinaryMessage {
			if c.o.OnStates != nil {
				c.o.OnStates(frame)
			}
			continue
		}
		m, err := protocol.ParseServerFrame(frame)
		if err != nil {
			return err
		}
		if m.IsNotification() {
			if err := c.notified(&m); err != nil {
				return err
			}
			continue
		}
		c.answered(&m)
	}
}

// notifications has for each notification what makes a new value of its struct.
var notifications = func() map[protocol.Method]func() any {
	table := map[protocol.Method]func() any{}
	for _, n := range protocol.Notifications() {
		table[n.Method] = n.NewParams
	}
	return table
}()

// ErrGap is why a client went Offline that was told a revision before one still missing: coming back asks for all that are.
var ErrGap = errors.New("a revision is missing")

// notified takes in a notification: each revision once and in order, whatever the server replays.
func (c *Client) notified(m *protocol.ServerMessage) error {
	newParams := notifications[m.Method]
	if newParams == nil {
		return nil // of a later version
	}
	params := newParams()
	if err := json.Unmarshal(m.Params, params); err != nil {
		return err
	}
	switch p := params.(type) {
	case *protocol.RelationChanged:
		if fresh, err := c.takeRevision(p.Rev); !fresh {
			return err
		}
	case *protocol.SettingsChanged:
		if fresh, err := c.takeRevision(p.Rev); !fresh {
			return err
		}
	case *protocol.SessionEnded:
		c.leftSession(p.SessionID)
	case *protocol.ServerDraining:
		c.draining = time.Now().Add(time.Duration(p.ReconnectAfterMS) * time.Millisecond)
	case *protocol.TokenExpiring:
		c.background.Go(c.refreshToken)
	}
	c.events.add(params)
	return nil
}

// takeRevision reports whether rev is the next one; one that was taken before is not, and one too far is an error.
func (c *Client) takeRevision(rev int64) (fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case rev <= c.rev:
		return false, nil
	case rev > c.rev+1:
		return false, ErrGap
	}
	c.rev = rev
	return true, nil
}

// refreshToken replaces the token in place. If that fails, the server closes the device when the old one ends, and the
// source is asked again then.
func (c *Client) refreshToken() {
	token, err := c.o.Token(c.ctx)
	if err != nil {
		return
	}
	_, _ = c.RefreshToken(c.ctx, token)
}
