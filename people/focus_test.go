package people_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/people"
	"foyer/protocol"
)

var me = people.Viewer{UserID: "me", DeviceID: "d"}

// at is noon and some seconds, on the wire.
func at(seconds int) *protocol.Time {
	t := protocol.At(noon.Add(time.Duration(seconds) * time.Second))
	return &t
}

func actions(names ...protocol.ActionName) []protocol.Action {
	list := []protocol.Action{}
	for _, n := range names {
		list = append(list, protocol.Action{Action: n, Enabled: true})
	}
	return list
}

func names(list []protocol.Action) string {
	var s []string
	for _, a := range list {
		s = append(s, string(a.Action))
	}
	return strings.Join(s, " ")
}

// TestActionsOfEachRelationAndRole puts every relation beside every place that the two can have in a session.
func TestActionsOfEachRelationAndRole(t *testing.T) {
	relations := []struct {
		name  string
		state protocol.RelationState
		offer []protocol.Action
		want  string
	}{
		{"none", protocol.RelationNone, actions(protocol.ActionInvite, protocol.ActionBlock), "invite block"},
		{"declined by me", protocol.RelationNone, actions(protocol.ActionInvite, protocol.ActionUndoDecline, protocol.ActionBlock), "invite undo_decline block"},
		{"sent", protocol.RelationSent, actions(protocol.ActionWithdraw, protocol.ActionBlock), "withdraw block"},
		{"received", protocol.RelationReceived, actions(protocol.ActionAccept, protocol.ActionDecline, protocol.ActionBlock), "accept decline block"},
		{"connected", protocol.RelationConnected, actions(protocol.ActionRemoveConnection, protocol.ActionBlock), "remove_connection block"},
		{"blocked by me", protocol.RelationBlocked, actions(protocol.ActionUnblock), "unblock"},
	}
	roles := []struct {
		name   string
		shared bool
		may    []protocol.ActionName
		until  int
		want   string
	}{
		{"in no session", false, nil, 0, ""},
		{"a member", true, nil, 0, ""},
		{"host or cohost", true, []protocol.ActionName{protocol.ActionKick, protocol.ActionBan, protocol.ActionSetRole, protocol.ActionMute}, 0, " kick ban set_role mute"},
		{"host or cohost, who lately left", false, []protocol.ActionName{protocol.ActionKick, protocol.ActionBan}, 600, " kick ban"},
	}
	for _, relation := range relations {
		for _, role := range roles {
			for _, seesSession := range []bool{false, true} {
				t.Run(relation.name+"/"+role.name, func(t *testing.T) {
					w := newWorld("me", "ada")
					w.standing = people.Standing{Relation: protocol.Relation{State: relation.state}, Actions: relation.offer}
					want := relation.want
					if role.shared {
						w.join("me", protocol.RoleHost, 0)
						w.join("ada", protocol.RoleMember, 1)
					}
					for _, a := range role.may {
						w.permissions = append(w.permissions, people.Permission{Action: a})
					}
					if role.until != 0 {
						w.recentUntil = at(role.until).UnixMilli()
					}
					w.show("ada", protocol.StatusOnline)
					if seesSession {
						seen := w.seen["ada"]
						seen.Presence.Session = &protocol.SessionName{ID: "s", Name: "S"}
						w.seen["ada"] = seen
						want += " join_session"
					}
					want += role.want
					got, next, err := w.service().Focus(t.Context(), me, "ada")
					require.NoError(t, err)
					require.Equal(t, want, names(got.Actions))
					require.Equal(t, relation.state, got.Person.Relation.State)
					require.Equal(t, role.shared, got.Person.Member != nil)
					require.Equal(t, "ADA", got.Person.User.Name)
					require.Equal(t, protocol.StatusOnline, got.Person.Presence.Status)
					for _, a := range got.Actions {
						require.Equal(t, protocol.Action{Action: a.Action, Enabled: true}, a)
					}
					if role.until == 0 {
						require.Zero(t, next)
					} else {
						require.Equal(t, at(role.until).Time, next)
					}
				})
			}
		}
	}
}

