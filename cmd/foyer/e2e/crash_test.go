package e2e_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"foyer/protocol"

	"github.com/stretchr/testify/require"
)

// Everyone invites their neighbour and takes it back, over and over, while the server is killed three times. Each call
// is repeated under its op_id until it is answered. In the end each user must have been told of each change exactly
// once, in order, and the database must hold what was acknowledged last.
func TestKillingTheServerLosesAndDoublesNothing(t *testing.T) {
	const people, kills = 8, 3
	s := newServer(t)
	devices := make([]*device, people)
	for i := range devices {
		devices[i] = s.dial(fmt.Sprintf("user-%d", i), nil)
	}
	id := func(i int) string { return devices[i%people].User().ID }

	var stop atomic.Bool
	var acknowledged atomic.Int64
	changes := make([]int64, people) // acknowledged, of the pair (i, i+1)
	var writers sync.WaitGroup
	errs := make(chan error, people)
	for i := range devices {
		writers.Go(func() {
			for !stop.Load() {
				var err error
				if changes[i]%2 == 0 {
					_, err = devices[i].SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: id(i + 1)}})
				} else {
					_, err = devices[i].Withdraw(t.Context(), protocol.InvitationWithdrawParams{UserID: id(i + 1)})
				}
				if err != nil {
					errs <- err
					return
				}
				changes[i]++
				acknowledged.Add(1)
			}
		})
	}
	for range kills {
		target := acknowledged.Load() + 100
		require.Eventually(t, func() bool { return acknowledged.Load() >= target }, time.Minute, time.Millisecond)
		s.end(syscall.SIGKILL)
		s.start()
	}
	target := acknowledged.Load() + 50
	require.Eventually(t, func() bool { return acknowledged.Load() >= target }, time.Minute, time.Millisecond)
	stop.Store(true)
	writers.Wait()
	require.Empty(t, errs)

	for i, d := range devices {
		before := (i + people - 1) % people
		list, err := d.Relations(t.Context(), protocol.Page{})
		require.NoError(t, err)
		require.Equal(t, changes[i]+changes[before], list.Rev, "one revision for each change of either pair, no more and no less")
		require.Equal(t, changes[i]%2 == 1, list.Relations[id(i+1)].State == protocol.RelationSent)
		require.Equal(t, changes[before]%2 == 1, list.Relations[id(before)].State == protocol.RelationReceived)

		told := d.awaitRevision(t, list.Rev)
		require.Len(t, told, int(list.Rev))
		for n, change := range told {
			require.EqualValues(t, n+1, change.Rev)
		}
	}
	t.Logf("%d acknowledged changes, %d kills", acknowledged.Load(), kills)
}

func TestADrainSendsEveryoneAwayAndLosesNothing(t *testing.T) {
	s := newServer(t)
	ada, ben := s.dial("ada", nil), s.dial("ben", nil)
	_, err := ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
	require.NoError(t, err)
	made, err := ada.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Studio"})
	require.NoError(t, err)
	before := ada.Hello()
	began := time.Now()
	s.end(syscall.SIGTERM)
	require.Less(t, time.Since(began), 30*time.Second)
	s.start()

	_, err = ben.Accept(t.Context(), protocol.InvitationParams{InvitationID: ben.awaitRevision(t, 1)[0].InvitationID})
	require.NoError(t, err)
	ada.awaitRevision(t, 2)
	require.Equal(t, before.Epoch, ada.Hello().Epoch)
	require.True(t, ada.Hello().Resumed)
	require.Equal(t, made.Session.ID, ada.Hello().SessionID, "whoever was in a session when its only node drained is still in it")
	people, err := ada.InSession(t.Context(), protocol.PeopleInSessionParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Len(t, people.People, 1)
	require.Equal(t, protocol.RoleHost, people.People[0].Member.Role)
}
