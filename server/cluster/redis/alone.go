package redis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"foyer/protocol"
	"foyer/session"
)

// While Redis is away, a node decides alone on the sessions that somebody of its own is in, and on its own people only:
// they can leave, drop and come back, change what they show and be taken out by each other; nobody new gets in. Who is
// here is told at once. When Redis is back, what was decided is done to the roster that stands there.

// errNotAlone says that a node can't decide this without the others.
var errNotAlone = errors.New("not without the other nodes")

// alone makes a node's part of a task: it reports whether the node may decide on it by itself.
type alone func(a *session.Alone) bool

func always(*session.Alone) bool { return true }

// serveAlone decides on tasks without Redis, which err kept it from asking.
func (k *desk) serveAlone(tasks []*task, err error) {
	if k.lonely == nil && !k.part() {
		refuse(tasks, err)
		return
	}
	mine := k.lonely.Mine
	for _, t := range tasks {
		if t.alone == nil || !t.alone(k.lonely) {
			t.touched, t.refused = nil, errors.Join(err, errNotAlone)
			continue
		}
		t.touched, t.refused = t.do(mine)
	}
	if change, changed := mine.Take(); changed {
		for _, left := range change.Left {
			k.lonely.Reasons[left.UserID] = left.Reason
			k.r.seen.drop(left.UserID, func(id string) bool { return id == k.id })
		}
		k.r.tell(k.r.message(session.Flush{SessionID: k.id, Version: change.Version, Frame: frameOf(change), Change: change}))
		k.flushed = time.Now()
	}
	if have := k.r.kept.of(k.id); have != nil {
		k.r.kept.put(k.id, &keptRoster{version: have.version, text: string(mine.Encode())}, true)
	}
	respond(tasks, mine, nil, nil)
}

// part takes this node's own copy of the roster for a desk that goes on alone; false if it has none.
func (k *desk) part() bool {
	text := k.r.kept.of(k.id)
	if text == nil {
		return false
	}
	base, err := session.DecodeRoster([]byte(text.text))
	if err != nil {
		return false
	}
	mine, err := session.DecodeRoster([]byte(text.text))
	if err != nil {
		return false
	}
	k.lonely = &session.Alone{Base: base, Mine: mine, Node: k.r.self(), Reasons: map[string]protocol.LeaveReason{}}
	return true
}

// fail goes on with tasks that Redis could not be asked about, or of which it is not known whether they were written.
func (k *desk) fail(tasks []*task, err error) {
	k.r.rosters.forget(k.r.sessionKey(k.id))
	if k.r.lost == nil || !away(err) || errors.Is(err, errBusy) {
		refuse(tasks, err)
		return
	}
	for _, t := range tasks {
		if t.answer {
			k.doubt(t.user)
		}
	}
	k.owe(err)
	k.serveAlone(tasks, err)
}

// doubt has it looked at again whether a user is where they were told to be.
func (k *desk) doubt(user string) {
	if k.doubted == nil {
		k.doubted = map[string]bool{}
	}
	k.doubted[user] = true
}

// owe has the desk called by rejoin when Redis is back.
func (k *desk) owe(err error) {
	k.r.mu.Lock()
	owed := k.owing
	k.owing = true
	k.r.mu.Unlock()
	if !owed || !errors.Is(err, errAway) { // else it is going to be called, or is just waiting for it
		k.r.lost(err)
	}
}

// rejoin has the others learn what was decided alone, and puts right what was written in part.
func (r *Registry) rejoin(ctx context.Context) error {
	r.mu.Lock()
	var owing []string
	for id, k := range r.desks {
		if k.owing {
			owing = append(owing, id)
		}
	}
	r.mu.Unlock()
	var failed error
	for _, id := range owing {
		_, err := r.ask(ctx, id, &task{rejoins: true, do: func(*session.Roster) ([]string, error) { return nil, nil }})
		failed = errors.Join(failed, err)
	}
	return failed
}

// rejoining returns the task that comes before all others once Redis is back.
func (k *desk) rejoining(ctx context.Context) (*task, error) {
	places, err := k.r.placesOf(ctx, slices.Collect(maps.Keys(k.doubted)))
	if err != nil {
		return nil, err
	}
	l, at := k.lonely, k.r.now().UnixMilli()
	t := &task{done: make(chan result, 1)}
	var ended []session.Departure
	t.do = func(v *session.Roster) (touched []string, _ error) {
		if ended = nil; v == nil {
			return nil, nil
		}
		if l != nil {
			gone := v.Follow(l, at, at+ghostGrace.Milliseconds())
			if touched = usersOf(gone); v.Ended() {
				ended = gone
			}
		}
		for user, place := range places {
			stay := stayOf(v, user)
			if stay == "" || place == placeOf(k.id, stay) || l != nil && l.Base.Member(user) != nil {
				continue // a later attempt brought them in, or they were in before
			}
			// Told that it was not possible.
			if left, err := v.Leave(session.Leave{UserID: user, Reason: protocol.LeftByChoice, At: at}); err == nil && left.Departure != nil {
				touched = append(touched, user)
			}
		}
		return touched, nil
	}
	t.then = func(v *session.Roster) error {
		if err := k.r.mend(ctx, k.id, v, places); err != nil {
			return err
		}
		k.lonely, k.doubted = nil, nil
		k.r.mu.Lock()
		defer k.r.mu.Unlock()
		k.owing = false
		k.r.closed = append(k.r.closed, ended...)
		return nil
	}
	return t, nil
}

