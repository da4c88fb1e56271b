package server

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"foyer/directory"
	"foyer/protocol"
	"foyer/server/auth"
	"foyer/server/cluster"
	"foyer/server/store"
)

// expiringBefore is how long before its end a token's device is told.
const expiringBefore = 60 * time.Second

// beforeHello answers what comes before hello has succeeded: hello is carried out, anything else refused.
func (d *Device) beforeHello(items []protocol.Item, batch bool) {
	var out []byte
	for _, it := range items {
		if !d.permit() {
			return
		}
		var refusal *protocol.Error
		switch {
		case it.Err != nil && it.Err.Code == protocol.CodeInvalidRequest:
			refusal = it.Err
		case it.Method != protocol.MethodHello:
			refusal = protocol.Refuse(protocol.Unauthenticated)
		case batch:
			refusal = protocol.InvalidRequest("hello does not go into a batch.")
		case it.Err != nil:
			refusal = it.Err
		default:
			d.hello(it)
			return
		}
		if it.Answered() {
			if batch {
				out = append(out, ',')
			}
			out = protocol.AppendError(out, it.ID, refusal)
		}
	}
	if len(out) == 0 {
		return
	}
	if batch {
		out[0] = '['
		out = append(out, ']')
	}
	d.pushAnswer(out)
}

// ending is a refusal after which the socket closes.
type ending struct {
	error
	code   protocol.CloseCode
	reason string
}

func (e *ending) Unwrap() error { return e.error }

// hello signs the device in and answers; with resume, the replay follows before anything newer.
func (d *Device) hello(it protocol.Item) {
	started := d.srv.now()
	d.srv.hellos.Add(1)
	defer d.srv.hellos.Add(-1)
	ctx := d.srv.term()
	d.holdAll()
	var fx effects
	var answer []byte
	var result *protocol.HelloResult
	var replay []logEntry
	err := d.placing(ctx, &fx) // nobody shows d its place before it has its answer
	if err == nil {
		result, replay, err = d.srv.greet(ctx, d, it, &fx)
	}
	refusal := d.srv.refusal(protocol.MethodHello, d, err)
	d.srv.metrics.request(protocol.MethodHello, refusal, d.srv.now().Sub(started))
	switch {
	case refusal != nil:
		answer = protocol.AppendError(nil, it.ID, refusal)
	default:
		if answer, err = protocol.AppendResult(nil, it.ID, result); err != nil {
			answer = protocol.AppendError(nil, it.ID, d.srv.refusal(protocol.MethodHello, d, err))
		}
	}
	var frames [][]byte
	if it.ID != nil {
		frames = append(frames, answer)
	}
	d.replay(frames, replay)
	d.release(false)
	d.srv.publish(d, &fx)
	var end *ending
	switch {
	case errors.As(err, &end):
		d.close(end.code, end.reason)
	case errors.Is(err, store.ErrOverloaded):
		d.close(protocol.CloseOverload, "too much to do")
	}
}

// noHello ends a device that has not said hello in time. Whose hello is still being carried out is not to blame.
func (d *Device) noHello() {
	d.mu.Lock()
	asked := d.busy > 0
	d.mu.Unlock()
	if asked {
		d.close(protocol.CloseOverload, "too much to do")
	} else {
		d.close(protocol.CloseNoHello, "no hello")
	}
}

// replay sends the answer and what the device missed, ahead of everything that is held.
func (d *Device) replay(answer [][]byte, entries []logEntry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range answer {
		d.pushLocked(outgoing{frame: f})
	}
	for _, e := range entries {
		d.sendLocked(e.outgoing)
	}
}

