package people_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
)

// scene is a state of the rooms and the actions that me is offered in ada's panel. A disabled action is listed with
// its reason, and with @ if it says when to try again.
type scene struct {
	name string
	settings
	play func(*rooms)
	want string
	// next is when the panel changes by itself, from then on.
	next time.Duration
	// outlived names an action that is offered though the call fails: it must not tell why.
	outlived protocol.ActionName
}

var scenes = []scene{
	{name: "strangers", play: func(*rooms) {}, want: "invite block"},
	{name: "invited", play: func(r *rooms) { r.invite("me", "ada") }, want: "withdraw block"},
	{name: "invited, and she blocked me before", play: func(r *rooms) { r.block("ada", "me"); r.invite("me", "ada") }, want: "withdraw block"},
	{name: "invited, and she blocked me after", play: func(r *rooms) { r.invite("me", "ada"); r.block("ada", "me") }, want: "withdraw block"},
	{name: "invited and declined", play: func(r *rooms) { r.invite("me", "ada"); r.decline("ada") }, want: "withdraw block"},
	{name: "invited by her", play: func(r *rooms) { r.invite("ada", "me") }, want: "accept decline block"},
	{
		name: "invited by her, with as many connections as I can have", play: func(r *rooms) { r.connect("me", "bob"); r.invite("ada", "me") },
		settings: settings{func(c *invitation.Config) { c.Connections = 1 }},
		want:     "accept(connection_limit) decline block",
	},
	{name: "connected", play: func(r *rooms) { r.connect("me", "ada") }, want: "remove_connection block"},
	{name: "blocked by me", play: func(r *rooms) { r.block("me", "ada") }, want: "unblock"},
	{name: "blocked by each other", play: func(r *rooms) { r.block("ada", "me"); r.block("me", "ada") }, want: "unblock"},
	{name: "blocked by her", play: func(r *rooms) { r.block("ada", "me") }, want: "invite block"},
	{
		name: "as many blocks as I can have", play: func(r *rooms) { r.block("me", "bob") },
		settings: settings{func(c *invitation.Config) { c.Blocks = 1 }}, want: "invite block(too_many_outstanding)",
	},
	{name: "declined by me", play: func(r *rooms) { r.invite("ada", "me"); r.decline("me") }, want: "invite undo_decline block"},
	{
		name: "declined by me and withdrawn by her", play: func(r *rooms) { r.invite("ada", "me"); r.decline("me"); r.withdraw("ada", "me") },
		want: "invite undo_decline block", outlived: protocol.ActionUndoDecline,
	},
	{name: "withdrawn by her", play: func(r *rooms) { r.invite("ada", "me"); r.withdraw("ada", "me") }, want: "invite block"},
	{
		name: "withdrawn by me a moment ago", play: func(r *rooms) { r.invite("me", "ada"); r.wait(20 * time.Second); r.withdraw("me", "ada") },
		want: "invite(reinvite_cooldown)@ block", next: 40 * time.Second,
	},
	{
		name: "withdrawn by me three times", play: func(r *rooms) {
			for range 3 {
				r.invite("me", "ada")
				r.withdraw("me", "ada")
				r.wait(time.Hour)
			}
		}, want: "invite(reinvite_cooldown)@ block", next: 504*time.Hour - 3*time.Hour,
	},
	{
		name: "as many invitations as I can send in a minute", play: func(r *rooms) { r.invite("me", "bob") },
		settings: settings{func(c *invitation.Config) { c.PerMinute = 1 }}, want: "invite(invitation_limit)@ block", next: time.Minute,
	},
	{
		name: "as many open as I can have", play: func(r *rooms) { r.invite("me", "bob") },
		settings: settings{func(c *invitation.Config) { c.Outstanding = 1 }}, want: "invite(too_many_outstanding) block",
	},
	{name: "she accepts nobody", play: func(r *rooms) {
		r.choose("ada", protocol.SettingsUpdateParams{InvitableBy: ptr(protocol.InvitableByNobody)})
	}, want: "invite(not_accepting_invitations) block"},
	{name: "she accepts those who know her address", play: func(r *rooms) {
		r.choose("ada", protocol.SettingsUpdateParams{InvitableBy: ptr(protocol.InvitableByEmail)})
	}, want: "invite(email_required) block"},
	{name: "she accepts those she meets", play: func(r *rooms) {
		r.choose("ada", protocol.SettingsUpdateParams{InvitableBy: ptr(protocol.InvitableBySharedSession)})
	}, want: "invite(shared_session_required) block"},
	{name: "she accepts those she meets, and met me", play: func(r *rooms) {
		r.choose("ada", protocol.SettingsUpdateParams{InvitableBy: ptr(protocol.InvitableBySharedSession)})
		r.join("ada", r.create("me", protocol.SessionCreateParams{}))
	}, want: "invite block join_session kick ban set_role mute"},
	{name: "she accepts nobody, but invited me", play: func(r *rooms) {
		r.choose("ada", protocol.SettingsUpdateParams{InvitableBy: ptr(protocol.InvitableByNobody)})
		r.invite("ada", "me")
	}, want: "accept decline block"},

	{name: "a member beside me, the host", play: func(r *rooms) {
		r.join("ada", r.create("me", protocol.SessionCreateParams{}))
	}, want: "invite block join_session kick ban set_role mute"},
	{name: "a cohost beside me, the host", play: func(r *rooms) {
		s := r.create("me", protocol.SessionCreateParams{})
		r.join("ada", s)
		r.promote("me", "ada", s, protocol.RoleCohost)
	}, want: "invite block join_session kick ban set_role mute"},
	{name: "the host beside me, a member", play: func(r *rooms) {
		r.join("me", r.create("ada", protocol.SessionCreateParams{}))
	}, want: "invite block join_session"},
	{name: "the host beside me, a cohost", play: func(r *rooms) {
		s := r.create("ada", protocol.SessionCreateParams{})
		r.join("me", s)
		r.promote("ada", "me", s, protocol.RoleCohost)
	}, want: "invite block join_session kick(forbidden) ban(forbidden) set_role(forbidden) mute"},
	{name: "a member beside me, a cohost", play: func(r *rooms) {
		s := r.create("bob", protocol.SessionCreateParams{})
		r.join("me", s)
		r.join("ada", s)
		r.promote("bob", "me", s, protocol.RoleCohost)
	}, want: "invite block join_session kick ban set_role(forbidden) mute"},
	{name: "a cohost beside me, a cohost", play: func(r *rooms) {
		s := r.create("bob", protocol.SessionCreateParams{})
		r.join("me", s)
		r.join("ada", s)
		r.promote("bob", "me", s, protocol.RoleCohost)
		r.promote("bob", "ada", s, protocol.RoleCohost)
	}, want: "invite block join_session kick(forbidden) ban(forbidden) set_role(forbidden) mute"},
	{name: "the creator beside me, to whom she gave the session", play: func(r *rooms) {
		s := r.create("ada", protocol.SessionCreateParams{})
		r.join("me", s)
		r.promote("ada", "me", s, protocol.RoleHost)
	}, want: "invite block join_session kick(forbidden) ban(forbidden) set_role mute"},
	{name: "a member beside me, the heir of the host", play: func(r *rooms) {
		s := r.create("bob", protocol.SessionCreateParams{})
		r.join("me", s)
		r.join("ada", s)
		r.leave("bob", s)
	}, want: "invite block join_session kick ban(forbidden) set_role mute"},
	{name: "members both", play: func(r *rooms) {
		s := r.create("bob", protocol.SessionCreateParams{})
		r.join("me", s)
		r.join("ada", s)
	}, want: "invite block join_session"},
	{name: "a member whom I blocked", play: func(r *rooms) {
		s := r.create("me", protocol.SessionCreateParams{})
		r.join("ada", s)
		r.block("me", "ada")
	}, want: "unblock kick ban set_role mute"},
	{name: "a member who blocked me", play: func(r *rooms) {
		s := r.create("me", protocol.SessionCreateParams{})
		r.join("ada", s)
		r.block("ada", "me")
	}, want: "invite block kick ban set_role mute"},
	{name: "who just left my session", play: func(r *rooms) {
		s := r.create("me", protocol.SessionCreateParams{})
		r.join("ada", s)
		r.leave("ada", s)
		r.wait(time.Minute)
	}, want: "invite block kick ban", next: 9 * time.Minute},
	{name: "who left it ten minutes ago", play: func(r *rooms) {
		s := r.create("me", protocol.SessionCreateParams{})
		r.join("ada", s)
		r.leave("ada", s)
		r.wait(10 * time.Minute)
	}, want: "invite block"},
	{name: "who left, and invited me", play: func(r *rooms) {
		s := r.create("bob", protocol.SessionCreateParams{})
		r.join("me", s)
		r.join("ada", s)
		r.invite("me", "ada")
		r.leave("ada", s)
	}, want: "withdraw block"},

	{name: "a connection in a session", play: func(r *rooms) {
		r.connect("me", "ada")
		r.create("ada", protocol.SessionCreateParams{})
	}, want: "remove_connection block join_session"},
	{name: "a stranger in a session", play: func(r *rooms) { r.create("ada", protocol.SessionCreateParams{}) }, want: "invite block"},
	{name: "invited by one in a session", play: func(r *rooms) {
		r.create("ada", protocol.SessionCreateParams{})
		r.invite("ada", "me")
	}, want: "accept decline block"},
	{name: "a connection in a private session", play: func(r *rooms) {
		r.connect("me", "ada")
		r.create("ada", protocol.SessionCreateParams{Visibility: protocol.VisibilityPrivate})
	}, want: "remove_connection block"},
	{name: "a connection in a session with a password", play: func(r *rooms) {
		r.connect("me", "ada")
		r.create("ada", protocol.SessionCreateParams{Password: ptr("secret")})
	}, want: "remove_connection block join_session"},
	{name: "a connection in a full session", play: func(r *rooms) {
		r.connect("me", "ada")
		r.create("ada", protocol.SessionCreateParams{Capacity: ptr(1)})
	}, want: "remove_connection block join_session(session_full)"},
	{name: "a connection in a locked session", play: func(r *rooms) {
		r.connect("me", "ada")
		s := r.create("ada", protocol.SessionCreateParams{})
		_, _, err := r.sessions.Update(r.Context(), r.id("ada"), protocol.SessionUpdateParams{SessionID: s, Locked: ptr(true)})
		require.NoError(r, err)
	}, want: "remove_connection block join_session(session_locked)"},
	{name: "a connection in a session that I am banned from", play: func(r *rooms) {
		r.connect("me", "ada")
		s := r.create("ada", protocol.SessionCreateParams{})
		r.join("me", s)
		_, err := r.sessions.Kick(r.Context(), r.id("ada"), protocol.SessionKickParams{SessionID: s, UserID: r.id("me"), Ban: true})
		require.NoError(r, err)
	}, want: "remove_connection block join_session(banned)"},
	{name: "a connection in a session of somebody's connections", play: func(r *rooms) {
		r.connect("me", "ada")
		r.connect("ada", "bob")
		r.join("ada", r.create("bob", protocol.SessionCreateParams{Visibility: protocol.VisibilityConnections}))
	}, want: "remove_connection block join_session(session_not_found)"},
	{name: "a connection in a session whose host blocked me", play: func(r *rooms) {
		r.connect("me", "ada")
		r.join("ada", r.create("bob", protocol.SessionCreateParams{}))
		r.block("bob", "me")
	}, want: "remove_connection block join_session(session_not_found)"},
}

