// Package app wires one node together: the services over their stores, the server over the services, and the two
// listeners in front. cmd/foyer runs it; tests run it too, so that what they test is the real program.
package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"foyer/directory"
	"foyer/invitation"
	"foyer/server"
	"foyer/server/auth"
	"foyer/server/config"
	"foyer/server/mail"
	"foyer/server/store"
	"foyer/server/ws"
	"foyer/session"
)

// Version is what hello answers; set at build time.
var Version = "dev"

// App is one node, opened and not yet serving.
type App struct {
	settings config.Settings
	log      zerolog.Logger
	store    *store.Store
	cluster  *Cluster
	between  *between       // instead of cluster, with other processes
	beside   bool           // other nodes of this process have the same cluster
	own      []func() error // gives back what no other node has a part in
	verifier *auth.Verifier
	server   *server.Server
	signing  auth.Options
}

// Shared is what the nodes of one process have in common. What is nil, a node makes for itself; what is given, it
// leaves to the giver to close.
type Shared struct {
	Store   *store.Store
	Cluster *Cluster
}

// New opens the store, makes the registry know what was before and wires the node. Close it when New succeeded.
func New(ctx context.Context, settings config.Settings, log zerolog.Logger) (*App, error) {
	return NewWith(ctx, settings, log, Shared{})
}

