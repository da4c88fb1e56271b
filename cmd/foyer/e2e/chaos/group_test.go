package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"foyer/protocol"
)

// actors is how many devices of each user make calls.
const actors = 2

// group is three users, two devices each, who are at each other for a while. Further devices only listen.
type group struct {
	w       *world
	name    string
	users   []string
	devices []*device
	actors  []*actor
	began   time.Time
	masks   *masks
}

// operation is one call that changes what is between two users, with all that was learnt of it.
type operation struct {
	by, other    string
	device       string
	method       protocol.Method
	invitation   string   // named in the request
	all          []string // those named in a request for many; nil: all of them
	settings     protocol.SettingsUpdateParams
	block        bool
	opID         string
	called       time.Time
	returned     time.Time // zero while nobody knows
	lost         bool      // some attempt was not answered, or with unknown
	refusal      protocol.Reason
	relation     *protocol.Relation // as it stood then
	unchanged    bool
	untouched    bool // given up after an answer that said that nothing was changed
	attempts     int
	acknowledged bool
	partOf       *operation // the withdraw_many that it is a part of
}

func (o *operation) String() string {
	what := string(o.method)
	if o.invitation != "" {
		what += " " + short(o.invitation)
	}
	end := "never answered"
	switch {
	case o.acknowledged && o.relation == nil:
		end = "done"
	case o.acknowledged && o.unchanged:
		end = "unchanged, " + string(o.relation.State)
	case o.acknowledged:
		end = "done, " + string(o.relation.State)
	case o.refusal != "":
		end = "refused, " + string(o.refusal)
	}
	return fmt.Sprintf("%s %s → %s: %s (op %s, %d attempts, lost %t)", o.device, what, o.other, end, short(o.opID), o.attempts, o.lost)
}

// short is the end of an id, which tells ids apart.
func short(id string) string { return id[max(0, len(id)-6):] }

// actor makes the calls of one device.
type actor struct {
	g     *group
	d     *device
	ops   []*operation
	panel *panel // nil if it has none open
	seen  sights

	mu    sync.Mutex
	views map[string]view     // by the other user; guarded by mu
	sent  map[string][]string // ids of invitations to them, newest last; guarded by mu
	came  map[string][]string // and from them; guarded by mu
}

type view struct {
	state protocol.RelationState
	id    string
}

func newGroup(w *world, name string, rng *rand.Rand) *group {
	g := &group{w: w, name: name, began: time.Now()}
	for i := range 3 {
		g.users = append(g.users, fmt.Sprintf("%s-%c", name, 'a'+i))
	}
	g.masks = newMasks(g.users)
	for _, user := range g.users {
		start := rng.IntN(3)
		for k := range max(actors, *devicesFlag) {
			d := newDevice(w, user, k, rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())))
			d.next = start + k
			g.devices = append(g.devices, d)
			if k >= actors {
				continue
			}
			a := &actor{g: g, d: d, views: map[string]view{}, sent: map[string][]string{}, came: map[string][]string{}}
			d.onNotice = a.notice
			if k == 0 {
				a.open(rng)
			}
			a.observe()
			g.actors = append(g.actors, a)
		}
	}
	return g
}

// run has the group make so many calls with each device, and checks it. It returns when nothing of the group is left.
func (g *group) run(ctx context.Context, calls int, think time.Duration) {
	live, leave := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, d := range g.devices {
		running.Go(func() { d.run(live) })
	}
	for _, d := range g.devices { // all of them are known before anybody is invited
		if _, err := d.await(ctx); err != nil {
			leave()
			running.Wait()
			return
		}
	}
	var acting sync.WaitGroup
	for _, a := range g.actors {
		acting.Go(func() { a.act(ctx, calls, think) })
	}
	acting.Wait()
	if ctx.Err() == nil {
		g.check(ctx)
		g.w.stats.groups.Add(1)
	}
	leave()
	running.Wait()
}

