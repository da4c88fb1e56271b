package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
	var took times
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			began := time.Now()
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
			took.since(began)
		}
	})
	took.report(b)
}

// times are how long each of a benchmark's calls took.
type times struct {
	mu  sync.Mutex
	all []time.Duration
}

func (t *times) since(began time.Time) {
	took := time.Since(began)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, took)
}

// report adds what a store sustains: calls a second, and within what time half of them and nearly all are done.
func (t *times) report(b *testing.B) {
	slices.Sort(t.all)
	if len(t.all) == 0 {
		return
	}
	b.ReportMetric(float64(len(t.all))/b.Elapsed().Seconds(), "calls/s")
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(t.all[(len(t.all)-1)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
	}
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
	var took times
	defer func() { took.report(b) }()
	withdraw := func(ctx context.Context) {
		n := int(turn.Add(1))
		from, to := n%people, (n+1+n/people%(people-1))%people
		call := invitation.Call{UserID: fmt.Sprint("u", from)}
		began := time.Now()
		sent, _, err := pairs.Send(ctx, call, protocol.InvitationSendParams{To: protocol.To{UserID: fmt.Sprint("u", to)}})
		if err != nil || sent.Invitation == nil {
			b.Fatal(err)
		}
		took.since(began)
		began = time.Now()
		if _, _, err := pairs.Withdraw(ctx, call, protocol.InvitationWithdrawParams{InvitationID: sent.Invitation.ID}); err != nil {
			b.Fatal(err)
		}
		took.since(began)
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
