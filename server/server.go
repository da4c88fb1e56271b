package server

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"foyer/directory"
	"foyer/invitation"
	"foyer/people"
	"foyer/protocol"
	"foyer/server/auth"
	"foyer/server/cluster"
	"foyer/server/hub"
	"foyer/server/store"
	"foyer/server/ws"
	"foyer/session"
)

// Verifier decides on tokens. A refusal is token_invalid or token_expired; any other error means that it can't tell.
type Verifier interface {
	Verify(ctx context.Context, token string) (*auth.Claims, error)
}

// Changes is the log of what each user was told.
type Changes interface {
	// Log returns a user's revision and what came after revision after; without complete it returns nothing of it.
	Log(ctx context.Context, userID string, after int64) (store.UserLog, error)
	// Tail returns what has been logged since mark; the mark "" is the end of the log.
	Tail(ctx context.Context, mark string) (store.Tail, error)
	// Trim forgets what is too old to be resumed from.
	Trim(ctx context.Context) error
	Epoch() string
}

// Mailer sends what an invitation has to say to its address. An error means that it is tried again some minutes later.
type Mailer interface {
	Send(ctx context.Context, m invitation.Mail) error
}

// Cluster is what is between nodes.
type Cluster struct {
	Bus      cluster.Bus
	Devices  cluster.Devices
	Upkeep   cluster.Upkeep
	Registry session.Registry
	Pace     cluster.Pace
	// Node names this node and its epoch, for whatever hangs on it; nil for the node's name.
	Node func() string
	// Shared says that other processes may use the same: what stands there outlives this node, and may be out of reach.
	Shared bool
	// Many says that other nodes may have devices in the same sessions: they are told the states written here. What is
	// Shared always is.
	Many bool
}

// Domain are the services that decide.
type Domain struct {
	Invitations *invitation.Service
	Sessions    *session.Service
	Directory   *directory.Service
}

// Limits are the numbers that clients meet at the edge. Counts of 0 mean no limit.
type Limits struct {
	RequestsPerSecond int
	RequestsBurst     int
	StatesPerSecond   int
	MessageBytes      int
	StateBytes        int
	DevicesPerUser    int
	SearchesPerMinute int
	Hellos            int           // carried out at once; more devices are told to come back
	HelloWithin       time.Duration // for a socket to say hello
	Ping              time.Duration
	Grace             time.Duration
	Drain             time.Duration // over which a stopping node spreads the ends of its devices
}

// Options are all that a Server is made of.
type Options struct {
	Node     string // this node's name
	Version  string
	Auth     Verifier
	Features []string // optional features that this server offers
	Limits   Limits
	WS       ws.Options
	Domain   Domain
	Changes  Changes
	Cluster  Cluster
	Mailer   Mailer
	Log      zerolog.Logger
	Now      func() time.Time // time.Now when nil
}

// Server is one node. Its fields don't change after New, save what has a lock of its own.
type Server struct {
	node, version string
	auth          Verifier
	offered       []string
	limits        Limits
	invitations   *invitation.Service
	sessions      *session.Service
	directory     *directory.Service
	people        *people.Service
	changes       Changes
	bus           cluster.Bus
	devices       cluster.Devices
	upkeep        cluster.Upkeep
	registry      session.Registry
	epoch         func() string // Cluster.Node
	shared        bool
	many          bool
	mailer        Mailer
	log           zerolog.Logger
	metrics       *metrics
	now           func() time.Time
	handlers      map[protocol.Method]handler
	acceptor      *ws.Acceptor

	ctx      context.Context // ends when the server has stopped
	cancel   context.CancelFunc
	terms    terms
	tasks    sync.WaitGroup // what runs in the background
	draining atomic.Bool
	hellos   atomic.Int64 // being carried out
	tailRead atomic.Int64 // when the log's tail was last read, Unix milliseconds
	ticks    atomic.Int64 // counts what is read and taken of presences, to tell what came first here
	tail     string       // up to where the log was read; owned by Start, then by Run

	beat      beat
	sockets   sockets
	byUser    *hub.Index[string, *Device]
	bySession *hub.Index[string, *Device]
	panels    *hub.Index[string, *panel] // by the person
	panelsAt  *hub.Index[string, *panel] // by the session that the person is shown in
	watchers  *hub.Index[string, *account]
	accounts  accounts
	persons   persons
	rooms     rooms
	catching  turns // logs read, by user
	blocking  turns // blocks looked up, by user
	following turns // users followed to their session
	resyncing turns // sessions shown anew, by socket
	showing   turns // presence shown, by user
	presences gathered[reading]
	claiming  turns // invitations given to the owner of an address, by address
	watching  turns // connections watched or no longer, by user and the other
	rereading turns // what is read or made known anew as a whole
	searches  cluster.Pace
}