// notice learns what stands between the user and others.
func (a *actor) notice(_ *device, l *line, m *protocol.ServerMessage) {
	if m.Method == protocol.NotifyPresenceChanged {
		a.sees(l, m)
	}
	if m.Method != protocol.NotifyRelationChanged {
		return
	}
	var c protocol.RelationChanged
	if json.Unmarshal(m.Params, &c) == nil && c.User != nil {
		a.learn(c.User.ID, c.Relation)
	}
}

func (a *actor) learn(other string, r protocol.Relation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := view{state: r.State}
	if i := r.Invitation; i != nil {
		v.id = i.ID
		ids := a.sent
		if i.Direction == protocol.Received {
			ids = a.came
		}
		if all := ids[other]; len(all) == 0 || all[len(all)-1] != i.ID {
			ids[other] = append(all, i.ID)
		}
	}
	a.views[other] = v
}

func (a *actor) act(ctx context.Context, calls int, think time.Duration) {
	for range calls {
		if ctx.Err() != nil {
			return
		}
		if a.d.rng.IntN(15) == 0 {
			a.appear(ctx)
		}
		o := a.choose()
		a.ops = append(a.ops, o)
		a.perform(ctx, o)
		sleep(ctx, time.Duration(a.d.rng.Int64N(int64(2*think)+1)))
	}
}

// choose picks what to do next: mostly what makes sense as things stand, at times what doesn't.
func (a *actor) choose() *operation {
	others := make([]string, 0, 2)
	for _, u := range a.g.users {
		if u != a.d.user {
			others = append(others, u)
		}
	}
	o := &operation{by: a.d.user, other: others[a.d.rng.IntN(2)], device: a.d.name, opID: newOpID()}
	if a.chooseWide(o) {
		return o
	}
	a.mu.Lock()
	v := a.views[o.other]
	sent, came := a.sent[o.other], a.came[o.other]
	a.mu.Unlock()
	one := func(ids []string) string {
		if len(ids) == 0 {
			return ""
		}
		return ids[len(ids)-1-a.d.rng.IntN(min(3, len(ids)))]
	}
	if v.state == protocol.RelationSent && a.d.rng.IntN(2) == 0 {
		o.method, o.invitation = protocol.MethodInvitationWithdraw, v.id
		return o
	}
	if v.state == protocol.RelationReceived && a.d.rng.IntN(2) == 0 {
		o.method, o.invitation = protocol.MethodInvitationDecline, v.id
		if a.d.rng.IntN(2) == 0 {
			o.method = protocol.MethodInvitationAccept
		}
		o.block = o.method == protocol.MethodInvitationDecline && a.d.rng.IntN(6) == 0
		return o
	}
	type choice struct {
		weight int
		method protocol.Method
		id     string
	}
	choices := map[protocol.RelationState][]choice{
		"":                         {{70, protocol.MethodInvitationSend, ""}, {6, protocol.MethodUserBlock, ""}},
		protocol.RelationConnected: {{50, protocol.MethodConnectionRemove, ""}, {15, protocol.MethodUserBlock, ""}, {15, protocol.MethodInvitationSend, ""}},
		protocol.RelationBlocked:   {{70, protocol.MethodUserUnblock, ""}, {10, protocol.MethodInvitationSend, ""}},
		protocol.RelationSent:      {{10, protocol.MethodInvitationSend, ""}, {30, protocol.MethodInvitationWithdraw, ""}, {6, protocol.MethodUserBlock, ""}},
		protocol.RelationReceived:  {{40, protocol.MethodInvitationSend, ""}, {6, protocol.MethodUserBlock, ""}},
	}
	choices[protocol.RelationNone] = choices[""]
	all := append([]choice{
		{4, protocol.MethodInvitationWithdraw, ""}, {2, protocol.MethodUserUnblock, ""}, {2, protocol.MethodConnectionRemove, ""},
	}, choices[v.state]...)
	if id := one(sent); id != "" {
		all = append(all, choice{6, protocol.MethodInvitationWithdraw, id})
	}
	if id := one(came); id != "" {
		all = append(all, choice{6, protocol.MethodInvitationAccept, id}, choice{8, protocol.MethodInvitationDecline, id}, choice{25, protocol.MethodInvitationUndoDecline, id})
	}
	sum := 0
	for _, c := range all {
		sum += c.weight
	}
	n := a.d.rng.IntN(sum)
	for _, c := range all {
		if n -= c.weight; n < 0 {
			o.method, o.invitation = c.method, c.id
			break
		}
	}
	return o
}

