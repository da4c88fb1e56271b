package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTrimForgetsAllThatIsOldAndNothingElse has more to forget than goes into one transaction, with holes in it.
func TestTrimForgetsAllThatIsOldAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		now := time.Now().UnixMilli()
		addUser(t, s, "ada")
		addUser(t, s, "ben")
		const old, young = 2*deletedAtOnce + 500, 7
		require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
			for i := range old + young {
				at := now - resumeKept - int64(old-i)
				if i >= old {
					at = now
				}
				for _, user := range []string{"ada", "ben"} {
					if _, err := tx.AppendChange(user, "relation", []byte(`{}`), at); err != nil {
						return err
					}
				}
				if err := tx.SaveOperation(Operation{UserID: "ada", OpID: fmt.Sprint(i), At: at}); err != nil {
					return err
				}
			}
			_, err := tx.exec(`DELETE FROM changes WHERE user_id = 'ben' AND rev % 3 = 0`)
			return err
		}))
		require.NoError(t, s.Trim(t.Context()))
		var changes, oldest, operations int64
		require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
			if err := tx.row(`SELECT COUNT(*) FROM operations`).Scan(&operations); err != nil {
				return err
			}
			return tx.row(`SELECT COUNT(*), COALESCE(MIN(at), 0) FROM changes WHERE user_id = 'ada'`).Scan(&changes, &oldest)
		}))
		require.EqualValues(t, young, changes)
		require.Equal(t, now, oldest)
		require.EqualValues(t, young, operations)
		require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
			return tx.row(`SELECT MIN(at) FROM changes`).Scan(&oldest)
		}))
		require.Equal(t, now, oldest)
	})
}
