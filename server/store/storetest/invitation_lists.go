package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
)

// savePending saves an invitation and the pair that it makes pending.
func (p *pairs) savePending(r invitation.Record) {
	p.t.Helper()
	p.insert(r)
	p.write(func(tx invitation.Tx) error {
		return tx.SavePair(min(r.Sender, r.Recipient), max(r.Sender, r.Recipient), invitation.Pair{Offers: []invitation.Offer{r.Offer}})
	})
}

func viewsOfAPair(t *testing.T, p *pairs) {
	r := record("i1", "ben", "ada", 100)
	p.savePending(r)
	p.write(func(tx invitation.Tx) error {
		return tx.SavePair("ada", "eve", invitation.Pair{Flags: [2]invitation.Flags{{Blocked: 8}, {}}})
	})
	look := func(viewer string, others ...string) map[string]invitation.View {
		views := map[string]invitation.View{}
		p.read(func(tx invitation.Reader) error {
			rows, err := tx.Relations(viewer, others)
			for _, row := range rows {
				views[row.Other.ID] = row.View
				require.Equal(t, row.View.InvitationID, row.Record.ID)
				require.Equal(t, row.Other.ID, row.Other.Name)
			}
			return err
		})
		return views
	}
	require.Equal(t, map[string]invitation.View{
		"ben": {State: protocol.RelationReceived, InvitationID: "i1"},
		"eve": {State: protocol.RelationBlocked, Since: 8},
	}, look("ada", "ben", "eve", "nobody"))
	require.Equal(t, map[string]invitation.View{"ada": {State: protocol.RelationSent, InvitationID: "i1"}}, look("ben", "ada", "eve"))
	require.Empty(t, look("eve", "ada"))
	require.Empty(t, look("eve"))
}

func relationsArePaged(t *testing.T, p *pairs) {
	var want []string
	for i := range 20 {
		id := fmt.Sprintf("%c%02d", "am"[i%2], i) // before and after "b…"
		p.users(id)
		p.write(func(tx invitation.Tx) error {
			return tx.SavePair(min("ben", id), max("ben", id), invitation.Pair{Since: int64(1 + i)})
		})
		want = append(want, id)
	}
	slices.Sort(want)
	var got []string
	for after := ""; ; after = got[len(got)-1] {
		var rows []invitation.RelationRow
		p.read(func(tx invitation.Reader) error {
			var err error
			rows, err = tx.RelationPage("ben", after, 6)
			return err
		})
		for _, row := range rows {
			got = append(got, row.Other.ID)
		}
		if len(rows) < 6 {
			break
		}
	}
	require.Equal(t, want, got)
}

func connectionsByName(t *testing.T, p *pairs) {
	for i := range 6 {
		id := fmt.Sprintf("u%d", i)
		p.users(id)
		p.write(func(tx invitation.Tx) error { return tx.SavePair("ada", id, invitation.Pair{Since: int64(i + 1)}) })
	}
	p.write(func(tx invitation.Tx) error {
		return tx.SavePair("ada", "ben", invitation.Pair{Flags: [2]invitation.Flags{{Blocked: 1}, {}}})
	})
	p.read(func(tx invitation.Reader) error {
		var got []string
		visit := func(c invitation.ConnectionRow) bool {
			got = append(got, c.User.ID)
			return len(got) < 4
		}
		err := tx.Connections("ada", invitation.NamePlace{NameKey: "u0", UserID: "u0"}, 0, visit)
		require.Equal(t, []string{"u1", "u2", "u3", "u4"}, got, "until the reader has enough")
		got = nil
		err2 := tx.Connections("ada", invitation.NamePlace{}, 2, visit)
		require.Equal(t, []string{"u0", "u1"}, got)
		all, err3 := tx.Circle("ada")
		require.Len(t, all.Connections, 6)
		rev, _, err5 := tx.Badge("ada")
		require.Equal(t, rev, all.Rev)
		one, err4 := tx.Circle("u3")
		require.Equal(t, []string{"ada"}, one.Connections)
		return errors.Join(err, err2, err3, err4, err5)
	})
}

func blocksBothWays(t *testing.T, p *pairs) {
	p.users("guy")
	createSession(t, p.store.Sessions(), sessionRecord("a", 1))
	p.write(func(tx invitation.Tx) error {
		return errors.Join(
			tx.SavePair("ada", "ben", invitation.Pair{Flags: [2]invitation.Flags{{Blocked: 1}, {Blocked: 2}}}),
			tx.SavePair("ada", "eve", invitation.Pair{Flags: [2]invitation.Flags{{}, {Blocked: 2}}}),
			tx.SavePair("ben", "eve", invitation.Pair{}),
		)
	})
	for id, want := range map[string]invitation.Blocks{
		"ada": {Of: []string{"ben"}, By: []string{"ben", "eve"}},
		"ben": {Of: []string{"ada"}, By: []string{"ada"}},
		"eve": {Of: []string{"ada"}},
		"guy": {},
	} {
		l, _, err := p.store.Sessions().Lookup(t.Context(), "a", id)
		require.NoError(t, err)
		require.Equal(t, id == "guy", l.Unblocked, id)
		p.read(func(tx invitation.Reader) error {
			got, err := tx.Blocks(id)
			slices.Sort(got.By)
			require.Equal(t, want, got, id)
			return err
		})
	}
}