// TestActionsTellWhatTheCallsAnswer plays each scene once to see the panel, and once more for each action to do it.
func TestActionsTellWhatTheCallsAnswer(t *testing.T) {
	db := openStore(t)
	for i, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			r := roomsOn(t, sc.settings, db, fmt.Sprintf("%d-panel-", i))
			sc.play(r)
			f, next := r.focus("me", "ada")
			require.Equal(t, sc.want, describe(f.Actions))
			if sc.next == 0 {
				require.Zero(t, next)
			} else {
				require.Equal(t, r.now.Add(sc.next), next)
			}
			for _, a := range f.Actions {
				r := roomsOn(t, sc.settings, db, fmt.Sprintf("%d-%s-", i, a.Action))
				sc.play(r)
				same, _ := r.focus("me", "ada")
				err := r.call(same, a.Action)
				if a.Enabled && a.Action != sc.outlived {
					require.NoError(t, err, a.Action)
					continue
				}
				var refusal *protocol.Error
				require.ErrorAs(t, err, &refusal, a.Action)
				if a.Action != sc.outlived {
					require.Equal(t, a.Reason, refusal.Reason(), a.Action)
					require.Equal(t, a.RetryAt, refusal.Data.RetryAt, a.Action)
				}
			}
		})
	}
}