// New returns a Server that is ready to accept devices; Run does what time brings. The Registry given must publish as
// PublishRosters does.
func New(o Options) *Server {
	s := &Server{
		node: o.Node, version: o.Version, auth: o.Auth, offered: o.Features, limits: o.Limits,
		invitations: o.Domain.Invitations, sessions: o.Domain.Sessions, directory: o.Domain.Directory,
		changes: o.Changes, bus: o.Cluster.Bus, devices: o.Cluster.Devices, upkeep: o.Cluster.Upkeep, registry: o.Cluster.Registry,
		mailer: o.Mailer, log: o.Log, now: o.Now,
		byUser: hub.NewIndex[string, *Device](), bySession: hub.NewIndex[string, *Device](),
		sockets: sockets{all: map[*Device]struct{}{}}, panels: hub.NewIndex[string, *panel](), panelsAt: hub.NewIndex[string, *panel](), watchers: hub.NewIndex[string, *account](),
		accounts: accounts{by: map[string]*account{}}, persons: persons{by: map[string]*person{}},
		rooms: rooms{by: map[string]*room{}}, searches: o.Cluster.Pace, beat: beat{turn: make(chan struct{}, 1)},
		catching: newTurns("log of changes not read"), blocking: newTurns("blocks not looked up"), following: newTurns("user not followed"), resyncing: newTurns("session not shown anew"),
		showing: newTurns("presence not shown"), watching: newTurns("connection not watched"), claiming: newTurns("invitation by address not claimed"), rereading: newTurns("not read anew"),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.many = o.Cluster.Many || o.Cluster.Shared
	if s.epoch, s.shared = o.Cluster.Node, o.Cluster.Shared; s.epoch == nil {
		s.epoch = func() string { return s.node }
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	o.WS.Busy = s.crowded
	s.acceptor = ws.New(o.WS)
	s.metrics = newMetrics(s)
	s.people = people.New(s.sources())
	s.presences.read = s.fullOf
	s.handlers = s.table()
	s.bus.Receive(s.received)
	return s
}

// ServeHTTP upgrades a request to a device's socket.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "this node is stopping", http.StatusServiceUnavailable)
		return
	}
	d := &Device{srv: s, rev: -1, shown: make(chan struct{}, 1)}
	sock, err := s.acceptor.Upgrade(w, r, func(token string) error {
		claims, err := s.auth.Verify(r.Context(), token)
		d.claims = claims
		return err
	})
	if err != nil {
		s.log.Debug().Err(err).Msg("upgrade refused")
		return
	}
	d.sock = sock
	d.mu.Lock()
	d.alarmLocked(s.now().Add(s.limits.HelloWithin), d.noHello)
	d.mu.Unlock()
	s.sockets.add(d)
	sock.Start(d)
}

// crowded reports whether so many devices are saying hello that others had better come later.
func (s *Server) crowded() bool {
	return s.limits.Hellos > 0 && s.hellos.Load() >= int64(s.limits.Hellos)
}

// background runs fn beside everything else, until the server stops at the latest.
func (s *Server) background(fn func(ctx context.Context)) {
	s.tasks.Go(func() { s.safely("background", func() { fn(s.term()) }) })
}

// sockets are all devices of this node, signed in or not.
type sockets struct {
	mu  sync.Mutex
	all map[*Device]struct{} // guarded by mu
}

func (k *sockets) add(d *Device) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[d] = struct{}{}
}

func (k *sockets) remove(d *Device) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.all, d)
}

// list returns those that are there now.
func (k *sockets) list() []*Device {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(maps.Keys(k.all))
}
