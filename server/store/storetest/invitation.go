package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store"
)

// Invitations checks that a database keeps pairs and invitations as the invitation room needs it, also while many act
// on them at once.
func Invitations(t *testing.T, open func(t *testing.T) *store.Store) {
	for name, test := range map[string]func(*testing.T, *pairs){
		"a pair is read as it was saved":             pairIsKept,
		"an invitation is read as it was saved":      invitationIsKept,
		"what is open belongs to its pair":           openOfAPair,
		"an invitation is read with its pair":        pairOfAnInvitation,
		"views are read from both sides":             viewsOfAPair,
		"relations are paged by user":                relationsArePaged,
		"connections are ordered by name":            connectionsByName,
		"blocks are read in both directions":         blocksBothWays,
		"boxes select and order":                     boxes,
		"earlier invitations are ranked":             tallies,
		"what is open is counted":                    counts,
		"the badge counts what is shown, not seen":   badge,
		"what is due comes in order":                 due,
		"addresses have one owner":                   owners,
		"what is over can be forgotten":              purge,
		"staff's acts are written down":              audited,
		"crossed invitations at once connect":        crossedAtOnce,
		"an acceptance and a withdrawal at once":     acceptAndWithdraw,
		"limits hold when all ask at once":           limitsAtOnce,
		"one invitation for an address, all at once": addressAtOnce,
		"revisions have no hole, whoever acts":       revisionsAtOnce,
	} {
		t.Run(name, func(t *testing.T) { test(t, newPairs(t, open(t))) })
	}
}

// pairs is the invitation room's store with users in it.
type pairs struct {
	invitation.Store
	t     *testing.T
	store *store.Store
}

func newPairs(t *testing.T, s *store.Store) *pairs {
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	p := &pairs{s.Invitations(), t, s}
	p.users("ada", "ben", "eve")
	return p
}

