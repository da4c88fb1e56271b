package server

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"foyer/invitation"
	"foyer/server/cluster"
)

// account is a user with devices on this node: what must be known of them to deliver without asking anybody.
type account struct {
	id      string
	session atomic.Pointer[string] // the session that the user is in

	outOfDate atomic.Bool // messages may have been lost: blocks and place are to be read anew
	stirred   atomic.Bool // the user's revision has moved since the account was opened

	loading sync.WaitGroup // until loaded or failed
	err     error          // set before loading is over

	mu          sync.Mutex      // guards what follows
	refs        int             // guarded by accounts.mu instead: devices and requests that hold the account
	words       int             // about blocks, that came or were read
	blocks      map[string]bool // nil for nobody, as blockedBy
	blockedBy   map[string]bool
	connections map[string]bool  // nil once closed
	rev         int64            // of the user when connections were read: what is older is in them
	told        map[string]int64 // the revision of the newest word about a connection since then, by the other user
	heard       int64            // every word up to this revision came, or was read
	early       []func()         // what arrived while loading; nil once loaded
	deaf        map[string]bool  // blocks and blockedBy together; never changed in place
}

// accounts are those with devices on this node.
type accounts struct {
	mu sync.Mutex
	by map[string]*account // guarded by mu
}

// openAccount has signIn make the user known and returns their account, loaded; the first one to ask subscribes before and
// reads afterwards, unless there is nothing between the user and anybody. Each call needs one closeAccount.
func (s *Server) openAccount(ctx context.Context, userID string, signIn func() (alone bool, err error)) (*account, error) {
	s.accounts.mu.Lock()
	a := s.accounts.by[userID]
	first := a == nil
	if first {
		a = &account{id: userID, early: []func(){}}
		a.loading.Add(1)
		s.accounts.by[userID] = a
	}
	a.refs++
	s.accounts.mu.Unlock()
	if first {
		a.err = s.loadAccount(ctx, a, signIn)
		a.loading.Done()
	}
	a.loading.Wait()
	err := a.err
	if err == nil && !first {
		_, err = signIn()
	}
	if err != nil {
		s.closeAccount(a)
		return nil, err
	}
	return a, nil
}

func (s *Server) loadAccount(ctx context.Context, a *account, signIn func() (alone bool, err error)) (err error) {
	defer func() { s.mistaken("account", recover(), &err) }() // others may wait for what comes of it
	if err := s.bus.Subscribe(ctx, cluster.UserTopic(a.id)); err != nil {
		return err
	}
	alone, err := signIn()
	if err != nil {
		return err
	}
	places, err := s.registry.Places(ctx, []string{a.id})
	if err != nil {
		return err
	}
	a.place(places[a.id]) // before anything newer can come
	var early []func()
	_, err = a.read(func() (b invitation.Blocks, take func(), err error) {
		var c invitation.Circle
		if !alone {
			c, err = s.invitations.Circle(ctx, a.id)
		}
		alone = false // asked again, there is something by now
		return c.Blocks, func() {
			a.connections, a.rev, a.heard = set(c.Connections), c.Rev, c.Rev
			if a.connections == nil {
				a.connections = map[string]bool{}
			}
			early, a.early = a.early, nil
		}, err
	})
	if err != nil {
		return err
	}
	for _, apply := range early {
		apply()
	}
	a.mu.Lock()
	ids := slices.Collect(maps.Keys(a.connections))
	a.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	return s.watch(ctx, a, ids...)
}

// closeAccount gives the account up; the last one to do so unsubscribes.
func (s *Server) closeAccount(a *account) {
	s.accounts.mu.Lock()
	a.refs--
	last := a.refs == 0
	if last {
		delete(s.accounts.by, a.id)
	}
	s.accounts.mu.Unlock()
	if !last {
		return
	}
	a.mu.Lock()
	connections := a.connections
	a.connections = nil
	a.mu.Unlock()
	for id := range connections {
		s.unwatch(a, id)
	}
	s.bus.Unsubscribe(cluster.UserTopic(a.id))
}

// account returns the user's account if there is one on this node.
func (s *Server) account(userID string) *account {
	s.accounts.mu.Lock()
	defer s.accounts.mu.Unlock()
	return s.accounts.by[userID]
}

// later has apply run once the account is loaded, if it isn't yet, and reports whether it will.
func (a *account) later(apply func()) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.early == nil {
		return false
	}
	a.early = append(a.early, apply)
	return true
}

// loaded waits until the account is, and reports whether there is anything in it.
func (a *account) loaded() bool {
	a.loading.Wait()
	return a.err == nil
}

// hears takes note that the word of a revision came.
func (a *account) hears(rev int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if rev == a.heard+1 {
		a.heard = rev
	}
}

// heardUpTo returns the last revision before the first one whose word may be missing.
func (a *account) heardUpTo() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heard
}

// connect takes note that as of the user's revision rev a connection stands or doesn't, and reports whether that is new.
// Two changes of a pair may come in either order, from two nodes or two requests of one: the newer word counts. One that
// stands may have ended in between, and a device may have come meanwhile that knows nothing of it.
func (a *account) connect(other string, on bool, rev int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.connections == nil || rev <= a.rev || rev <= a.told[other] {
		return false
	}
	if a.told == nil {
		a.told = map[string]int64{}
	}
	a.told[other] = rev
	if on {
		a.connections[other] = true
		return true
	}
	was := a.connections[other]
	delete(a.connections, other)
	return was
}

// connected reports whether a connection with other stands.
func (a *account) connected(other string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.connections[other]
}

// place says in which session the user is, "" for none.
func (a *account) place(sessionID string) { a.session.Store(&sessionID) }

// in returns the session that the user is in, "" for none.
func (a *account) in() string {
	if p := a.session.Load(); p != nil {
		return *p
	}
	return ""
}

// set returns nil for no ids: most users have blocked nobody, and each has a set of those.
func set(ids []string) map[string]bool {
	if len(ids) == 0 {
		return nil
	}
	m := make(map[string]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
}