// TestPanelIsRightWhenItsTimeComes looks again at the time that the panel says it changes by itself.
func TestPanelIsRightWhenItsTimeComes(t *testing.T) {
	db := openStore(t)
	for i, sc := range scenes {
		if sc.next == 0 {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			r := roomsOn(t, sc.settings, db, fmt.Sprintf("%d-", i))
			sc.play(r)
			before, next := r.focus("me", "ada")
			r.wait(next.Sub(r.now) - time.Millisecond)
			still, _ := r.focus("me", "ada")
			require.Equal(t, before.Actions, still.Actions, "a moment before, nothing is different")
			r.wait(time.Millisecond)
			after, _ := r.focus("me", "ada")
			require.NotEqual(t, before.Actions, after.Actions)
			for _, a := range after.Actions {
				require.True(t, a.Enabled, a.Action)
			}
		})
	}
}

func describe(actions []protocol.Action) string {
	var list []string
	for _, a := range actions {
		s := string(a.Action)
		if !a.Enabled {
			s += "(" + string(a.Reason) + ")"
		}
		if a.RetryAt != nil {
			s += "@"
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

// TestBlockedCantReadItInThePanel compares ada's panel of someone who blocked her with that of someone who hasn't.
func TestBlockedCantReadItInThePanel(t *testing.T) {
	for name, play := range map[string]func(*rooms){
		"strangers":            func(*rooms) {},
		"after an invitation":  func(r *rooms) { r.invite("ada", "me") },
		"after withdrawing it": func(r *rooms) { r.invite("ada", "me"); r.withdraw("ada", "me") },
	} {
		t.Run(name, func(t *testing.T) {
			open, blocked := newRooms(t, settings{}), newRooms(t, settings{})
			play(open)
			blocked.block("me", "ada")
			play(blocked)
			want, wantNext := open.focus("ada", "me")
			got, next := blocked.focus("ada", "me")
			require.Equal(t, want, got)
			require.Equal(t, wantNext, next)
			wantHits, err := open.people.Search(t.Context(), "ada", protocol.PeopleSearchParams{Query: "me"})
			require.NoError(t, err)
			hits, err := blocked.people.Search(t.Context(), "ada", protocol.PeopleSearchParams{Query: "me"})
			require.NoError(t, err)
			require.Equal(t, wantHits, hits)
			require.Len(t, hits.People, 1)
		})
	}
}

func TestRecentPeopleLeaveOutWhomIBlocked(t *testing.T) {
	r := newRooms(t, settings{})
	s := r.create("me", protocol.SessionCreateParams{})
	r.wait(time.Second)
	r.join("ada", s)
	r.wait(time.Second)
	r.join("bob", s)
	recent := func(viewer string) []string {
		list, err := r.people.Recent(t.Context(), viewer, protocol.Page{})
		require.NoError(t, err)
		return ids(list.People)
	}
	require.Equal(t, []string{"bob", "ada"}, recent("me"))
	r.block("me", "bob")
	require.Equal(t, []string{"ada"}, recent("me"))
	require.ElementsMatch(t, []string{"me", "ada"}, recent("bob"), "who is blocked can't read it here")
	r.block("bob", "ada")
	require.Equal(t, []string{"me"}, recent("bob"))
	require.Equal(t, []string{"bob", "me"}, recent("ada"))
}

func TestOpenInvitationToAnAddressIsFoundInAnyCase(t *testing.T) {
	r := newRooms(t, settings{})
	_, _, err := r.invitations.Send(t.Context(), invitation.Call{UserID: "me"}, protocol.InvitationSendParams{To: protocol.To{Email: "Ada@X.org"}})
	require.NoError(t, err)
	find := func(query string) []protocol.Person {
		got, err := r.people.Search(t.Context(), "me", protocol.PeopleSearchParams{Query: query})
		require.NoError(t, err)
		return got.People
	}
	hits := find("aDA@x.ORG")
	require.Equal(t, []string{"Ada@X.org"}, ids(hits), "whose address it is isn't told")
	require.Equal(t, protocol.RelationSent, hits[0].Relation.State)
	require.Nil(t, hits[0].Relation.Invitation.User)
	require.Empty(t, find("ada@x.or"))
	r.choose("ada", protocol.SettingsUpdateParams{FindableByEmail: ptr(true)})
	require.Equal(t, []string{"Ada@X.org", "ada"}, ids(find("ada@x.org")))
	_, _, err = r.invitations.Withdraw(t.Context(), invitation.Call{UserID: "me"}, protocol.InvitationWithdrawParams{InvitationID: hits[0].Relation.Invitation.ID})
	require.NoError(t, err)
	require.Equal(t, []string{"ada"}, ids(find("ada@x.org")))
}
