package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store"
	"foyer/server/store/testservice"
	"foyer/session"
)

// nodes are the services of two nodes on one database; on SQLite, which has one node, of the same.
type nodes struct {
	stores  [2]*store.Store
	pairs   [2]*invitation.Service
	users   [2]*directory.Service
	context context.Context
}

// onTwoNodes runs test with ada, ben and eve in each database.
func onTwoNodes(t *testing.T, config invitation.Config, test func(t *testing.T, n *nodes)) {
	testservice.Each(t, func(t *testing.T, dsn func(testing.TB) string) {
		n := &nodes{context: t.Context()}
		name := dsn(t)
		for i := range n.stores {
			if i == 1 && name[0] == 's' {
				n.stores[1] = n.stores[0]
			} else {
				s, err := store.Open(t.Context(), name, store.Options{})
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				n.stores[i] = s
			}
			n.pairs[i] = invitation.New(n.stores[i].Invitations(), config, invitation.Options{})
			n.users[i] = directory.New(n.stores[i].Directory(), time.Now)
		}
		for _, id := range []string{"ada", "ben", "eve"} {
			_, _, err := n.users[0].Upsert(t.Context(), directory.Claims{Subject: id, Name: id, Email: id + "@example.org", EmailVerified: true})
			require.NoError(t, err)
		}
		test(t, n)
	})
}

// together runs act n times at once, on the nodes in turn.
func together(n int, act func(i, node int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			act(i, i%2)
		})
	}
	close(begin)
	wg.Wait()
}

// refusal returns what err refuses with; "" for none. Anything else ends the test.
func refusal(t *testing.T, err error) protocol.Reason {
	if err == nil {
		return ""
	}
	var e *protocol.Error
	require.ErrorAs(t, err, &e)
	require.NotEqual(t, protocol.Unavailable, e.Reason(), "%v", err)
	return e.Reason()
}

func unlimited() invitation.Config {
	c := invitation.DefaultConfig()
	c.PairGap, c.PairMax, c.PerMinute, c.PerDay = 0, 0, 0, 0
	return c
}

func to(id string) protocol.InvitationSendParams {
	return protocol.InvitationSendParams{To: protocol.To{UserID: id}}
}

func TestOneOperationAtOnceIsCarriedOutOnce(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		for round := range 50 {
			by := invitation.Call{UserID: "ada", OpID: fmt.Sprint(round), Digest: "d"}
			var sent [2]protocol.InvitationSendResult
			together(2, func(i, node int) {
				var err error
				sent[i], _, err = n.pairs[node].Send(n.context, by, to("ben"))
				require.NoError(t, err)
			})
			require.Equal(t, sent[0], sent[1])
			by.OpID += "w"
			var withdrawn [2]protocol.RelationResult
			together(2, func(i, node int) {
				var err error
				withdrawn[i], _, err = n.pairs[node].Withdraw(n.context, by, protocol.InvitationWithdrawParams{InvitationID: sent[0].Invitation.ID})
				require.NoError(t, err)
			})
			require.Equal(t, withdrawn[0], withdrawn[1])
			require.False(t, withdrawn[0].Unchanged)
		}
	})
}

func TestOneSessionForOneOperationAtOnce(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		for round := range 30 {
			op := session.Operation{UserID: "ada", OpID: fmt.Sprint(round), Method: protocol.MethodSessionCreate, Digest: "d"}
			var ids [4]string
			together(4, func(i, node int) {
				r := session.Record{ID: fmt.Sprint("s", round, "-", i), Visibility: protocol.VisibilityPublic, Capacity: 1, Creator: "ada", Metadata: []byte("{}"), CreatedAt: 1}
				var err error
				ids[i], err = n.stores[node].Sessions().Create(n.context, r, op, 1000)
				require.NoError(t, err)
			})
			require.Equal(t, [4]string{ids[0], ids[0], ids[0], ids[0]}, ids)
		}
	})
}