func boxes(t *testing.T, p *pairs) {
	waiting, declined, accepted, gone := record("i3", "eve", "ben", 100), record("i4", "eve", "ben", 90), record("i5", "eve", "ben", 80), record("i6", "eve", "ben", 70)
	waiting.Showing = invitation.Waiting
	declined.Showing, declined.Fate = invitation.Declined, invitation.FateExpired
	accepted.Showing, accepted.Fate = invitation.Accepted, invitation.FateAccepted
	gone.Showing, gone.Fate = invitation.Gone, invitation.FateWithdrawn
	waiting.Target = "email:x"
	address := toAddress("i7", "ada", "x@example.org", 60)
	address.Recipient = "ben"
	p.insert(record("i1", "ada", "ben", 100), record("i2", "eve", "ben", 100), waiting, declined, accepted, gone, address)
	for _, c := range []struct {
		q    invitation.BoxQuery
		want []string
	}{
		{invitation.BoxQuery{Viewer: "ben", Box: protocol.Received, State: protocol.ListPending}, []string{"i2", "i1"}},
		{invitation.BoxQuery{Viewer: "ben", Box: protocol.Received, State: protocol.ListDeclined}, []string{"i4"}},
		{invitation.BoxQuery{Viewer: "ben", Box: protocol.Received, State: protocol.ListHistory}, []string{"i4", "i5"}},
		{invitation.BoxQuery{Viewer: "eve", Box: protocol.Sent, State: protocol.ListPending}, []string{"i3", "i2"}},
		{invitation.BoxQuery{Viewer: "eve", Box: protocol.Sent, State: protocol.ListHistory}, []string{"i4", "i5", "i6"}},
		{invitation.BoxQuery{Viewer: "eve", Box: protocol.Sent, State: protocol.ListDeclined}, nil},
		{invitation.BoxQuery{Viewer: "ada", Box: protocol.Sent, State: protocol.ListPending}, []string{"i1", "i7"}},
	} {
		p.read(func(tx invitation.Reader) error {
			var got []string
			after := invitation.Place{}
			for { // pages of one, among rows of the same moment
				n := len(got)
				err := tx.Invitations(c.q, after, 1, func(r invitation.Record, other protocol.User) bool {
					got, after = append(got, r.ID), invitation.Place{SentAt: r.SentAt, ID: r.ID}
					require.Equal(t, r.ID == "i7", other.ID == "", "whose an address is")
					return true
				})
				if err != nil {
					return err
				}
				if len(got) == n {
					break
				}
			}
			require.Equal(t, c.want, got, c.q)
			n, err := tx.CountInvitations(c.q)
			require.Equal(t, len(c.want), n)
			return err
		})
	}
}

func pairOfAnInvitation(t *testing.T, p *pairs) {
	open, over := record("i1", "ben", "ada", 100), record("i2", "ben", "ada", 90)
	over.Fate = invitation.FateWithdrawn
	unclaimed, other := toAddress("i3", "ben", "who@example.org", 100), toAddress("i4", "eve", "whom@example.org", 100)
	p.insert(open, over, unclaimed, other, record("i5", "ada", "eve", 100))
	p.write(func(tx invitation.Tx) error {
		pair := invitation.Pair{Flags: [2]invitation.Flags{{Withdrew: true}, {Suppressed: 7}}}
		return errors.Join(tx.SavePair("ada", "ben", pair), tx.SavePair("ada", "eve", invitation.Pair{Since: 5}))
	})
	reads := func(tx invitation.Reader) error {
		for _, want := range []invitation.Record{open, over} {
			r, found, both, err := tx.PairOf(want.ID)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, want, r)
			pair, err := tx.Pair("ada", "ben")
			require.NoError(t, err)
			require.Len(t, pair.People, 2)
			require.Equal(t, &pair, both)
		}
		for _, want := range []invitation.Record{unclaimed, other} {
			r, found, both, err := tx.PairOf(want.ID)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, want, r)
			require.Nil(t, both)
		}
		_, found, both, err := tx.PairOf("nobody's")
		require.False(t, found)
		require.Nil(t, both)
		return err
	}
	p.read(reads)
	p.write(func(tx invitation.Tx) error { return reads(tx) })
}
