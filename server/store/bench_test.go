package store

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store/testservice"
)

// onEachDisk runs a benchmark on each kind of database, with commits that are on the disk.
func onEachDisk(b *testing.B, bench func(b *testing.B, s *Store)) {
	b.Run("sqlite", func(b *testing.B) {
		bench(b, open(b, "sqlite:"+filepath.Join(b.TempDir(), "x.db")))
	})
	b.Run("postgresql", func(b *testing.B) {
		p, err := testservice.Start(b.Context(), "fsync = on", "full_page_writes = on")
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, p.Close()) })
		bench(b, open(b, p.URL))
	})
}

// BenchmarkUpdate is a durable change of two users' logs: of the same two by many at once, and of two of many.
func BenchmarkUpdate(b *testing.B) {
	for _, users := range []int{2, 1000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			onEachDisk(b, func(b *testing.B, s *Store) { benchmarkUpdate(b, s, users) })
		})
	}
}

func benchmarkUpdate(b *testing.B, s *Store, users int) {
	require.NoError(b, s.Update(b.Context(), func(tx *Tx) error {
		for i := range users {
			if _, err := tx.exec(`INSERT INTO users (id) VALUES ($1)`, fmt.Sprintf("%04d", i)); err != nil {
				return err
			}
		}
		return nil
	}))
	var turn atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(turn.Add(2)) % users
			err := s.Update(b.Context(), func(tx *Tx) error {
				if _, err := tx.AppendChange(fmt.Sprintf("%04d", i), "relation", []byte(`{}`), 1); err != nil {
					return err
				}
				_, err := tx.AppendChange(fmt.Sprintf("%04d", i+1), "relation", []byte(`{}`), 1)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkWithdraw invites and withdraws, two durable changes: one user after the other, and many at once.
func BenchmarkWithdraw(b *testing.B) {
	for _, at := range []struct {
		name        string
		parallelism int
	}{{"alone", 0}, {"at-once", 32}} {
		b.Run(at.name, func(b *testing.B) {
			onEachDisk(b, func(b *testing.B, s *Store) { benchmarkWithdraw(b, s, at.parallelism) })
		})
	}
}

func benchmarkWithdraw(b *testing.B, s *Store, parallelism int) {
	const people = 200
	config := invitation.DefaultConfig()
	config.PairGap, config.PairMax, config.PerMinute, config.PerDay, config.Outstanding = 0, 0, 0, 0, 0
	pairs := invitation.New(s.Invitations(), config, invitation.Options{})
	users := directory.New(s.Directory(), s.now)
	for i := range people {
		_, _, err := users.Put(b.Context(), directory.Claims{Subject: fmt.Sprint("u", i), Name: "Sam"})
		require.NoError(b, err)
	}
	var turn atomic.Int64
	withdraw := func(ctx context.Context) {
		n := int(turn.Add(1))
		from, to := n%people, (n+1+n/people%(people-1))%people
		call := invitation.Call{UserID: fmt.Sprint("u", from)}
		sent, _, err := pairs.Send(ctx, call, protocol.InvitationSendParams{To: protocol.To{UserID: fmt.Sprint("u", to)}})
		if err != nil || sent.Invitation == nil {
			b.Fatal(err)
		}
		if _, _, err := pairs.Withdraw(ctx, call, protocol.InvitationWithdrawParams{InvitationID: sent.Invitation.ID}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	if parallelism == 0 {
		for b.Loop() {
			withdraw(b.Context())
		}
		return
	}
	b.SetParallelism(parallelism)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			withdraw(b.Context())
		}
	})
}
