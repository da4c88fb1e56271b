package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store/testservice"
)

// each runs test on each kind of database.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	testservice.Each(t, func(t *testing.T, dsn func(testing.TB) string) { test(t, open(t, dsn(t))) })
}

// open opens a database until t ends.
func open(t testing.TB, dsn string) *Store {
	s, err := Open(context.Background(), dsn, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func addUser(t *testing.T, s *Store, id string) {
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO users (id) VALUES ($1)`, id)
		return err
	}))
}

func TestRefusalUndoesOnlyItself(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		refusal := protocol.Refuse(protocol.Forbidden)
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				err := s.Update(t.Context(), func(tx *Tx) error {
					if _, err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, $1)`, time.Duration(i).String()); err != nil {
						return err
					}
					if i%2 == 1 {
						return refusal
					}
					return nil
				})
				if i%2 == 1 {
					require.ErrorIs(t, err, refusal)
				} else {
					require.NoError(t, err)
				}
			})
		}
		wg.Wait()
		var n int
		require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
			return tx.row(`SELECT COUNT(*) FROM meta WHERE name <> 'epoch'`).Scan(&n)
		}))
		require.Equal(t, 100, n)
	})
}

func TestPanicAndBadStatementHarmNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				err := s.Update(t.Context(), func(tx *Tx) error {
					switch i % 3 {
					case 1:
						panic("a mistake")
					case 2:
						_, err := tx.exec(`INSERT INTO nowhere VALUES (1)`)
						require.Error(t, err)
						return nil // even when the caller overlooks it
					}
					_, err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, '')`, time.Duration(i).String())
					return err
				})
				switch i % 3 {
				case 0:
					require.NoError(t, err)
				case 1:
					require.ErrorContains(t, err, "a mistake")
				case 2:
					require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable))
				}
			})
		}
		wg.Wait()
		require.NoError(t, s.Ping(t.Context()))
	})
}

func TestRevisionsMoveByOneAndTheLogHasEach(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		addUser(t, s, "ada")
		now := time.Now().UnixMilli()
		for i := range int64(1500) {
			require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
				rev, err := tx.AppendChange("ada", "relation", []byte(`{}`), now)
				require.Equal(t, i+1, rev)
				return err
			}))
		}
		for _, c := range []struct {
			name  string
			after int64
			now   int64
			ok    bool
			n     int
		}{
			{"nothing missed", 1500, now, true, 0},
			{"some", 1400, now, true, 100},
			{"exactly the last thousand", 500, now, true, 1000},
			{"one more", 499, now, false, 0},
			{"from the future", 1501, now, false, 0},
			{"negative", -1, now, false, 0},
			{"just under a day old", 1400, now + resumeKept - 1, true, 100},
			{"a day old", 1400, now + resumeKept, false, 0},
			{"a day old, nothing missed", 1500, now + resumeKept, true, 0},
		} {
			require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
				log, err := tx.Log("ada", c.after, c.now)
				require.NoError(t, err)
				require.Equal(t, int64(1500), log.Rev)
				require.Equal(t, c.ok, log.Complete, c.name)
				require.Len(t, log.Changes, c.n, c.name)
				for i, ch := range log.Changes {
					require.Equal(t, c.after+int64(i)+1, ch.Rev)
				}
				return nil
			}))
		}
		tail, err := s.Tail(t.Context(), "0:1:")
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"ada": 1500}, tail.Revs)
	})
}

func TestTheTailHasBlocks(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		for _, user := range []string{"ada", "ben", `"cause":"blocked"`} {
			addUser(t, s, user)
		}
		room := invitation.New(s.Invitations(), invitation.DefaultConfig(), invitation.Options{})
		ada := invitation.Call{UserID: "ada"}
		before, err := s.Tail(t.Context(), "")
		require.NoError(t, err)
		_, _, err = room.Block(t.Context(), ada, "ben")
		require.NoError(t, err)
		_, _, err = room.Unblock(t.Context(), ada, "ben")
		require.NoError(t, err)
		_, _, err = room.Send(t.Context(), ada, protocol.InvitationSendParams{To: protocol.To{UserID: `"cause":"blocked"`}})
		require.NoError(t, err)
		tail, err := s.Tail(t.Context(), before.Mark)
		require.NoError(t, err)
		require.Equal(t, []invitation.BlockChange{{By: "ada", Of: "ben", Blocked: true}, {By: "ada", Of: "ben"}}, tail.Blocks)
		tail, err = s.Tail(t.Context(), tail.Mark)
		require.NoError(t, err)
		require.Empty(t, tail.Blocks)
	})
}

func TestRefusedChangeLeavesNoGap(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		addUser(t, s, "ada")
		refused := errors.New("refused")
		for i := range int64(20) {
			err := s.Update(t.Context(), func(tx *Tx) error {
				if _, err := tx.AppendChange("ada", "relation", nil, 1); err != nil {
					return err
				}
				if i%2 == 0 {
					return refused
				}
				return nil
			})
			if i%2 == 0 {
				require.ErrorIs(t, err, refused)
			} else {
				require.NoError(t, err)
			}
		}
		require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
			rev, err := tx.Rev("ada")
			require.Equal(t, int64(10), rev)
			return err
		}))
	})
}

func TestOperationIsRememberedForADay(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		o := Operation{UserID: "ada", OpID: "1", Method: protocol.MethodInvitationSend, Digest: "d", Result: []byte(`{}`), At: 1000}
		require.NoError(t, s.Update(t.Context(), func(tx *Tx) error { return tx.SaveOperation(o) }))
		for now, want := range map[int64]bool{1000: true, 999 + operationKept: true, 1000 + operationKept: false} {
			require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
				got, found, err := tx.Operation("ada", "1", now)
				require.Equal(t, want, found)
				if found {
					require.Equal(t, o, got)
				}
				return err
			}))
		}
	})
}

func TestEpochIsKeptOverRestartsAndCanBeRenewed(t *testing.T) {
	for _, name := range []string{"file", "postgresql"} {
		dsn := testservice.Databases[name](t)
		s := open(t, dsn)
		first := s.Epoch()
		require.NotEmpty(t, first)
		require.NoError(t, s.Close())
		s = open(t, dsn)
		require.Equal(t, first, s.Epoch())
		require.NoError(t, s.NewEpoch(t.Context()))
		require.NoError(t, s.Close())
		s = open(t, dsn)
		require.NotEqual(t, first, s.Epoch())
		require.NoError(t, s.Close())
		require.ErrorIs(t, s.Ping(t.Context()), protocol.Refuse(protocol.Unavailable))
	}
}

func TestUnknownStoreIsRefusedWithoutItsPassword(t *testing.T) {
	_, err := Open(t.Context(), "mysql://root:secret@localhost/x", Options{})
	require.ErrorContains(t, err, "mysql:")
	require.NotContains(t, err.Error(), "secret")
}
