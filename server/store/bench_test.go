package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkUpdate is a durable change of two users' logs, by many at once.
func BenchmarkUpdate(b *testing.B) {
	s, err := Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "x.db"), Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	require.NoError(b, s.Update(b.Context(), func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO users (id) VALUES ('ada'), ('ben')`)
		return err
	}))
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := s.Update(b.Context(), func(tx *Tx) error {
				if _, err := tx.AppendChange("ada", "relation", []byte(`{}`), 1); err != nil {
					return err
				}
				_, err := tx.AppendChange("ben", "relation", []byte(`{}`), 1)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
