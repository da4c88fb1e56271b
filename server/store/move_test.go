package store

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store/testservice"
	"foyer/session"
)

// furnish fills a database with something of everything.
func furnish(t *testing.T, s *Store) {
	ctx := t.Context()
	users := directory.New(s.Directory(), s.now)
	pairs := invitation.New(s.Invitations(), invitation.DefaultConfig(), invitation.Options{})
	for i, id := range []string{"ada", "ben", "Eve", "étienne"} {
		_, _, err := users.Upsert(ctx, directory.Claims{Subject: id, Name: "Ärger \"O'Neil\" \\ 日本 " + id, Username: id, Email: fmt.Sprint(i, "@example.org"), EmailVerified: i > 0})
		require.NoError(t, err)
	}
	call := invitation.Call{UserID: "ada", OpID: "1", Digest: "d"}
	sent, _, err := pairs.Send(ctx, call, protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "hi there"})
	require.NoError(t, err)
	_, _, err = pairs.Accept(ctx, invitation.Call{UserID: "ben"}, sent.Invitation.ID)
	require.NoError(t, err)
	_, _, err = pairs.Block(ctx, invitation.Call{UserID: "ben"}, "Eve")
	require.NoError(t, err)
	_, err = pairs.Purge(ctx, 1)
	require.NoError(t, err)
	_, _, err = pairs.WithdrawAllOnBehalf(ctx, invitation.Support{By: "staff", Why: "asked"}, "ada")
	require.NoError(t, err)
	sessions := s.Sessions()
	_, err = sessions.Create(ctx, session.Record{ID: "s", Name: "Lobby", Visibility: protocol.VisibilityPublic, Capacity: 3, Metadata: []byte(`{"a":1}`), CreatedAt: 1, Creator: "ada"}, session.Operation{}, 0)
	require.NoError(t, err)
	_, err = sessions.Ban(ctx, session.Ban{SessionID: "s", UserID: "Eve", By: "ada", At: 5}, 10)
	require.NoError(t, err)
	require.NoError(t, sessions.OpenStay(ctx, session.Stay{SessionID: "s", UserID: "ada", From: 7}))
	require.NoError(t, sessions.SaveMembers(ctx, []session.Snapshot{{SessionID: "s", Members: []session.Member{{User: protocol.User{ID: "ada"}, Number: 1}}}}, 9))
}

func TestMovedDatabaseIsTheSame(t *testing.T) {
	from, to := testservice.Databases["file"](t), testservice.PostgreSQL(t)
	old := open(t, from)
	furnish(t, old)
	epoch := old.Epoch()
	before, err := old.Log(t.Context(), "ada", 0)
	require.NoError(t, err)
	require.NoError(t, old.Close())

	moved, err := Move(t.Context(), from, to, Options{})
	require.NoError(t, err)
	rows := map[string]int64{}
	for _, m := range moved {
		rows[m.Table] = m.Rows
	}
	for _, table := range []string{"users", "user_words", "pairs", "invitations", "changes", "operations", "audit", "sessions", "session_bans", "stays", "session_members", "meta"} {
		require.Positive(t, rows[table], table)
	}

	s := open(t, to)
	require.Equal(t, epoch, s.Epoch())
	after, err := s.Log(t.Context(), "ada", before.Rev-1)
	require.NoError(t, err)
	require.True(t, after.Complete)
	require.Equal(t, before.Rev, after.Rev)
	require.Len(t, after.Changes, 1)
	tail, err := s.Tail(t.Context(), "")
	require.NoError(t, err)
	tail, err = s.Tail(t.Context(), tail.Mark)
	require.NoError(t, err)
	require.Empty(t, tail.Revs, "what was moved is not news")
	users, err := s.Directory().Users(t.Context(), []string{"étienne"})
	require.NoError(t, err)
	require.Equal(t, "Ärger \"O'Neil\" \\ 日本 étienne", users["étienne"].Name)
	require.NoError(t, s.Close())

	_, err = Move(t.Context(), from, to, Options{})
	require.ErrorContains(t, err, "is in use")
}

func TestMoveOfWhatPostgreSQLCannotKeepMovesNothing(t *testing.T) {
	from, to := testservice.Databases["file"](t), testservice.PostgreSQL(t)
	old := open(t, from)
	furnish(t, old)
	require.NoError(t, old.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.exec(`UPDATE users SET name = $1 WHERE id = 'ben'`, "a\x00b")
		return err
	}))
	require.NoError(t, old.Close())
	_, err := Move(t.Context(), from, to, Options{})
	require.ErrorContains(t, err, "copy users")
	var n int
	require.NoError(t, open(t, to).View(t.Context(), func(tx *Tx) error {
		return tx.row(`SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM audit) + (SELECT COUNT(*) FROM pairs)`).Scan(&n)
	}))
	require.Zero(t, n)
}

func TestEachRowIsCompared(t *testing.T) {
	for _, c := range []struct {
		was, is any
		same    bool
	}{
		{int64(1), int32(1), true},
		{int64(1), int64(2), false},
		{"a", "a", true},
		{"a", "A", false},
		{[]byte("a"), []byte("a"), true},
		{[]byte("a"), []byte("b"), false},
		{"a", []byte("a"), false},
		{nil, "a", false},
		{int64(1), "1", false},
	} {
		require.Equal(t, c.same, sameValue(c.was, c.is), "%v %v", c.was, c.is)
	}
}

func TestMoveIsFromAFileToPostgreSQL(t *testing.T) {
	there := testservice.Databases["file"](t)
	require.NoError(t, open(t, there).Close())
	for _, c := range []struct{ from, to, want string }{
		{"sqlite::memory:", "postgres://h/x", "only a SQLite file"},
		{"postgres://h/x", "postgres://h/x", "only a SQLite file"},
		{"sqlite:" + filepath.Join(t.TempDir(), "none.db"), "postgres://h/x", "no such file"},
		{there, "sqlite:other.db", "only to PostgreSQL"},
		{there, "mysql://h/x", "give sqlite:PATH"},
	} {
		_, err := Move(t.Context(), c.from, c.to, Options{})
		require.ErrorContains(t, err, c.want)
	}
}

func TestMoveNoticesAServerOnTheOldFile(t *testing.T) {
	from, to := testservice.Databases["file"](t), testservice.PostgreSQL(t)
	running, err := Open(t.Context(), from, Options{Alone: true})
	require.NoError(t, err)
	_, err = Move(t.Context(), from, to, Options{})
	require.ErrorContains(t, err, "the old database")
	require.NoError(t, running.Close())
	_, err = Move(t.Context(), from, to, Options{})
	require.NoError(t, err)
}