// desert forgets what was decided alone: the others have taken this node for dead, and its people out.
func (r *Registry) desert() {
	r.kept.clear()
	r.seen.clear()
	r.hung.lose()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.desks {
		k.deserted = k.owing
	}
}

// keptRoster is a roster as this node knows it by itself.
type keptRoster struct {
	version int64 // of the value in Redis that it was, or that was decided on from
	text    string
	left    []leaver // who was heard to have left; guarded by Registry.mu
	once    sync.Once
	v       *session.Roster
}

// leaver is a user who left with that version of a roster.
type leaver struct {
	user    string
	version int64
}

// roster returns it decoded, to be read only; nil if there is none.
func (k *keptRoster) roster() *session.Roster {
	if k == nil {
		return nil
	}
	k.once.Do(func() { k.v, _ = session.DecodeRoster([]byte(k.text)) }) // it was written here
	return k.v
}

// read returns a session's roster: as it stands in Redis or, while this node is alone, as it is here.
func (r *Registry) read(ctx context.Context, sessionID string) (v *session.Roster, alone bool, err error) {
	r.mu.Lock()
	k := r.desks[sessionID]
	alone = k != nil && k.owing
	r.mu.Unlock()
	if alone {
		if v := r.kept.of(sessionID).roster(); v != nil {
			return v, true, nil
		}
	}
	v, err = r.rosters.read(ctx, r.sessionKey(sessionID))
	if away(err) {
		if own := r.kept.of(sessionID).roster(); own != nil {
			return own, true, nil
		}
	}
	return v, false, err
}

// Heard takes note that a roster was published: what this node knows of it by itself is old, and those left with that version.
func (r *Registry) Heard(sessionID string, version int64, left ...string) {
	k := r.kept.of(sessionID)
	if k == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard[sessionID] = true
	for _, user := range left {
		k.left = append(k.left, leaver{user, version})
	}
}

// putBackOf returns what is to be put back of a roster that Redis has lost, without those who are known to have left since:
// somebody may have their place.
func (r *Registry) putBackOf(k *keptRoster) (string, error) {
	r.mu.Lock()
	left := k.left
	r.mu.Unlock()
	if len(left) == 0 {
		return k.text, nil
	}
	v, err := session.DecodeRoster([]byte(k.text))
	if err != nil {
		return "", err
	}
	for _, l := range left {
		if l.version <= v.Version {
			continue // they came again
		}
		if _, err := v.Leave(session.Leave{UserID: l.user, At: r.now().UnixMilli()}); err != nil {
			return "", err
		}
	}
	return string(v.Encode()), nil
}

// refresh reads what other nodes have written of the sessions that somebody of this node is in.
func (r *Registry) refresh(ctx context.Context) {
	r.mu.Lock()
	var ids []string
	for id := range r.heard {
		ids = append(ids, id)
	}
	r.heard = map[string]bool{}
	r.mu.Unlock()
	read, before := map[string]value{}, r.c.current.Load()
	for _, id := range ids {
		if v, err := r.c.load(ctx, r.sessionKey(id)); err == nil {
			read[id] = v
		}
	}
	if len(ids) > 0 && r.unmarked != nil && (r.unmarked(ctx) || r.c.current.Load() != before) {
		read = nil // others have written back what they know; what this node knows may not be among it yet
	}
	for _, id := range ids {
		v, ok := read[id]
		r.mu.Lock()
		ok = ok && (r.desks[id] == nil || !r.desks[id].owing)
		if !ok {
			r.heard[id] = true // the next time
		}
		r.mu.Unlock()
		if ok {
			r.renew(id, v)
		}
	}
}

func (r *Registry) renew(id string, v value) {
	k := &keptRoster{version: v.version, text: v.body}
	own := v.body != "" && r.ours(k.roster())
	r.kept.mu.Lock()
	defer r.kept.mu.Unlock()
	switch have := r.kept.by[id]; {
	case have == nil || v.body == "" || have.version >= v.version: // what Redis has lost is put back of this
	case own:
		r.kept.by[id] = k
	default:
		delete(r.kept.by, id)
	}
}
