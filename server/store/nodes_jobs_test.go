package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store"
	"foyer/session"
)

// later returns the nodes' services for pairs as they will be after a while.
func (n *nodes) later(config invitation.Config, while time.Duration) [2]*invitation.Service {
	var pairs [2]*invitation.Service
	for i, s := range n.stores {
		pairs[i] = invitation.New(s.Invitations(), config, invitation.Options{Now: func() time.Time { return time.Now().Add(while) }})
	}
	return pairs
}

func TestNodesThatExpireTheSameAtOnceTellEachUserOnce(t *testing.T) {
	config := unlimited()
	config.Outstanding = 0
	onTwoNodes(t, config, func(t *testing.T, n *nodes) {
		const many = 60
		for i := range many {
			id := fmt.Sprint("u", i)
			_, _, err := n.users[0].Upsert(t.Context(), directory.Claims{Subject: id})
			require.NoError(t, err)
			_, _, err = n.pairs[0].Send(t.Context(), invitation.Call{UserID: "ada"}, to(id))
			require.NoError(t, err)
		}
		after := n.later(config, 31*24*time.Hour)
		var mu sync.Mutex
		told := map[string]int{}
		together(4, func(_, node int) {
			e, _, err := after[node].ExpireDue(n.context, 1000)
			require.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			for _, c := range e.Changes {
				require.Equal(t, protocol.RelationNone, c.Notification.Relation.State)
				told[c.UserID]++
			}
		})
		require.Equal(t, many, told["ada"])
		for i := range many {
			require.Equal(t, 1, told[fmt.Sprint("u", i)])
		}
		log, err := n.stores[1].Log(t.Context(), "ada", 0)
		require.NoError(t, err)
		require.EqualValues(t, 2*many, log.Rev)
		require.True(t, log.Complete)
	})
}

func TestLetterIsHandedToOneOfTheNodesThatAsk(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		const many = 40
		for i := range many {
			_, _, err := n.pairs[0].Send(t.Context(), invitation.Call{UserID: "ada"}, protocol.InvitationSendParams{To: protocol.To{Email: fmt.Sprint("x", i, "@example.org")}})
			require.NoError(t, err)
		}
		after := n.later(unlimited(), time.Hour)
		var mu sync.Mutex
		taken := map[string]int{}
		together(4, func(_, node int) {
			mails, err := after[node].Mails(n.context, 1000)
			require.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			for _, m := range mails {
				taken[m.InvitationID]++
			}
		})
		require.Len(t, taken, many)
		for id, times := range taken {
			require.Equal(t, 1, times, id)
		}
	})
}

func TestNodesThatClearAwayAtOnce(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		const many = 2500
		ago := time.Now().Add(-25 * time.Hour).UnixMilli()
		require.NoError(t, n.stores[0].Update(t.Context(), func(tx *store.Tx) error {
			for i := range many + 2 {
				at := ago
				if i >= many {
					at = time.Now().UnixMilli()
				}
				if _, err := tx.AppendChange("ada", "relation", []byte(`{}`), at); err != nil {
					return err
				}
				if err := tx.SaveOperation(store.Operation{UserID: "ada", OpID: fmt.Sprint(i), At: at}); err != nil {
					return err
				}
			}
			return nil
		}))
		stays := n.stores[0].Sessions()
		var over []session.Stay
		for i := range 40 {
			stay := session.Stay{SessionID: "s", UserID: fmt.Sprint(i), From: 1, To: 2}
			require.NoError(t, stays.OpenStay(t.Context(), stay))
			over = append(over, stay)
		}
		require.NoError(t, stays.EndStays(t.Context(), over[:39]))
		together(4, func(_, node int) {
			require.NoError(t, n.stores[node].Trim(n.context))
			require.NoError(t, n.stores[node].Sessions().PurgeStays(n.context, 100))
			_, err := n.pairs[node].Purge(n.context, 1000)
			require.NoError(t, err)
		})
		require.NoError(t, n.stores[0].Trim(t.Context())) // whatever one left to the other
		require.NoError(t, stays.PurgeStays(t.Context(), 100))
		log, err := n.stores[1].Log(t.Context(), "ada", many)
		require.NoError(t, err)
		require.True(t, log.Complete, "what is young enough is there")
		require.Len(t, log.Changes, 2)
		log, err = n.stores[1].Log(t.Context(), "ada", many-1)
		require.NoError(t, err)
		require.False(t, log.Complete)
		require.NoError(t, n.stores[1].View(t.Context(), func(tx *store.Tx) error {
			_, old, err := tx.Operation("ada", "0", ago)
			require.False(t, old)
			_, young, err2 := tx.Operation("ada", fmt.Sprint(many), time.Now().UnixMilli())
			require.True(t, young)
			require.NoError(t, err2)
			return err
		}))
		left, err := stays.Attendance(t.Context(), "s")
		require.NoError(t, err)
		require.Len(t, left, 1, "who is still there")
	})
}