func TestDisabledActionsHaveTheRefusalOfTheCall(t *testing.T) {
	w := newWorld("me", "ada")
	cooling := protocol.Action{Action: protocol.ActionInvite, Reason: protocol.ReinviteCooldown, RetryAt: at(60)}
	w.standing = people.Standing{Relation: protocol.Relation{State: protocol.RelationNone}, Actions: []protocol.Action{cooling}}
	w.seen["ada"] = people.Seen{Presence: protocol.Presence{Status: protocol.StatusOnline, Session: &protocol.SessionName{ID: "s"}}}
	w.joining = protocol.Refuse(protocol.SessionFull)
	w.permissions = []people.Permission{
		{Action: protocol.ActionKick, Refusal: protocol.Refuse(protocol.Forbidden)},
		{Action: protocol.ActionMute, Refusal: protocol.Refuse(protocol.RateLimited).WithRetryAt(*at(30))},
	}
	got, next, err := w.service().Focus(t.Context(), me, "ada")
	require.NoError(t, err)
	require.Equal(t, []protocol.Action{
		cooling,
		{Action: protocol.ActionJoinSession, Reason: protocol.SessionFull},
		{Action: protocol.ActionKick, Reason: protocol.Forbidden},
		{Action: protocol.ActionMute, Reason: protocol.RateLimited, RetryAt: at(30)},
	}, got.Actions)
	require.Equal(t, at(30).Time, next, "the panel is made anew when the first of them can be tried again")
}

func TestPanelIsMadeAnewAtTheFirstChangeByItself(t *testing.T) {
	for _, c := range []struct {
		what                 string
		pair, presence, left int // 0: never
		want                 int
	}{
		{"never", 0, 0, 0, 0},
		{"a limit ends", 5, 10, 15, 5},
		{"a note ends", 10, 5, 15, 5},
		{"who left is out of reach", 15, 10, 5, 5},
		{"what is over doesn't count", -5, 10, 0, 10},
		{"now is over", -5, -1, 0, 0},
	} {
		w := newWorld("me", "ada")
		if c.pair != 0 {
			w.standing.Next = at(c.pair).Time
		}
		if c.presence != 0 {
			w.seen["ada"] = people.Seen{Next: at(c.presence).Time}
		}
		if c.left != 0 {
			w.recentUntil = at(c.left).UnixMilli()
		}
		_, next, err := w.service().Focus(t.Context(), me, "ada")
		require.NoError(t, err)
		if c.want == 0 {
			require.Zero(t, next, c.what)
		} else {
			require.Equal(t, at(c.want).Time, next, c.what)
		}
	}
}

func TestPanelOfOneself(t *testing.T) {
	w := newWorld("me")
	w.join("me", protocol.RoleHost, 0)
	w.seen["me"] = people.Seen{Presence: protocol.Presence{Status: protocol.StatusOnline, Session: &protocol.SessionName{ID: "s"}}}
	w.permissions = []people.Permission{{Action: protocol.ActionKick}}
	got, _, err := w.service().Focus(t.Context(), me, "me")
	require.NoError(t, err)
	require.Equal(t, protocol.RelationSelf, got.Person.Relation.State)
	require.Equal(t, []protocol.Action{}, got.Actions, "none, and not null")
	require.NotNil(t, got.Person.Member)
	require.Equal(t, protocol.StatusOnline, got.Person.Presence.Status)
}

func TestPanelOfNobody(t *testing.T) {
	_, _, err := newWorld("me").service().Focus(t.Context(), me, "nobody")
	require.ErrorIs(t, err, protocol.Refuse(protocol.UserNotFound))
}

func TestPendingInvitationOpensNoPresence(t *testing.T) {
	for _, state := range []protocol.RelationState{protocol.RelationNone, protocol.RelationSent, protocol.RelationReceived, protocol.RelationBlocked} {
		w := newWorld("me", "ada")
		w.standing.Relation.State = state
		got, _, err := w.service().Focus(t.Context(), me, "ada")
		require.NoError(t, err)
		require.Nil(t, got.Person.Presence)
		require.Equal(t, map[string]protocol.RelationState{"ada": state}, w.asked, "the presence room is told how they stand")
	}
}

func TestPanelCostsAFixedNumberOfReads(t *testing.T) {
	w := newWorld("me", "ada")
	w.seen["ada"] = people.Seen{Presence: protocol.Presence{Session: &protocol.SessionName{ID: "s"}}}
	_, _, err := w.service().Focus(t.Context(), me, "ada")
	require.NoError(t, err)
	require.Equal(t, 6, w.reads)
}
