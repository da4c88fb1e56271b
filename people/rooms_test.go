package people_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/people"
	"foyer/presence"
	"foyer/protocol"
	"foyer/server/cluster/memory"
	"foyer/server/store"
	"foyer/session"
)

// rooms are the real rooms behind people, on a database in memory, with a clock that the test sets.
type rooms struct {
	*testing.T
	directory   *directory.Service
	invitations *invitation.Service
	sessions    *session.Service
	people      *people.Service
	registry    *memory.Registry
	now         time.Time
	last        string // the invitation sent last
	prefix      string // of the ids of those who live here
}

// settings are the limits that a test wants otherwise than usual.
type settings struct {
	invitation func(*invitation.Config)
}

func newRooms(t *testing.T, o settings) *rooms { return roomsOn(t, o, openStore(t), "") }

func openStore(t *testing.T) *store.Store {
	db, err := store.Open(t.Context(), database(t), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// roomsOn returns rooms on a database that others use too: whoever lives here has an id that begins with prefix.
func roomsOn(t *testing.T, o settings, db *store.Store, prefix string) *rooms {
	r := &rooms{T: t, now: noon, prefix: prefix}
	clock := func() time.Time { return r.now }
	config := invitation.DefaultConfig()
	if o.invitation != nil {
		o.invitation(&config)
	}
	made := 0
	id := func() string { made++; return fmt.Sprintf("%sid%04d", prefix, made) }
	r.directory = directory.New(db.Directory(), clock)
	r.invitations = invitation.New(db.Invitations(), config, invitation.Options{Now: clock, NewID: id})
	r.registry = memory.NewRegistry(func(session.Flush) {}, memory.RegistryOptions{RosterTick: time.Nanosecond, Now: clock})
	r.sessions = session.New(session.Options{Store: db.Sessions(), Registry: r.registry, Relations: standings{r.invitations}, Config: session.DefaultConfig(), Now: clock, NewID: id, PasswordCost: 4})
	r.people = people.New(people.Sources{
		Directory: r.directory, Pairs: pairs{r.invitations}, Connections: pairs{r.invitations}, Sessions: company{r.sessions}, Presences: presences{r}, Now: clock,
	})
	t.Cleanup(r.registry.Stop)
	for _, id := range []string{"me", "ada", "bob"} {
		_, _, err := r.directory.Upsert(t.Context(), directory.Claims{Subject: r.id(id), Name: id, Email: r.id(id) + "@x.org", EmailVerified: true})
		require.NoError(t, err)
	}
	return r
}

type pairs struct{ *invitation.Service }

func (p pairs) Standing(ctx context.Context, viewer, other string) (people.Standing, error) {
	v, err := p.Service.Standing(ctx, viewer, other)
	return people.Standing(v), err
}

func (p pairs) Connections(ctx context.Context, viewer string, q people.ConnectionQuery) (people.ConnectionPage, error) {
	v, err := p.Service.Connections(ctx, viewer, invitation.ConnectionQuery(q))
	return people.ConnectionPage(v), err
}

type company struct{ *session.Service }

func (c company) Permissions(ctx context.Context, viewer, target string) ([]people.Permission, int64, error) {
	list, until, err := c.Service.Permissions(ctx, viewer, target)
	var out []people.Permission
	for _, p := range list {
		out = append(out, people.Permission(p))
	}
	return out, until, err
}

func (c company) MayJoin(ctx context.Context, viewer people.Viewer, sessionID string) (*protocol.Error, error) {
	return c.Service.MayJoin(ctx, viewer.UserID, sessionID)
}

// standings is what the sessions' room needs to know of pairs.
type standings struct{ *invitation.Service }

func (s standings) ConnectedWith(ctx context.Context, userID string, others []string) (map[string]bool, error) {
	relations, err := s.Relations(ctx, userID, others)
	with := map[string]bool{}
	for id, r := range relations {
		with[id] = r.State == protocol.RelationConnected
	}
	return with, err
}

func (s standings) BlockedBy(ctx context.Context, userID string, others []string) (map[string]bool, error) {
	blocks, err := s.Blocks(ctx, userID)
	by := map[string]bool{}
	for _, id := range others {
		by[id] = slices.Contains(blocks.By, id)
	}
	return by, err
}

// presences has everybody online with a headset.
type presences struct{ r *rooms }

func (p presences) Presences(ctx context.Context, viewer string, others map[string]protocol.RelationState) (map[string]people.Seen, error) {
	blocks, err := p.r.invitations.Blocks(ctx, viewer)
	if err != nil {
		return nil, err
	}
	seen := map[string]people.Seen{}
	for id, state := range others {
		places, err := p.r.sessions.Places(ctx, []string{viewer, id})
		if err != nil {
			return nil, err
		}
		var in *presence.Session
		if at := places[id]; at != "" {
			found, err := p.r.sessions.Records(ctx, []string{at})
			if err != nil {
				return nil, err
			}
			in = &presence.Session{ID: at, Name: found[at].Name, Private: found[at].Visibility == protocol.VisibilityPrivate}
		}
		full := presence.Fold([]presence.Device{{Kind: protocol.KindHeadset, Since: noon}}, presence.Account{}, in, p.r.now)
		v := presence.View(full, presence.Viewer{
			Self: id == viewer, Connected: state == protocol.RelationConnected, SameSession: in != nil && places[viewer] == in.ID,
			Blocked: slices.Contains(blocks.Of, id) || slices.Contains(blocks.By, id),
		})
		if v != nil {
			seen[id] = people.Seen{Presence: *v, Next: full.Next}
		}
	}
	return seen, nil
}

// id returns the id of somebody who lives here.
func (r *rooms) id(name string) string { return r.prefix + name }

func (r *rooms) wait(d time.Duration) { r.now = r.now.Add(d) }

func (r *rooms) focus(viewer, target string) (protocol.Focus, time.Time) {
	f, next, err := r.people.Focus(r.Context(), people.Viewer{UserID: r.id(viewer), DeviceID: viewer}, r.id(target))
	require.NoError(r, err)
	return f, next
}

// What follows are calls that have to succeed.

func (r *rooms) invite(from, to string) {
	got, _, err := r.invitations.Send(r.Context(), invitation.Call{UserID: r.id(from)}, protocol.InvitationSendParams{To: protocol.To{UserID: r.id(to)}})
	require.NoError(r, err)
	if got.Invitation != nil {
		r.last = got.Invitation.ID
	}
}

func (r *rooms) withdraw(from, to string) {
	_, _, err := r.invitations.Withdraw(r.Context(), invitation.Call{UserID: r.id(from)}, protocol.InvitationWithdrawParams{UserID: r.id(to)})
	require.NoError(r, err)
}

func (r *rooms) decline(by string) {
	_, _, err := r.invitations.Decline(r.Context(), invitation.Call{UserID: r.id(by)}, protocol.InvitationDeclineParams{InvitationID: r.last})
	require.NoError(r, err)
}

func (r *rooms) connect(a, b string) {
	r.invite(a, b)
	r.invite(b, a)
}

func (r *rooms) block(by, of string) {
	_, _, err := r.invitations.Block(r.Context(), invitation.Call{UserID: r.id(by)}, r.id(of))
	require.NoError(r, err)
}

func (r *rooms) choose(id string, p protocol.SettingsUpdateParams) {
	_, _, err := r.directory.UpdateSettings(r.Context(), directory.Operation{UserID: r.id(id)}, p)
	require.NoError(r, err)
}

func (r *rooms) actor(id string) session.Actor {
	return session.Actor{UserID: r.id(id), Device: session.Device{ID: id, Link: id, Kind: protocol.KindHeadset, Connected: true}}
}

func (r *rooms) create(host string, p protocol.SessionCreateParams) string {
	p.Name = "Lobby"
	entry, _, err := r.sessions.Create(r.Context(), r.actor(host), p, session.Operation{})
	require.NoError(r, err)
	return entry.Result.Session.ID
}

func (r *rooms) join(id, sessionID string) {
	_, _, err := r.sessions.Join(r.Context(), r.actor(id), protocol.SessionJoinParams{SessionID: sessionID})
	require.NoError(r, err)
}

func (r *rooms) leave(id, sessionID string) {
	_, err := r.sessions.Leave(r.Context(), r.id(id), id, protocol.SessionParams{SessionID: sessionID})
	require.NoError(r, err)
}

func (r *rooms) promote(host, id, sessionID string, role protocol.Role) {
	_, err := r.sessions.SetRole(r.Context(), r.id(host), protocol.SessionSetRoleParams{SessionID: sessionID, UserID: r.id(id), Role: role})
	require.NoError(r, err)
}

// call does what an action stands for, me being the one who acts on ada.
func (r *rooms) call(f protocol.Focus, a protocol.ActionName) error {
	ctx, me := r.Context(), invitation.Call{UserID: r.id("me")}
	invitationID := r.last
	if i := f.Person.Relation.Invitation; i != nil {
		invitationID = i.ID
	}
	places, err := r.sessions.Places(ctx, []string{r.id("me")})
	require.NoError(r, err)
	here := places[r.id("me")]
	switch a {
	case protocol.ActionInvite:
		_, _, err = r.invitations.Send(ctx, me, protocol.InvitationSendParams{To: protocol.To{UserID: r.id("ada")}})
	case protocol.ActionWithdraw:
		_, _, err = r.invitations.Withdraw(ctx, me, protocol.InvitationWithdrawParams{InvitationID: invitationID})
	case protocol.ActionAccept:
		_, _, err = r.invitations.Accept(ctx, me, invitationID)
	case protocol.ActionDecline:
		_, _, err = r.invitations.Decline(ctx, me, protocol.InvitationDeclineParams{InvitationID: invitationID})
	case protocol.ActionUndoDecline:
		_, _, err = r.invitations.UndoDecline(ctx, me, invitationID)
	case protocol.ActionRemoveConnection:
		_, _, err = r.invitations.Remove(ctx, me, r.id("ada"))
	case protocol.ActionBlock:
		_, _, err = r.invitations.Block(ctx, me, r.id("ada"))
	case protocol.ActionUnblock:
		_, _, err = r.invitations.Unblock(ctx, me, r.id("ada"))
	case protocol.ActionJoinSession:
		_, _, err = r.sessions.Join(ctx, r.actor("me"), protocol.SessionJoinParams{SessionID: f.Person.Presence.Session.ID, Password: ptr("secret")})
	case protocol.ActionKick:
		_, err = r.sessions.Kick(ctx, r.id("me"), protocol.SessionKickParams{SessionID: here, UserID: r.id("ada")})
	case protocol.ActionBan:
		_, err = r.sessions.Kick(ctx, r.id("me"), protocol.SessionKickParams{SessionID: here, UserID: r.id("ada"), Ban: true})
	case protocol.ActionSetRole:
		_, err = r.sessions.SetRole(ctx, r.id("me"), protocol.SessionSetRoleParams{SessionID: here, UserID: r.id("ada"), Role: protocol.RoleCohost})
	case protocol.ActionMute:
		_, err = r.sessions.SetAttributes(ctx, r.id("me"), protocol.SessionSetAttributesParams{SessionID: here, UserID: r.id("ada"), Attributes: protocol.Attributes{"muted": []byte("true")}})
	default:
		r.Fatalf("no call for %s", a)
	}
	return err
}