func (p *pairs) users(ids ...string) {
	require.NoError(p.t, p.store.Directory().Update(p.t.Context(), func(tx directory.Tx) error {
		for _, id := range ids {
			u := directory.User{ID: id, Name: id, Email: id + "@example.org", EmailVerified: true, Settings: protocol.DefaultSettings()}
			if err := tx.Save(u); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (p *pairs) write(fn func(tx invitation.Tx) error) {
	p.t.Helper()
	require.NoError(p.t, p.Update(p.t.Context(), fn))
}

func (p *pairs) read(fn func(tx invitation.Reader) error) {
	p.t.Helper()
	require.NoError(p.t, p.View(p.t.Context(), fn))
}

// record returns an ordinary invitation that is open and shown.
func record(id, from, to string, sentAt int64) invitation.Record {
	side := invitation.Lo
	if from > to {
		side = invitation.Hi
	}
	return invitation.Record{
		Offer:  invitation.Offer{ID: id, From: side, Showing: invitation.Shown, ExpiresAt: sentAt + 1000},
		Sender: from, Recipient: to, Target: invitation.TargetUser(to), Channel: protocol.ChannelInApp, SentAt: sentAt,
	}
}

// toAddress returns an invitation to an address that nobody has claimed.
func toAddress(id, from, email string, sentAt int64) invitation.Record {
	return invitation.Record{
		Offer:  invitation.Offer{ID: id, ByAddress: true, ExpiresAt: sentAt + 1000},
		Sender: from, Target: invitation.TargetEmail(email), Address: email, Channel: protocol.ChannelEmail, SentAt: sentAt,
	}
}

func (p *pairs) insert(records ...invitation.Record) {
	p.t.Helper()
	p.write(func(tx invitation.Tx) error {
		for _, r := range records {
			if err := tx.Insert(r); err != nil {
				return err
			}
		}
		return nil
	})
}

func pairIsKept(t *testing.T, p *pairs) {
	want := invitation.Pair{Since: 5, Flags: [2]invitation.Flags{
		{Suppressed: 7, Declined: "d", Withdrew: true},
		{Blocked: 9},
	}}
	read := func() (got invitation.Pair) {
		p.read(func(tx invitation.Reader) error {
			both, err := tx.Pair("ada", "ben")
			got = both.Pair
			return err
		})
		return got
	}
	require.Equal(t, invitation.Pair{}, read())
	p.write(func(tx invitation.Tx) error { return tx.SavePair("ada", "ben", want) })
	require.Equal(t, want, read())
	p.write(func(tx invitation.Tx) error { return tx.SavePair("ada", "ben", invitation.Pair{}) })
	require.Equal(t, invitation.Pair{}, read())
}

func invitationIsKept(t *testing.T, p *pairs) {
	want := toAddress("i1", "eve", "Ada+%_@example.org", 100)
	want.Message, want.SessionID = "héllo 'quoted' 🦊", "s1"
	p.insert(want)
	get := func() (got invitation.Record) {
		p.read(func(tx invitation.Reader) error {
			var found bool
			var err error
			got, found, err = tx.Invitation("i1")
			require.True(t, found)
			return err
		})
		return got
	}
	require.Equal(t, want, get())
	want.From, want.Recipient, want.Message = invitation.Hi, "ada", ""
	want.Showing, want.Seen, want.ReceivedRev, want.DeclinedAt = invitation.Declined, true, 4, 110
	want.Fate, want.ResolvedAt = invitation.FateWithdrawn, 120
	p.write(func(tx invitation.Tx) error { return tx.Save(want) })
	require.Equal(t, want, get())
	p.read(func(tx invitation.Reader) error {
		_, found, err := tx.Invitation("i2")
		require.False(t, found)
		require.NoError(t, err)
		all, err := tx.Records([]string{"i1", "i2"})
		require.Equal(t, map[string]invitation.Record{"i1": want}, all)
		return err
	})
}

func openOfAPair(t *testing.T, p *pairs) {
	over := record("i1", "ada", "ben", 100)
	over.Fate = invitation.FateExpired
	claimed := toAddress("i2", "ben", "ada@example.org", 90)
	claimed.Recipient, claimed.From = "ada", invitation.Hi
	p.insert(over, record("i3", "ada", "ben", 100), claimed, record("i4", "ada", "eve", 100))
	p.write(func(tx invitation.Tx) error { return tx.SavePair("ada", "ben", invitation.Pair{}) })
	p.read(func(tx invitation.Reader) error {
		both, err := tx.Pair("ada", "ben")
		pair, records := both.Pair, both.Open
		require.Equal(t, []string{"i2", "i3"}, recordIDs(records))
		require.Equal(t, []invitation.Offer{claimed.Offer, record("i3", "ada", "ben", 100).Offer}, pair.Offers)
		state, from := pair.State()
		require.Equal(t, invitation.Pending, state)
		require.Equal(t, invitation.Lo, from)
		r, found, err2 := tx.OpenTo("ada", invitation.TargetUser("ben"))
		require.True(t, found)
		require.Equal(t, "i3", r.ID)
		open, err3 := tx.OpenBy("ada", 100)
		require.Equal(t, []string{"i3", "i4"}, open)
		none, err4 := tx.OpenBy("ada", 99)
		require.Empty(t, none)
		return errors.Join(err, err2, err3, err4)
	})
}

func recordIDs(records []invitation.Record) (ids []string) {
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	return ids
}

func tallies(t *testing.T, p *pairs) {
	for i := range 5 {
		r := record(fmt.Sprintf("i%d", i), "ada", []string{"ben", "eve"}[i%2], int64(100+i))
		r.Fate = invitation.FateWithdrawn
		p.insert(r)
	}
	p.read(func(tx invitation.Reader) error {
		got, err := tx.Tally(invitation.TallyQuery{Sender: "ada", Target: invitation.TargetUser("ben"), RankMinute: 2, RankDay: 5, RankPair: 3})
		require.Equal(t, invitation.Tally{Minute: 103, Day: 100, Last: 104, Pair: 100}, got)
		none, err2 := tx.Tally(invitation.TallyQuery{Sender: "ada", Target: "email:x", RankMinute: 6, RankDay: 0, RankPair: 0})
		require.Equal(t, invitation.Tally{Day: 104}, none)
		return errors.Join(err, err2)
	})
}

func counts(t *testing.T, p *pairs) {
	p.insert(record("i1", "ada", "ben", 1), toAddress("i2", "ada", "x@example.org", 1))
	p.write(func(tx invitation.Tx) error {
		return errors.Join(
			tx.SavePair("ada", "ben", invitation.Pair{Flags: [2]invitation.Flags{{}, {Blocked: 2}}}),
			tx.SavePair("ben", "eve", invitation.Pair{Since: 2}),
		)
	})
	p.read(func(tx invitation.Reader) error {
		for _, c := range []struct {
			count func(string) (int, error)
			want  [3]int // ada, ben, eve
		}{
			{tx.Connected, [3]int{0, 1, 1}}, {tx.Blocked, [3]int{0, 1, 0}}, {tx.Received, [3]int{0, 1, 0}},
		} {
			for i, id := range []string{"ada", "ben", "eve"} {
				n, err := c.count(id)
				require.NoError(t, err)
				require.Equal(t, c.want[i], n)
			}
		}
		for from, to := range map[string]string{"ada": "ben", "ben": "ada", "eve": ""} {
			tally, err := tx.Tally(invitation.TallyQuery{Sender: from, Target: "user:x", Recipient: to})
			require.NoError(t, err)
			require.Equal(t, map[string]int{"ada": 2}[from], tally.Outstanding, from)
			require.Equal(t, map[string]int{"ben": 1}[to], tally.Received, to)
		}
		return nil
	})
}

func badge(t *testing.T, p *pairs) {
	first, second, waiting := record("i1", "ada", "ben", 1), record("i2", "eve", "ben", 2), record("i3", "eve", "ben", 3)
	first.ReceivedRev, second.ReceivedRev = 1, 2
	waiting.Showing, waiting.Target = invitation.Waiting, "email:x"
	p.insert(first, second, waiting)
	unseen := func() (n int) {
		p.read(func(tx invitation.Reader) error {
			var err error
			_, n, err = tx.Badge("ben")
			return err
		})
		return n
	}
	require.Equal(t, 2, unseen())
	p.write(func(tx invitation.Tx) error {
		n, err := tx.MarkSeen("ben", 1)
		require.Equal(t, 2, n, "what waits behind is seen with it")
		return err
	})
	require.Equal(t, 1, unseen())
	p.write(func(tx invitation.Tx) error {
		people, err := tx.People("ben", "nobody", "ada")
		require.Len(t, people, 2)
		require.Equal(t, 1, people["ben"].Unseen)
		require.Equal(t, protocol.InvitableByEveryone, people["ada"].InvitableBy)
		return err
	})
}

func due(t *testing.T, p *pairs) {
	late, later, over := record("i1", "ada", "ben", 200), record("i2", "ada", "eve", 100), record("i3", "eve", "ben", 50)
	over.Fate = invitation.FateExpired
	p.insert(late, later, over, toAddress("i4", "eve", "x@example.org", 300))
	p.read(func(tx invitation.Reader) error {
		ids, next, err := tx.Due(1200, 10)
		require.Equal(t, []string{"i2", "i1"}, ids)
		require.Equal(t, int64(1300), next)
		ids, _, err2 := tx.Due(1200, 1)
		require.Equal(t, []string{"i2"}, ids)
		_, next, err3 := tx.Due(1300, 10)
		require.Zero(t, next)
		return errors.Join(err, err2, err3)
	})
}

func owners(t *testing.T, p *pairs) {
	require.NoError(t, p.store.Directory().Update(t.Context(), func(tx directory.Tx) error {
		u := directory.User{ID: "dan", Email: "Dan@Example.org", Phone: "+49 30 12345", PhoneVerified: true, Username: "DAN", HoldsUsername: true, Settings: protocol.DefaultSettings()}
		return tx.Save(u)
	}))
	p.insert(toAddress("i1", "ada", "dan@example.org", 2), toAddress("i2", "ben", "dan@example.org", 1))
	p.read(func(tx invitation.Reader) error {
		for target, want := range map[string]string{
			invitation.TargetEmail("ada@example.org"): "ada", invitation.TargetEmail("dan@example.org"): "",
			invitation.TargetPhone("+493012345"): "dan", invitation.TargetPhone("493012345"): "",
		} {
			got, err := tx.Owner(target)
			require.NoError(t, err)
			require.Equal(t, want, got, target)
		}
		verified, err := tx.Targets("dan", true)
		require.Equal(t, []string{"phone:+493012345"}, verified)
		all, err2 := tx.Targets("dan", false)
		require.Equal(t, []string{"email:dan@example.org", "phone:+493012345"}, all)
		id, err3 := tx.UserByUsername("dan")
		require.Equal(t, "dan", id)
		unclaimed, err4 := tx.Unclaimed(all)
		require.Equal(t, []string{"i2", "i1"}, unclaimed)
		return errors.Join(err, err2, err3, err4)
	})
}

func purge(t *testing.T, p *pairs) {
	for i := range 6 {
		r := record(fmt.Sprintf("i%d", i), "ada", "ben", int64(i))
		r.Fate, r.ResolvedAt = invitation.FateWithdrawn, int64(10+i)
		if i == 5 {
			r.Fate, r.ResolvedAt = invitation.Open, 0
		}
		if i == 1 {
			r.Showing = invitation.Declined
		}
		p.insert(r)
	}
	p.write(func(tx invitation.Tx) error {
		return tx.SavePair("ada", "ben", invitation.Pair{Flags: [2]invitation.Flags{{Declined: "i1"}, {}}})
	})
	forget := func(over, sent int64, limit int) (n int) {
		p.write(func(tx invitation.Tx) error {
			var err error
			n, err = tx.Purge(over, sent, limit)
			return err
		})
		return n
	}
	require.Equal(t, 1, forget(100, 100, 1))
	require.Equal(t, 1, forget(12, 100, 10))
	require.Equal(t, 1, forget(100, 3, 10))
	require.Equal(t, 2, forget(100, 100, 10))
	p.read(func(tx invitation.Reader) error {
		both, err := tx.Pair("ada", "ben")
		pair, records := both.Pair, both.Open
		require.Equal(t, []string{"i5"}, recordIDs(records), "what is open stays")
		require.Empty(t, pair.Flags[0].Declined)
		return err
	})
}

func audited(_ *testing.T, p *pairs) {
	p.write(func(tx invitation.Tx) error {
		return tx.Audit(invitation.AuditEntry{ID: "a1", At: 1, By: "kim", Action: "withdraw_all", Subject: "ada", Why: "asked", Count: 2})
	})
}