func (o *operation) params() any {
	op := protocol.Op{OpID: o.opID}
	switch o.method {
	case protocol.MethodInvitationWithdrawMany, protocol.MethodSettingsUpdate:
		return o.wide(op)
	case protocol.MethodInvitationSend:
		return protocol.InvitationSendParams{To: protocol.To{UserID: o.other}, Op: op}
	case protocol.MethodInvitationWithdraw:
		if o.invitation != "" {
			return protocol.InvitationWithdrawParams{InvitationID: o.invitation, Op: op}
		}
		return protocol.InvitationWithdrawParams{UserID: o.other, Op: op}
	case protocol.MethodInvitationAccept, protocol.MethodInvitationUndoDecline:
		return protocol.InvitationParams{InvitationID: o.invitation, Op: op}
	case protocol.MethodInvitationDecline:
		return protocol.InvitationDeclineParams{InvitationID: o.invitation, Block: o.block, Op: op}
	default:
		return struct {
			UserID string `json:"user_id"`
			protocol.Op
		}{o.other, op}
	}
}

// perform makes a call, again and again under its op_id until it is answered for good. One in ten callers doesn't care:
// it leaves it at the first attempt, whatever became of it.
func (a *actor) perform(ctx context.Context, o *operation) {
	careless := a.d.rng.IntN(10) == 0
	st := &a.g.w.stats
	st.calls.Add(1)
	for {
		l, err := a.d.await(ctx)
		if err != nil {
			return
		}
		if o.called.IsZero() {
			o.called = time.Now()
		}
		if o.attempts++; o.attempts > 1 {
			st.repeated.Add(1)
		}
		m, err := l.ask(ctx, o.method, o.params())
		switch {
		case err != nil:
			o.lost = true
			st.unknown.Add(1)
			if careless {
				st.givenUp.Add(1)
				return
			}
			sleep(ctx, 20*time.Millisecond)
			continue
		case m.Error == nil:
			a.succeeded(o, m.Result)
			st.acknowledged.Add(1)
			return
		case m.Error.Code == protocol.CodeUnavailable:
			unknown := m.Error.Data != nil && m.Error.Data.Unknown
			if unknown {
				o.lost = true
				st.unknown.Add(1)
			}
			if careless {
				o.untouched = !o.lost
				st.givenUp.Add(1)
				return
			}
			sleep(ctx, time.Duration(50+a.d.rng.IntN(300))*time.Millisecond)
			continue
		case m.Error.Reason() == "":
			a.g.w.violate("error", "%s: %+v", o, m.Error)
			return
		}
		o.returned, o.refusal = time.Now(), m.Error.Reason()
		if m.Error.Data != nil {
			o.relation = m.Error.Data.Relation
		}
		st.refused.Add(1)
		return
	}
}

func (a *actor) succeeded(o *operation, result json.RawMessage) {
	var r protocol.InvitationSendResult // the richest of them
	if err := json.Unmarshal(result, &r); err != nil {
		a.g.w.violate("error", "%s: result %s: %v", o, result, err)
		return
	}
	o.returned, o.acknowledged = time.Now(), true
	if o.lost {
		a.g.w.stats.settled.Add(1)
	}
	if o.other == "" {
		return
	}
	o.unchanged, o.relation = r.Unchanged, &r.Relation
	a.learnOwn(o.other, r.Relation)
}

// learnOwn takes in ids from an answer; the view itself comes by notification, in order.
func (a *actor) learnOwn(other string, r protocol.Relation) {
	if r.Invitation == nil || r.Invitation.Direction != protocol.Sent {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if all := a.sent[other]; len(all) == 0 || all[len(all)-1] != r.Invitation.ID {
		a.sent[other] = append(all, r.Invitation.ID)
	}
}
