package session

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// forked returns a roster with ann and bob on node one and cyd on node two, as the node one knows it and as it stands.
func forked(t *testing.T) (a *Alone, r *Roster) {
	t.Helper()
	r = NewRoster("s", Rules{Rev: 1, Capacity: 9, Creator: "ann", Heir: true}, 0)
	for i, user := range []string{"ann", "bob", "cyd"} {
		node := "one"
		if user == "cyd" {
			node = "two"
		}
		_, _, err := r.Join(Join{SessionID: "s", User: protocol.User{ID: user}, Device: Device{ID: user, Node: node, Link: user, Connected: true}, Rules: r.rules, At: int64(i)})
		require.NoError(t, err)
		r.Take()
	}
	again := func() *Roster {
		v, err := DecodeRoster(r.Encode())
		require.NoError(t, err)
		return v
	}
	return &Alone{Base: again(), Mine: again(), Node: "one", Reasons: map[string]protocol.LeaveReason{}}, r
}

func TestWhatANodeDecidedAloneIsDoneToTheRosterThatStands(t *testing.T) {
	for name, c := range map[string]struct {
		alone  func(t *testing.T, a *Alone) // on node one
		others func(t *testing.T, r *Roster)
		want   func(t *testing.T, r *Roster)
	}{
		"nothing": {want: func(t *testing.T, r *Roster) { require.Len(t, r.members, 3) }},
		"the host hands over, both here": {
			alone: func(t *testing.T, a *Alone) {
				_, err := a.Mine.Edit(Edit{Members: []MemberEdit{{UserID: "ann", Rank: &Rank{Role: protocol.RoleCohost}}, {UserID: "bob", Rank: &Rank{Role: protocol.RoleHost}}}})
				require.NoError(t, err)
			},
			want: func(t *testing.T, r *Roster) {
				require.Equal(t, "bob", r.host)
				require.Equal(t, protocol.RoleCohost, r.members["ann"].Role)
			},
		},
		"the host leaves": {
			alone: func(t *testing.T, a *Alone) { leaves(t, a.Mine, "ann") },
			want: func(t *testing.T, r *Roster) {
				require.Equal(t, "bob", r.host)
				require.Len(t, r.members, 2)
			},
		},
		"who left here was taken out by others, and came again": {
			alone: func(t *testing.T, a *Alone) { leaves(t, a.Mine, "bob") },
			others: func(t *testing.T, r *Roster) {
				leaves(t, r, "bob")
				_, _, err := r.Join(Join{User: protocol.User{ID: "bob"}, Device: Device{ID: "new", Node: "two", Link: "new", Connected: true}, Rules: r.rules, At: 50})
				require.NoError(t, err)
			},
			want: func(t *testing.T, r *Roster) { require.Len(t, r.members, 3) },
		},
		"attributes on both sides": {
			alone:  func(t *testing.T, a *Alone) { shows(t, a.Mine, "bob", "1") },
			others: func(t *testing.T, r *Roster) { shows(t, r, "cyd", "2") },
			want: func(t *testing.T, r *Roster) {
				require.Equal(t, "1", string(r.members["bob"].Attributes["n"]))
				require.Equal(t, "2", string(r.members["cyd"].Attributes["n"]))
			},
		},
		"attributes of one member on both sides": {
			alone:  func(t *testing.T, a *Alone) { shows(t, a.Mine, "bob", "1") },
			others: func(t *testing.T, r *Roster) { mute(t, r, "bob", true) },
			want: func(t *testing.T, r *Roster) {
				require.Equal(t, protocol.Attributes{"n": []byte("1"), "muted": []byte("true")}, r.members["bob"].Attributes)
				require.True(t, r.members["bob"].Muted)
			},
		},
		"whom others muted says that they are not": {
			alone: func(t *testing.T, a *Alone) {
				_, err := a.Mine.Edit(Edit{Members: []MemberEdit{{UserID: "bob", Attributes: protocol.Attributes{"muted": []byte("false")}}}})
				require.NoError(t, err)
			},
			others: func(t *testing.T, r *Roster) { mute(t, r, "bob", true) },
			want: func(t *testing.T, r *Roster) {
				require.Equal(t, "true", string(r.members["bob"].Attributes["muted"]))
				require.True(t, r.members["bob"].Muted)
			},
		},
		"muted on both sides": {
			alone:  func(t *testing.T, a *Alone) { mute(t, a.Mine, "bob", true) },
			others: func(t *testing.T, r *Roster) { mute(t, r, "bob", true) },
			want:   func(t *testing.T, r *Roster) { require.True(t, r.members["bob"].Muted) },
		},
		"muted here, by a host": {
			alone: func(t *testing.T, a *Alone) { mute(t, a.Mine, "bob", true) },
			want: func(t *testing.T, r *Roster) {
				require.Equal(t, "true", string(r.members["bob"].Attributes["muted"]))
				require.True(t, r.members["bob"].Muted)
			},
		},
		"nothing is left of an attribute that was taken back": {
			alone: func(t *testing.T, a *Alone) {
				shows(t, a.Base, "bob", "1")
				a.Base.Take()
			},
			others: func(t *testing.T, r *Roster) { shows(t, r, "bob", "1") },
			want:   func(t *testing.T, r *Roster) { require.Empty(t, r.members["bob"].Attributes) },
		},
		"a device drops": {
			alone: func(_ *testing.T, a *Alone) { a.Mine.Detach("bob", Device{ID: "bob", Link: "bob"}, 40, 50) },
			want: func(t *testing.T, r *Roster) {
				require.False(t, r.members["bob"].Connected())
				require.EqualValues(t, 200, r.members["bob"].Devices[0].GraceUntil, "who may be elsewhere has time to be found")
			},
		},
		"a device drops that has gone to another node": {
			alone: func(_ *testing.T, a *Alone) { a.Mine.Detach("bob", Device{ID: "bob", Link: "bob"}, 40, 50) },
			others: func(t *testing.T, r *Roster) {
				require.True(t, r.Attach("bob", Device{ID: "bob", Node: "two", Link: "new", Connected: true}))
			},
			want: func(t *testing.T, r *Roster) {
				require.True(t, r.members["bob"].Connected())
				require.Equal(t, "new", r.members["bob"].Devices[0].Link)
			},
		},
		"closed here": {
			alone: func(_ *testing.T, a *Alone) { a.Mine.End(60) },
			want:  func(t *testing.T, r *Roster) { require.True(t, r.Ended()) },
		},
		"closed by others": {
			alone:  func(t *testing.T, a *Alone) { shows(t, a.Mine, "bob", "1") },
			others: func(_ *testing.T, r *Roster) { r.End(60) },
			want:   func(t *testing.T, r *Roster) { require.Empty(t, r.members) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := forked(t)
			if c.others != nil {
				c.others(t, r)
				r.Take()
			}
			if c.alone != nil {
				c.alone(t, a)
				a.Mine.Take()
			}
			told := max(a.Mine.Version, r.Version)
			r.Follow(a, 100, 200)
			r.Take()
			require.Greater(t, r.Version, told, "nobody takes it for the next")
			c.want(t, r)
			hosts := 0
			for _, m := range r.members {
				if m.Role == protocol.RoleHost {
					hosts++
				}
			}
			require.Equal(t, min(1, len(r.members)), hosts)
		})
	}
}

func leaves(t *testing.T, r *Roster, user string) {
	t.Helper()
	left, err := r.Leave(Leave{UserID: user, Reason: protocol.LeftByChoice, At: 30})
	require.NoError(t, err)
	require.NotNil(t, left.Departure)
}

func mute(t *testing.T, r *Roster, user string, on bool) {
	t.Helper()
	_, err := r.Edit(Edit{Members: []MemberEdit{{UserID: user, Attributes: protocol.Attributes{"muted": []byte(strconv.FormatBool(on))}, Muted: &on}}})
	require.NoError(t, err)
}

func shows(t *testing.T, r *Roster, user, value string) {
	t.Helper()
	_, err := r.Edit(Edit{Members: []MemberEdit{{UserID: user, Attributes: protocol.Attributes{"n": []byte(value)}}}})
	require.NoError(t, err)
}
