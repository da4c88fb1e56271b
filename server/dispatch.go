package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"

	"foyer/protocol"
	"foyer/server/store"
)

// floodAfter is how many requests in a row may be refused by the rate limit before the device is closed with 4429.
const floodAfter = 600

// handler carries out one request of a device that has said hello. What it changed for others goes into fx, which is
// published once the answer is on its way.
type handler func(ctx context.Context, d *Device, raw json.RawMessage, fx *effects) (any, error)

// table is every method but hello.
func (s *Server) table() map[protocol.Method]handler {
	t := map[protocol.Method]handler{}
	s.pairHandlers(t)
	s.settingHandlers(t)
	s.peopleHandlers(t)
	s.sessionHandlers(t)
	return t
}

// typed makes a handler of a function that takes its params decoded.
func typed[P any](fn func(ctx context.Context, d *Device, p *P, fx *effects) (any, error)) handler {
	return func(ctx context.Context, d *Device, raw json.RawMessage, fx *effects) (any, error) {
		p := new(P)
		if err := protocol.DecodeParams(raw, p); err != nil {
			return nil, err
		}
		return fn(ctx, d, p, fx)
	}
}

// Text carries out what a text frame asks: one request, or a batch, answered by one frame.
func (d *Device) Text(payload []byte) {
	defer func() { d.endIfMistaken(recover()) }()
	items, batch, bad := protocol.ParseFrame(payload)
	if bad != nil {
		if !d.permit() {
			return
		}
		d.pushAnswer(protocol.AppendError(nil, nil, bad))
		return
	}
	if !d.greeted {
		d.beforeHello(items, batch)
		return
	}
	if d.stale() {
		return
	}
	var fx effects
	fx.settling = slices.ContainsFunc(items, settles)
	d.hold(fx.settling)
	if answer := d.carryOut(items, batch, &fx); answer != nil {
		fx.trail = append([]outgoing{{frame: answer}}, fx.trail...)
	}
	d.release(fx.settling, fx.trail...)
	d.srv.publish(d, &fx)
}

// settles reports whether a request may change who is in the session that its device follows, or how they are, which the
// answer has to say first. Going into one does so only as it enters, see goIn.
func settles(it protocol.Item) bool {
	switch it.Method {
	case protocol.MethodSessionLeave, protocol.MethodSessionClose, protocol.MethodSessionUpdate, protocol.MethodSessionSetAttributes,
		protocol.MethodSessionSetRole, protocol.MethodSessionKick, protocol.MethodTokenRefresh:
		return true
	default:
		return false
	}
}

// carryOut answers each item in turn and returns the frame that has the answers, nil for none.
func (d *Device) carryOut(items []protocol.Item, batch bool, fx *effects) []byte {
	if !batch {
		return d.one(nil, items[0], fx)
	}
	out := []byte{'['}
	for _, it := range items {
		mark := len(out)
		if mark > 1 {
			out = append(out, ',')
		}
		if next := d.one(out, it, fx); len(next) > len(out) {
			out = next
		} else {
			out = out[:mark]
		}
	}
	if len(out) == 1 {
		return nil
	}
	return append(out, ']')
}

// one carries out an item and appends its answer to dst, if one is owed.
func (d *Device) one(dst []byte, it protocol.Item, fx *effects) []byte {
	started := d.srv.now()
	result, err := d.run(it, fx)
	refusal := d.srv.refusal(it.Method, d, err)
	d.srv.metrics.request(it.Method, refusal, d.srv.now().Sub(started))
	if !it.Answered() {
		return dst
	}
	if refusal != nil {
		return protocol.AppendError(dst, it.ID, refusal)
	}
	out, err := protocol.AppendResult(dst, it.ID, result)
	if err != nil {
		return protocol.AppendError(dst, it.ID, d.srv.refusal(it.Method, d, err))
	}
	return out
}

func (d *Device) run(it protocol.Item, fx *effects) (any, error) {
	if ok, wait := d.meter.allow(d.srv.now(), d.srv.limits.RequestsPerSecond, d.srv.limits.RequestsBurst); !ok {
		if d.meter.debt > floodAfter {
			d.close(protocol.CloseFlooding, "flooding")
		}
		return nil, protocol.Refuse(protocol.RateLimited).WithRetryAfter(wait.Milliseconds() + 1)
	}
	if it.Err != nil {
		return nil, it.Err
	}
	h := d.srv.handlers[it.Method]
	if h == nil {
		if it.Method == protocol.MethodHello {
			return nil, protocol.InvalidRequest("This device has said hello already.")
		}
		return nil, protocol.UnknownMethod(it.Method)
	}
	return d.guarded(store.WithUrgency(d.srv.term(), d.urgency(it.Method)), h, it, fx)
}

// guarded answers the request alone in which there is a mistake.
func (d *Device) guarded(ctx context.Context, h handler, it protocol.Item, fx *effects) (result any, err error) {
	defer func() { d.srv.mistaken("request", recover(), &err) }()
	return h(ctx, d, it.Params, fx)
}

// permit counts a frame that is no request against the rate limit.
func (d *Device) permit() bool {
	ok, _ := d.meter.allow(d.srv.now(), d.srv.limits.RequestsPerSecond, d.srv.limits.RequestsBurst)
	if !ok && d.meter.debt > floodAfter {
		d.close(protocol.CloseFlooding, "flooding")
		return false
	}
	return true
}

func (d *Device) pushAnswer(frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pushLocked(outgoing{frame: frame})
}

// refusal turns what a handler returned into what the client may know. What is nobody's business is logged under the
// id that the client gets.
func (s *Server) refusal(m protocol.Method, d *Device, err error) *protocol.Error {
	if err == nil {
		return nil
	}
	var refused *protocol.Error
	if errors.As(err, &refused) {
		if refused.Code == protocol.CodeUnavailable && !errors.Is(err, store.ErrOverloaded) { // those are counted: a line each would be load, too
			s.log.Warn().Err(err).Str("method", string(m)).Str("device", d.id).Msg("store or registry out of reach")
		}
		return refused
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		e := protocol.Refuse(protocol.Unavailable).WithRetryAfter(1000)
		e.Data.Unknown = true
		return e
	}
	trace := uuid.NewString()
	s.log.Error().Err(err).Str("method", string(m)).Str("device", d.id).Str("trace_id", trace).Msg("request failed")
	return protocol.Internal(trace)
}

// digest identifies decoded params, so that an op_id used for something else is noticed.
func digest(p any) string {
	b, err := json.Marshal(p)
	if err != nil {
		panic("params have an encoding: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
