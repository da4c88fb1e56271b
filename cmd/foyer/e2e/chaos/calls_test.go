package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"foyer/client/wire"
	"foyer/protocol"
)

// asked is a request that is not answered yet.
type asked struct {
	method protocol.Method
	answer chan protocol.ServerMessage // with room for one
}

func (l *line) answered(m protocol.ServerMessage) {
	id, err := strconv.ParseInt(string(m.ID), 10, 64)
	if err != nil {
		l.d.w.violate("frame", "%s on %s got an answer to %s, which it never asked", l.d.name, l.node.name, m.ID)
		return
	}
	l.mu.Lock()
	to := l.pending[id]
	delete(l.pending, id)
	l.mu.Unlock()
	if to.answer == nil {
		l.d.w.violate("frame", "%s on %s got a second answer to %d, or one that it never asked for", l.d.name, l.node.name, id)
		return
	}
	if l.d.onAnswer != nil {
		l.d.onAnswer(l, to.method, &m)
	}
	to.answer <- m
}

// errLost says that a request went out, and what became of it is not known.
var errLost = errors.New("no answer")

// ask sends one request and waits for its answer, as long as the device is patient; then the socket is given up.
func (l *line) ask(ctx context.Context, method protocol.Method, params any) (protocol.ServerMessage, error) {
	answer := make(chan protocol.ServerMessage, 1)
	l.mu.Lock()
	l.lastID++
	id := l.lastID
	frame, err := request(id, method, params)
	if err == nil {
		l.pending[id] = asked{method, answer}
		err = l.sock.Write(wire.Frame{Data: frame})
	}
	l.mu.Unlock()
	if err != nil {
		l.sock.Drop()
		return protocol.ServerMessage{}, errLost
	}
	late := time.NewTimer(l.d.patience)
	defer late.Stop()
	select {
	case m := <-answer:
		return m, nil
	case <-l.gone:
	case <-late.C:
	case <-ctx.Done():
	}
	select {
	case m := <-answer:
		return m, nil
	default:
	}
	l.sock.Drop()
	return protocol.ServerMessage{}, errLost
}

// call asks until it is answered with a result or a refusal that stays, for requests that may be repeated.
func call[R any](ctx context.Context, d *device, method protocol.Method, params any) (r R, refusal *protocol.Error, err error) {
	r, _, refusal, err = callAgain[R](ctx, d, method, params)
	return r, refusal, err
}

// callAgain is call that tells whether an earlier attempt was lost: it may still be carried out, later.
func callAgain[R any](ctx context.Context, d *device, method protocol.Method, params any) (r R, lost bool, refusal *protocol.Error, err error) {
	for {
		l, err := d.await(ctx)
		if err != nil {
			return r, lost, nil, err
		}
		m, err := l.ask(ctx, method, params)
		switch {
		case err != nil:
			lost = true
			sleep(ctx, 20*time.Millisecond)
			continue
		case m.Error != nil && m.Error.Code == protocol.CodeUnavailable:
			lost = lost || m.Error.Data != nil && m.Error.Data.Unknown
			sleep(ctx, 100*time.Millisecond)
			continue
		case m.Error != nil:
			return r, lost, m.Error, nil
		}
		return r, lost, nil, json.Unmarshal(m.Result, &r)
	}
}

func request(id int64, method protocol.Method, params any) ([]byte, error) {
	return json.Marshal(struct {
		Version string          `json:"jsonrpc"`
		ID      int64           `json:"id"`
		Method  protocol.Method `json:"method"`
		Params  any             `json:"params"`
	}{"2.0", id, method, params})
}

// sleep waits, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
