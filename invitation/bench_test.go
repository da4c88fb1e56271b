package invitation_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store"
)

// BenchmarkSendAndWithdraw is an invitation and its withdrawal, durable, by many users at once who each invite the next.
func BenchmarkSendAndWithdraw(b *testing.B) {
	for name, config := range map[string]invitation.Config{
		"with limits":    invitation.DefaultConfig(),
		"without limits": {Expiry: invitation.DefaultConfig().Expiry},
	} {
		b.Run(name, func(b *testing.B) {
			s, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "foyer.db"), store.Options{})
			require.NoError(b, err)
			defer func() { require.NoError(b, s.Close()) }()
			const users = 256
			config.PairGap, config.PairMax, config.PerMinute, config.PerDay = config.PairGap/60_000_000_000, config.PairMax*1_000_000, config.PerMinute*1_000_000, config.PerDay*1_000_000
			id := func(i int) string { return fmt.Sprintf("user-%03d", i%users) }
			require.NoError(b, s.Directory().Update(b.Context(), func(tx directory.Tx) error {
				for i := range users {
					if err := tx.Save(directory.User{ID: id(i), Name: id(i), Settings: protocol.DefaultSettings()}); err != nil {
						return err
					}
				}
				return nil
			}))
			room := invitation.New(s.Invitations(), config, invitation.Options{})
			var next atomic.Int64
			b.SetParallelism(32)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				me := int(next.Add(1))
				for pb.Next() {
					by := invitation.Call{UserID: id(me)}
					if _, _, err := room.Send(b.Context(), by, toUser(id(me+1))); err != nil {
						b.Error(err)
						return
					}
					if _, _, err := room.Withdraw(b.Context(), by, protocol.InvitationWithdrawParams{UserID: id(me + 1)}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
