package load

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"foyer/client/wire"
	"foyer/protocol"

	"github.com/google/uuid"
)

// call is a request that was not answered yet. Unless it is to be made once, it is sent again on the next socket: it
// reads, sets what it sets, or has an op_id. On one socket each is sent once.
type call struct {
	once   bool
	method protocol.Method
	frame  []byte
	sent   time.Time
	take   func(answer) // called once, where the socket is read: it must not block
}

// answer is what became of a call.
type answer struct {
	result json.RawMessage
	err    error
	at     time.Time
}

var (
	errNoAnswer    = errors.New("no answer")
	errInterrupted = errors.New("interrupted") // by a socket that broke, and not to be repeated
)

// answerWithin is how long an answer is waited for, at least: a device may be away meanwhile.
const answerWithin = 20 * time.Second

func newOp() protocol.Op { return protocol.Op{OpID: uuid.NewString()} }

func encode(id int64, method protocol.Method, params any) []byte {
	frame, err := json.Marshal(struct {
		Version string          `json:"jsonrpc"`
		ID      int64           `json:"id"`
		Method  protocol.Method `json:"method"`
		Params  any             `json:"params"`
	}{"2.0", id, method, params})
	if err != nil {
		panic(err) // the protocol's own structs
	}
	return frame
}

// start sends a request. While the device is offline it waits for the next socket.
func (d *device) start(method protocol.Method, params any, take func(answer)) int64 {
	d.mu.Lock()
	d.lastID++
	id := d.lastID
	once := method == protocol.MethodSessionSend || method == protocol.MethodSessionSubscribe // of this socket
	c := &call{once: once, method: method, frame: encode(id, method, params), sent: time.Now(), take: take}
	if d.calls == nil {
		d.calls = map[int64]*call{}
	}
	d.calls[id] = c
	socket := d.socket
	if !d.greeted {
		socket = nil
	}
	d.mu.Unlock()
	if socket != nil {
		d.write(socket, wire.Frame{Data: c.frame})
	}
	return id
}

// unanswered returns what may be asked again, in the order in which it was asked, and ends the other calls; the caller
// holds mu.
func (d *device) unanswered() []*call {
	var all []*call
	for _, id := range slices.Sorted(maps.Keys(d.calls)) {
		if c := d.calls[id]; !c.once {
			all = append(all, c)
		} else {
			delete(d.calls, id)
			c.take(answer{err: errInterrupted})
		}
	}
	return all
}

// abandon makes a call one that nobody waits for any more. What its answer says is still taken in, if it comes on this
// socket.
func (d *device) abandon(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.calls[id]; c != nil {
		c.once = true
	}
}

// ask sends a request and waits for its answer. A refusal or the want of an answer is counted. What the server could not
// tell the outcome of is asked again.
func ask[R any](d *device, method protocol.Method, params any) (R, error) {
	return askInline[R](d, method, params, nil)
}

// askInline is ask, and calls inline with a good answer where the socket is read, before anything that follows it.
func askInline[R any](d *device, method protocol.Method, params any, inline func([]byte, time.Time)) (R, error) {
	var result R
	ctx, cancel := context.WithTimeout(d.p.f.ctx, max(answerWithin, 2*d.p.f.o.Patience))
	defer cancel()
	for {
		answers := make(chan answer, 1)
		id := d.start(method, params, func(a answer) {
			if a.err == nil && inline != nil {
				inline(a.result, a.at)
			}
			answers <- a
		})
		var a answer
		select {
		case a = <-answers:
		case <-ctx.Done():
			d.abandon(id)
			a.err = errNoAnswer
		}
		var refusal *protocol.Error
		if errors.As(a.err, &refusal) && refusal.Data != nil && refusal.Data.Unknown {
			if until(ctx, time.Now().Add(max(500*time.Millisecond, time.Duration(refusal.Data.RetryAfterMS)*time.Millisecond))) {
				continue
			}
		}
		if a.err != nil {
			d.refused(method, a.err)
			return result, a.err
		}
		if !d.decode(method, a.result, &result) {
			return result, errNoAnswer
		}
		return result, nil
	}
}

// decode reads an answer; one that can't be read is a violation.
func (d *device) decode(method protocol.Method, raw []byte, into any) bool {
	err := json.Unmarshal(raw, into)
	if err != nil {
		d.violate("protocol", "answer to %s: %v", method, err)
	}
	return err == nil
}

// undone reports whether an error says that nothing was done.
func undone(err error) bool {
	var refusal *protocol.Error
	return errors.As(err, &refusal) && refusal.Code != protocol.CodeInternal && (refusal.Data == nil || !refusal.Data.Unknown)
}

// refused counts a request that did not get what it asked for.
func (d *device) refused(method protocol.Method, err error) {
	if errors.Is(err, errInterrupted) {
		d.p.f.rec.delay(string(method) + ": interrupted")
		return
	}
	reason := err.Error()
	var refusal *protocol.Error
	if errors.As(err, &refusal) {
		reason = string(refusal.Reason())
		if reason == "" {
			reason = refusal.Message
		}
	}
	d.p.f.rec.refuse(string(method) + ": " + clip(reason))
}

// answered hands an answer to the call that it belongs to.
func (d *device) answered(m *protocol.ServerMessage, now time.Time) {
	var id int64
	if err := json.Unmarshal(m.ID, &id); err != nil {
		d.violate("protocol", "an answer to %s, which was never asked", clip(string(m.ID)))
		return
	}
	d.mu.Lock()
	if !d.greeted {
		d.mu.Unlock()
		if m.Error != nil {
			d.refusedHello(m.Error)
			return
		}
		d.hello(m.Result, now)
		return
	}
	c := d.calls[id]
	delete(d.calls, id)
	if len(d.calls) == 0 {
		d.calls = nil
	}
	since := d.since
	d.mu.Unlock()
	if c == nil {
		d.violate("protocol", "an answer to request %d, which has been answered or was never made", id)
		return
	}
	d.p.f.rec.requests.Add(1)
	if since.Before(c.sent) { // else it waited for the socket
		d.p.f.rec.add(mAnswer, d.p.index, now.Sub(c.sent))
	}
	a := answer{result: m.Result, at: now}
	if m.Error != nil {
		a.err = m.Error
	}
	c.take(a)
}
