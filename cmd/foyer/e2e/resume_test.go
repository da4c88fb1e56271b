package e2e_test

import (
	"database/sql"
	"syscall"
	"testing"
	"time"

	"foyer/protocol"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // to make the log older than it is
)

// age makes the log of changes look older, while the server is down.
func (s *server) age(by time.Duration) {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.store)
	require.NoError(s.t, err)
	defer db.Close()
	changed, err := db.Exec(`UPDATE changes SET at = at - $1`, by.Milliseconds())
	require.NoError(s.t, err)
	n, err := changed.RowsAffected()
	require.NoError(s.t, err)
	require.Positive(s.t, n)
}

// missed lets Ben miss three changes of Ada's, restarts the server with a log that is as old as given, and returns what
// Ben is told when he comes back.
func missed(t *testing.T, age time.Duration) (*device, *server) {
	t.Helper()
	s := newServer(t)
	ada, ben := s.dial("ada", nil), s.dial("ben", nil)
	resume := ben.Resume()
	ben.Close()
	<-ben.Done()
	for range 2 {
		_, err := ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "Hello"})
		require.NoError(t, err)
		_, err = ada.Withdraw(t.Context(), protocol.InvitationWithdrawParams{UserID: "ben"})
		require.NoError(t, err)
	}
	_, err := ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "Still there?"})
	require.NoError(t, err)
	ada.Close()
	<-ada.Done()
	s.end(syscall.SIGTERM)
	s.age(age)
	s.start()
	return s.dial("ben", &resume), s
}

func TestResumingAnHourAndARestartLater(t *testing.T) {
	ben, _ := missed(t, time.Hour)
	require.True(t, ben.Hello().Resumed)
	told := ben.awaitRevision(t, 5)
	require.Len(t, told, 5)
	for n, change := range told {
		require.EqualValues(t, n+1, change.Rev)
	}
	for _, gone := range told[:4] {
		require.False(t, gone.Notify, "what no longer stands is not worth a toast")
		if gone.Relation.Invitation != nil {
			require.Empty(t, gone.Relation.Invitation.Message, "the message of a withdrawn invitation is erased")
		}
	}
	require.True(t, told[4].Notify)
	require.Equal(t, "Still there?", told[4].Relation.Invitation.Message)
}

func TestAfterMoreThanADayEverythingIsFetchedAgain(t *testing.T) {
	ben, _ := missed(t, 25*time.Hour)
	require.False(t, ben.Hello().Resumed, "never in part")
	require.EqualValues(t, 5, ben.Hello().Rev)
	list, err := ben.Relations(t.Context(), protocol.Page{})
	require.NoError(t, err)
	require.EqualValues(t, 5, list.Rev)
	require.Equal(t, protocol.RelationReceived, list.Relations["ada"].State)
}
