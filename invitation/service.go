package invitation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"foyer/protocol"
)

// Options are the Service's seams. The zero value is what production uses.
type Options struct {
	Now   func() time.Time // time.Now when nil
	NewID func() string    // a UUID of version 7 when nil
}

// Service carries the rules out. It is safe for concurrent use and holds no state of its own.
// Its errors for clients are *protocol.Error; beside a refusal, Effects may hold an expiry that was due.
type Service struct {
	store  Store
	config Config
	rules  Rules
	now    func() time.Time
	newID  func() string
}

// lateDecline is how long after a withdrawal or expiry its recipient's decline still counts, in milliseconds.
const lateDecline = 60_000

// New returns a Service over store.
func New(store Store, config Config, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	rules := Rules{Suppression: config.Suppression.Milliseconds(), LateDecline: lateDecline}
	return &Service{store: store, config: config, rules: rules, now: o.Now, newID: o.NewID}
}

// Call says who asks for a durable change, and under which name the client remembers it.
type Call struct {
	UserID string
	// Features are those of the caller's token; nil means all that the configuration allows.
	Features []string
	// OpID is the client's op_id, "" for none; Digest identifies the decoded params.
	OpID   string
	Digest string
}

// act is one call inside its transaction. The work of a call sets result.
type act struct {
	*Service
	*joiner
	tx      Tx
	now     int64
	by      Call
	result  result
	effects Effects
	refusal *protocol.Error
}

// do carries work out in one transaction, once for each op_id, and returns the caller's result with names and messages.
// A refusal by work undoes nothing: whatever expired before it stands.
func (s *Service) do(ctx context.Context, by Call, method protocol.Method, work func(*act) error) (joined, Effects, error) {
	var a *act
	var j joined
	err := s.store.Update(ctx, func(tx Tx) error {
		a, j = &act{Service: s, joiner: newJoiner(tx), tx: tx, now: s.now().UnixMilli(), by: by}, joined{}
		replayed, err := a.recall(method)
		if err == nil && !replayed {
			err = work(a)
			if err == nil {
				err = a.remember(method)
			}
		}
		var refusal *protocol.Error
		if errors.As(err, &refusal) && refusal.Reason() != protocol.Unavailable {
			a.refusal = refusal
			return nil
		}
		if err != nil {
			return err
		}
		j, err = a.join(by.UserID, a.result)
		return err
	})
	switch {
	case err != nil:
		return joined{}, Effects{}, err
	case a.refusal != nil:
		return joined{}, a.effects, a.refusal
	}
	return j, a.effects, nil
}

// recall sets the result of the same call made before under its op_id, if it was.
func (a *act) recall(method protocol.Method) (bool, error) {
	if a.by.OpID == "" {
		return false, nil
	}
	o, found, err := a.tx.Operation(a.by.UserID, a.by.OpID, a.now)
	if err != nil {
		return false, fmt.Errorf("recall operation: %w", err)
	}
	if !found {
		return false, nil
	}
	if o.Method != method || o.Digest != a.by.Digest {
		return false, protocol.Refuse(protocol.OpIDConflict)
	}
	if err := json.Unmarshal(o.Result, &a.result); err != nil {
		return false, fmt.Errorf("remembered result: %w", err)
	}
	return true, nil
}

// remember keeps the result under the call's op_id.
func (a *act) remember(method protocol.Method) error {
	if a.by.OpID == "" {
		return nil
	}
	body, err := json.Marshal(a.result)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	o := Operation{UserID: a.by.UserID, OpID: a.by.OpID, Method: method, Digest: a.by.Digest, Result: body, At: a.now}
	if err := a.tx.SaveOperation(o); err != nil {
		return fmt.Errorf("remember operation: %w", err)
	}
	return nil
}

// allowed reports whether a feature is neither withheld by the configuration nor by the caller's token.
func (s *Service) allowed(by Call, feature string) bool {
	return has(s.config.Features, feature) && has(by.Features, feature)
}

func has(features []string, feature string) bool {
	if features == nil {
		return true
	}
	for _, f := range features {
		if f == feature {
			return true
		}
	}
	return false
}