// NewWith is New for a node that shares with others.
func NewWith(ctx context.Context, settings config.Settings, log zerolog.Logger, with Shared) (*App, error) {
	a := &App{settings: settings, log: log, store: with.Store, cluster: with.Cluster, beside: with.Cluster != nil}
	var err error
	if a.verifier, a.signing, err = verifier(settings, log); err != nil {
		return nil, err
	}
	if a.store == nil {
		if a.store, err = store.Open(ctx, settings.Store, store.Options{Alone: true, Now: now, Calls: settings.StoreCalls, AllowAsyncCommit: settings.StoreAllowAsyncCommit}); err != nil {
			return nil, err
		}
		a.own = append(a.own, a.store.Close)
	}
	if a.cluster == nil && settings.Redis != "" {
		if a.between, err = newBetween(settings, a.store.Epoch(), log); err != nil {
			return nil, errors.Join(err, a.Close())
		}
		a.own = append(a.own, a.between.Close)
	} else if a.cluster == nil {
		a.cluster = NewCluster(settings)
		a.own = append(a.own, a.cluster.Close)
	}
	if err := a.wire(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// parts are what is between the nodes, as the server needs it.
func (a *App) parts() server.Cluster {
	if a.between != nil {
		return a.between.parts()
	}
	c := a.cluster
	return server.Cluster{Bus: c.Hub.Bus(), Devices: c.Devices, Upkeep: c.Devices, Registry: c.Registry, Pace: c.Pace, Many: a.beside}
}

func (a *App) wire(ctx context.Context) error {
	parts, now := a.parts(), now
	if a.between != nil {
		now = a.between.clock.now
	}
	invitations := invitation.New(a.store.Invitations(), invitationConfig(a.settings), invitation.Options{Now: now})
	users := directory.New(a.store.Directory(), now)
	sessions := session.New(session.Options{
		Store: a.store.Sessions(), Registry: parts.Registry, Relations: relations{invitations}, Config: sessionConfig(a.settings),
		Now: now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
	})
	a.server = server.New(server.Options{
		Node: a.settings.Node, Version: Version, Auth: a.verifier, Features: a.settings.Features, Limits: limits(a.settings), WS: transport(a.settings),
		Domain:  server.Domain{Invitations: invitations, Sessions: sessions, Directory: users},
		Changes: a.store,
		Cluster: parts,
		Mailer:  mail.None{},
		Now:     now,
		Log:     a.log,
	})
	if a.between != nil {
		a.between.server.Store(a.server)
	}
	return a.server.Start(ctx)
}

// Server is the node itself.
func (a *App) Server() *server.Server { return a.server }

// Run serves devices on devices and operators on operators until ctx ends, then drains. It closes both listeners.
func (a *App) Run(ctx context.Context, devices, operators net.Listener) error {
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if a.verifier != nil {
		go a.verifier.Run(run)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.server.Run(run)
	}()
	front, room := a.front(a.handler())
	admin := &http.Server{Handler: a.adminHandler(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes, ErrorLog: front.ErrorLog}
	failed := make(chan error, 2)
	go func() { failed <- a.serve(front, room, devices) }()
	if operators != nil {
		go func() { failed <- admin.Serve(operators) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	drain, cancel := context.WithTimeout(run, a.settings.DrainTime+5*time.Second)
	defer cancel()
	stopped := a.server.Stop(drain)
	stop()
	<-ended
	return errors.Join(err, stopped, front.Close(), admin.Close(), a.Close())
}

func (a *App) serve(front *http.Server, room *waitingRoom, l net.Listener) error {
	if a.settings.TLSCert != "" {
		return front.ServeTLS(l, a.settings.TLSCert, a.settings.TLSKey)
	}
	return front.Serve(enterBy(l, front, room))
}

// Close gives back what is the node's own, the last opened first. Run does it too.
func (a *App) Close() error {
	var err error
	for i := len(a.own) - 1; i >= 0; i-- {
		err = errors.Join(err, a.own[i]())
	}
	return err
}

// verifier returns who decides on tokens, and with what the development mode signs.
func verifier(s config.Settings, log zerolog.Logger) (*auth.Verifier, auth.Options, error) {
	o, err := s.Auth.Options()
	if err != nil {
		return nil, o, err
	}
	o.Now = now
	o.Problems = func(err error) { log.Warn().Err(err).Msg("keys not fetched") }
	if s.Dev && len(o.Secret) == 0 {
		o.Secret = []byte(uuid.NewString() + uuid.NewString())
	}
	v, err := auth.New(o)
	return v, o, err
}

func invitationConfig(s config.Settings) invitation.Config {
	i := s.Invitations
	return invitation.Config{
		PerMinute: i.PerMinute, PerDay: i.PerDay, Outstanding: i.Outstanding, PairGap: i.PairGap, PairMax: i.PairMax, PairWindow: i.PairWindow,
		Expiry: i.Expiry, Suppression: i.Suppression, MessageLength: i.MessageLength,
		ReinviteAfterWithdrawal: invitation.Reinvite(i.ReinviteAfterWithdrawal), Retention: i.Retention,
		MailHold: i.MailHold, Reminders: i.Reminders, ReminderAfter: i.ReminderAfter,
		Connections: s.Limits.Connections, Blocks: s.Limits.Blocks, Received: s.Limits.Received, Features: s.Features,
	}
}

func sessionConfig(s config.Settings) session.Config {
	return session.Config{MaxCapacity: s.Limits.SessionCapacity, SessionsPerUser: s.Limits.SessionsPerUser, RestoreGrace: s.Session.RestoreGrace, Shared: s.Redis != ""}
}

func limits(s config.Settings) server.Limits {
	l := s.Limits
	return server.Limits{
		RequestsPerSecond: l.RequestsPerSecond, RequestsBurst: l.RequestsBurst, StatesPerSecond: l.StatesPerSecond,
		MessageBytes: l.MessageBytes, StateBytes: stateBytes(s), DevicesPerUser: l.DevicesPerUser, SearchesPerMinute: l.SearchesPerMinute, Hellos: l.Hellos,
		HelloWithin: s.Transport.HelloWithin, Ping: s.Transport.Ping, Grace: s.Presence.Grace, Drain: s.DrainTime,
	}
}

func transport(s config.Settings) ws.Options {
	proxies, err := s.Proxies()
	if err != nil {
		panic("settings were validated: " + err.Error())
	}
	return ws.Options{
		Origins: s.AllowedOrigins, BehindProxy: s.BehindProxy, TrustedProxies: proxies,
		UpgradesPerSecond: s.Limits.UpgradesPerSecond, DevicesPerAddress: s.Limits.DevicesPerAddress,
		MessageBytes: s.Limits.MessageBytes, StateBytes: stateBytes(s),
		QueueMessages: s.Transport.QueueMessages, QueueBytes: s.Transport.QueueBytes, QueueTotal: s.Transport.QueueTotal,
		PingEvery: s.Transport.Ping, PongWithin: s.Transport.Pong, StallAfter: s.Transport.Stall,
	}
}

// relations tells sessions what stands between two users.
type relations struct{ *invitation.Service }

// ConnectedWith returns which of the others are connected with the user.
func (r relations) ConnectedWith(ctx context.Context, userID string, others []string) (map[string]bool, error) {
	all, err := r.Relations(ctx, userID, others)
	out := make(map[string]bool, len(all))
	for id, v := range all {
		out[id] = v.State == "connected"
	}
	return out, err
}

// BlockedBy returns which of the others have blocked the user.
func (r relations) BlockedBy(ctx context.Context, userID string, others []string) (map[string]bool, error) {
	blocks, err := r.Blocks(ctx, userID)
	by := make(map[string]bool, len(blocks.By))
	for _, id := range blocks.By {
		by[id] = true
	}
	out := make(map[string]bool, len(others))
	for _, id := range others {
		out[id] = by[id]
	}
	return out, err
}

// stateBytes is the longest state: one that fits into a frame, where nothing else is asked for.
func stateBytes(s config.Settings) int {
	if s.Limits.StateBytes == 0 {
		return config.MaxState
	}
	return s.Limits.StateBytes
}