// greet does what hello asks. Whatever it registers before it fails is undone by the socket's end.
func (s *Server) greet(ctx context.Context, d *Device, it protocol.Item, fx *effects) (*protocol.HelloResult, []logEntry, error) {
	if s.draining.Load() { // Stop waits for those alone whose sockets were there as it began
		return nil, nil, &ending{protocol.Refuse(protocol.Unavailable), protocol.CloseGoingAway, "draining"}
	}
	p := &protocol.HelloParams{}
	if err := protocol.DecodeParams(it.Params, p); err != nil {
		return nil, nil, err
	}
	ctx = store.WithUrgency(ctx, helloUrgency(p))
	claims, err := s.identify(ctx, d, p.Token)
	if err != nil {
		return nil, nil, err
	}
	if err := directory.CheckSubject(claims.Subject); err != nil {
		return nil, nil, err
	}
	var in signedIn
	in.account, err = s.openAccount(ctx, claims.Subject, func() (alone bool, err error) {
		in.user, in.alone, err = s.signIn(ctx, claims, fx)
		return in.alone, err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := s.attach(ctx, d, p, in, fx); err != nil {
		return nil, nil, err
	}
	result, replay, err := s.welcome(ctx, d, p.Resume, in)
	if err != nil {
		s.detach(d, !d.resumed) // what it took over waits for the next hello
		return nil, nil, err
	}
	s.metrics.resumed(p.Resume, result.Resumed)
	result.Features = s.features(claims)
	d.setClaims(claims)
	d.greeted = true
	fx.presence(in.user.ID)
	s.greeted(d, result, fx)
	return result, replay, nil
}

// signedIn is a user who was made known.
type signedIn struct {
	account *account
	user    directory.User
	// alone says that they were not known and that there was nothing between them and anybody, in a log either.
	alone bool
}

// signIn makes known what a token says about its user.
func (s *Server) signIn(ctx context.Context, claims *auth.Claims, fx *effects) (user directory.User, alone bool, err error) {
	user, changed, err := s.directory.Upsert(ctx, directoryClaims(claims))
	if err != nil {
		return user, false, err
	}
	if user.Suspended {
		return user, false, &ending{protocol.Refuse(protocol.Forbidden), protocol.CloseSuspended, "suspended"}
	}
	if changed.Shown {
		if err := s.sessions.UserChanged(ctx, user.Public()); err != nil {
			return user, false, err
		}
		fx.touch(user.ID)
	}
	if !user.EmailVerified && !user.PhoneVerified {
		return user, changed.Alone, nil
	}
	claimed, err := s.invitations.ClaimAddresses(ctx, user.ID)
	fx.pair(claimed)
	return user, false, err
}

// identify returns whose device this is: by the token in hello, or the one that came with the upgrade.
func (s *Server) identify(ctx context.Context, d *Device, token string) (*auth.Claims, error) {
	d.mu.Lock()
	claims := d.claims
	d.mu.Unlock()
	if token != "" {
		named, err := s.auth.Verify(ctx, token)
		if err != nil {
			return nil, badToken(err)
		}
		if claims != nil && claims.Subject != named.Subject {
			return nil, badToken(protocol.Refuse(protocol.TokenInvalid))
		}
		claims = named
	}
	if claims == nil {
		return nil, protocol.Refuse(protocol.Unauthenticated)
	}
	if !s.now().Before(claims.EndsAt()) {
		return nil, badToken(protocol.Refuse(protocol.TokenExpired))
	}
	return claims, nil
}

// badToken ends the socket after a refused token; a verifier that is out of reach does not.
func badToken(err error) error {
	var refused *protocol.Error
	if errors.As(err, &refused) && refused.Code == protocol.CodeUnauthenticated {
		return &ending{err, protocol.CloseToken, string(refused.Reason())}
	}
	return err
}

func directoryClaims(c *auth.Claims) directory.Claims {
	return directory.Claims{
		Subject: c.Subject, Name: c.Name, Username: c.Username, Email: c.Email, EmailVerified: c.EmailVerified,
		Phone: c.Phone, PhoneVerified: c.PhoneVerified, Picture: c.Picture,
	}
}

// attach registers the device with the cluster and with this node's hub, where notifications begin to be held for it.
// The account is closed if that fails.
func (s *Server) attach(ctx context.Context, d *Device, p *protocol.HelloParams, in signedIn, fx *effects) error {
	a := cluster.Attach{Max: s.limits.DevicesPerUser, Now: s.now(), Profile: profileOf(in.user), Device: cluster.Device{
		ID: uuid.NewString(), UserID: in.user.ID, Node: s.epoch(), Incarnation: uuid.NewString(), Status: protocol.StatusOnline, Kind: protocol.KindWeb,
	}}
	if p.Client != nil {
		a.Kind, a.Companion = p.Client.Kind, p.Client.Companion
		d.wantsStates = p.Client.States
	}
	if p.Resume != nil {
		a.WantID = p.Resume.DeviceID
	}
	got, err := s.devices.Attach(ctx, a)
	if err != nil {
		s.closeAccount(in.account)
		if errors.Is(err, cluster.ErrTooManyDevices) {
			return &ending{protocol.Refuse(protocol.RateLimited).WithLimit(s.limits.DevicesPerUser), protocol.CloseTooManyDevices, "too many devices"}
		}
		return err
	}
	if old := got.Replaced; old != nil {
		s.bus.Publish(cluster.UserTopic(in.user.ID), &cluster.Message{Kind: cluster.KindClose, User: in.user.ID, Device: old.ID, Incarnation: old.Incarnation, Close: protocol.CloseReplaced})
	}
	if old := got.Evicted; old != nil {
		left, err := s.sessions.Gone(ctx, old.UserID, old.ID, protocol.LeftDropped)
		if err != nil {
			s.log.Warn().Err(err).Msg("evicted device not taken out of its session")
		}
		fx.session(left)
	}
	d.mu.Lock()
	d.userID, d.id, d.incarnation, d.kind, d.companion = in.user.ID, got.Device.ID, got.Device.Incarnation, a.Kind, a.Companion
	d.seq, d.resumed = got.Device.Seq, got.Resumed
	d.account, d.rev = in.account, -1
	d.mu.Unlock()
	s.byUser.Add(in.user.ID, d)
	return nil
}

// welcome reads what the answer to hello says, and the replay if the device can resume.
func (s *Server) welcome(ctx context.Context, d *Device, resume *protocol.Resume, in signedIn) (*protocol.HelloResult, []logEntry, error) {
	after := int64(-1)
	if resume != nil && resume.Epoch == s.changes.Epoch() {
		after = resume.Rev
	}
	var log logged
	if !in.alone || after >= 0 || d.account.stirred.Load() {
		var err error
		if log, err = s.readLog(ctx, in.user.ID, after); err != nil {
			return nil, nil, err
		}
	}
	place, err := s.takePlace(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	if log.complete {
		d.setRev(after)
	} else {
		d.setRev(log.rev)
	}
	return &protocol.HelloResult{
		User: in.user.Own(), DeviceID: d.id, Epoch: s.changes.Epoch(), Rev: log.rev, Resumed: log.complete, Unseen: log.unseen, SessionID: place,
		Time: protocol.At(s.now()), Server: protocol.ServerInfo{Version: s.version, Node: s.node},
		Limits: protocol.Limits{
			MessageBytes: s.limits.MessageBytes, StateBytes: s.limits.StateBytes, RequestsPerSecond: s.limits.RequestsPerSecond,
			PingMS: s.limits.Ping.Milliseconds(), GraceMS: s.limits.Grace.Milliseconds(),
		},
	}, log.entries, nil
}

// greeted does what follows the answer: a companion is shown where its user is.
func (s *Server) greeted(d *Device, result *protocol.HelloResult, fx *effects) {
	if result.SessionID == "" {
		return
	}
	if d.resumed {
		d.mu.Lock()
		d.missed = result.SessionID
		d.mu.Unlock()
	}
	if d.companion {
		fx.then(func() { s.resync(d) })
		return
	}
	s.hang(s.ctx, d, result.SessionID)
}

func profileOf(u directory.User) cluster.Profile {
	return cluster.Profile{Note: u.Note, NoteUntil: u.NoteUntil, Invisible: u.Invisible, VisibleSince: u.VisibleSince, Rev: u.ShownRev}
}

// setClaims makes a token the device's and sets the timers for its end.
func (d *Device) setClaims(c *auth.Claims) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.claims = c
	d.alarmLocked(c.ExpiresAt.Add(-expiringBefore), d.tokenExpiring)
}

// heldClaims are what the device's token says.
func (d *Device) heldClaims() *auth.Claims {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.claims
}

// alarmLocked has fn run at t, in the place of what ran before.
func (d *Device) alarmLocked(t time.Time, fn func()) {
	if d.timer != nil {
		d.timer.Stop()
	}
	if !d.ended {
		d.timer = d.after(max(0, t.Sub(d.srv.now())), fn)
	}
}

func (d *Device) tokenExpiring() {
	d.mu.Lock()
	ends := d.claims.ExpiresAt
	d.alarmLocked(d.claims.EndsAt(), func() { d.close(protocol.CloseToken, string(protocol.TokenExpired)) })
	d.mu.Unlock()
	d.notify(protocol.NotifyTokenExpiring, protocol.TokenExpiring{ExpiresAt: protocol.At(ends)})
}

// features are the optional features that a token and the configuration allow.
func (s *Server) features(c *auth.Claims) []string {
	out := []string{}
	for _, f := range s.offered {
		if c.Features == nil || slices.Contains(c.Features, f) {
			out = append(out, f)
		}
	}
	return out
}