func TestLimitsHoldForMoreThanOneAtOnce(t *testing.T) {
	config := unlimited()
	config.Outstanding, config.PerMinute, config.Blocks = 5, 0, 5
	onTwoNodes(t, config, func(t *testing.T, n *nodes) {
		for i := range 40 {
			_, _, err := n.users[0].Upsert(t.Context(), directory.Claims{Subject: fmt.Sprint("u", i)})
			require.NoError(t, err)
		}
		var mu sync.Mutex
		counts := map[protocol.Reason]int{}
		together(40, func(i, node int) {
			_, _, err := n.pairs[node].Send(n.context, invitation.Call{UserID: "ada"}, to(fmt.Sprint("u", i)))
			mu.Lock()
			defer mu.Unlock()
			counts[refusal(t, err)]++
		})
		require.Equal(t, map[protocol.Reason]int{"": 5, protocol.TooManyOutstanding: 35}, counts)
		clear(counts)
		together(40, func(i, node int) {
			_, _, err := n.pairs[node].Block(n.context, invitation.Call{UserID: "ben"}, fmt.Sprint("u", i))
			mu.Lock()
			defer mu.Unlock()
			counts[refusal(t, err)]++
		})
		require.Equal(t, map[protocol.Reason]int{"": 5, protocol.TooManyOutstanding: 35}, counts)
	})
}

func TestInvitationToAnAddressIsClaimedOnceAndNeverAfterItsEnd(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		for range 60 {
			sent, e, err := n.pairs[0].Send(t.Context(), invitation.Call{UserID: "ada"}, protocol.InvitationSendParams{To: protocol.To{Email: "ben@example.org"}})
			require.NoError(t, err)
			require.Len(t, e.Addressed, 1)
			var mu sync.Mutex
			var told []protocol.Cause
			withdrawn := protocol.InvitationWithdrawParams{InvitationID: sent.Invitation.ID}
			together(5, func(i, node int) {
				var e invitation.Effects
				var err error
				switch i {
				case 0, 1:
					e, err = n.pairs[node].ClaimAddress(n.context, "email:ben@example.org")
				case 2, 3:
					e, err = n.pairs[node].ClaimAddresses(n.context, "ben")
				default:
					_, e, err = n.pairs[node].Withdraw(n.context, invitation.Call{UserID: "ada"}, withdrawn)
				}
				require.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				for _, c := range e.Changes {
					if c.UserID == "ben" {
						told = append(told, c.Notification.Cause)
					}
				}
			})
			require.LessOrEqual(t, len(told), 2, "%v", told)
			unseen, err := n.pairs[0].Unseen(t.Context(), "ben")
			require.NoError(t, err)
			require.Zero(t, unseen)
		}
	})
}

func TestUsernameAddressesOneOfThoseWhoTakeItAtOnce(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		for round := range 20 {
			name := fmt.Sprint("name", round)
			together(6, func(i, node int) {
				_, _, err := n.users[node].Upsert(n.context, directory.Claims{Subject: fmt.Sprint("u", i), Username: name})
				require.NoError(t, err)
			})
			users, err := n.users[0].Get(t.Context(), "u0", "u1", "u2", "u3", "u4", "u5")
			require.NoError(t, err)
			holders := 0
			for _, u := range users {
				if u.HoldsUsername && u.Username == name {
					holders++
				}
			}
			require.Equal(t, 1, holders)
		}
	})
}

func TestUserMadeKnownTwiceAtOnceKeepsTheirSettings(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		for round := range 30 {
			id := fmt.Sprint("new", round)
			var mu sync.Mutex
			made := 0
			together(4, func(_, node int) {
				_, changed, err := n.users[node].Upsert(n.context, directory.Claims{Subject: id, Name: "New"})
				require.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				if changed.New {
					made++
				}
			})
			require.Equal(t, 1, made)
		}
	})
}

func TestBansAtOnce(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		r := session.Record{ID: "s", Visibility: protocol.VisibilityPublic, Capacity: 1, Metadata: []byte("{}"), CreatedAt: 1}
		_, err := n.stores[0].Sessions().Create(t.Context(), r, session.Operation{}, 0)
		require.NoError(t, err)
		var mu sync.Mutex
		counts := map[protocol.Reason]int{}
		together(30, func(i, node int) {
			_, err := n.stores[node].Sessions().Ban(n.context, session.Ban{SessionID: "s", UserID: fmt.Sprint(i), By: "ada", At: 1}, 10)
			mu.Lock()
			defer mu.Unlock()
			counts[refusal(t, err)]++
		})
		require.Equal(t, map[protocol.Reason]int{"": 10, protocol.TooManyOutstanding: 20}, counts)
	})
}
