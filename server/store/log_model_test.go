package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// kept is a change as the model of a log has it.
type kept struct {
	body string
	at   int64
}

// TestWhoeverResumesIsToldAllOrRefused holds logs against a model: changes that come, are refused, grow old and are
// trimmed, and devices that ask from any revision. The answer is all that came since, or that it can't be told.
func TestWhoeverResumesIsToldAllOrRefused(t *testing.T) {
	var now int64 = 1_800_000_000_000
	s, err := Open(context.Background(), "sqlite::memory:", Options{Now: func() time.Time { return time.UnixMilli(now) }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	users := 0
	rapid.Check(t, func(t *rapid.T) {
		users++
		user, log := fmt.Sprintf("user-%d", users), []kept{}
		require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
			_, err := tx.exec(`INSERT INTO users (id) VALUES ($1)`, user)
			return err
		}))
		refused := errors.New("refused")
		change := func(n int, refusal error) {
			var added []kept
			err := s.Update(t.Context(), func(tx *Tx) error {
				added = nil
				for range n {
					k := kept{fmt.Sprintf(`{"n":%d}`, len(log)+len(added)), now}
					rev, err := tx.AppendChange(user, "relation", []byte(k.body), now)
					if err != nil {
						return err
					}
					require.EqualValues(t, len(log)+len(added)+1, rev)
					added = append(added, k)
				}
				return refusal
			})
			require.ErrorIs(t, err, refusal)
			if refusal == nil {
				log = append(log, added...)
			}
		}
		if rapid.IntRange(0, 19).Draw(t, "long") == 0 {
			change(rapid.IntRange(ResumeMax-3, ResumeMax+120).Draw(t, "changes before"), nil)
		}
		t.Repeat(map[string]func(*rapid.T){
			"change":  func(t *rapid.T) { change(rapid.IntRange(1, 4).Draw(t, "changes"), nil) },
			"refused": func(t *rapid.T) { change(rapid.IntRange(1, 3).Draw(t, "changes"), refused) },
			"time": func(t *rapid.T) {
				now += rapid.SampledFrom([]int64{1, 1000, resumeKept / 3, resumeKept - 1, resumeKept}).Draw(t, "ms")
			},
			"trim": func(t *rapid.T) { require.NoError(t, s.Trim(t.Context())) },
			"resume": func(t *rapid.T) {
				rev := int64(len(log))
				after := rapid.SampledFrom([]int64{rev, rev - 1, rev - 3, rev / 2, rev - ResumeMax, rev - ResumeMax - 1, 0, -1, rev + 1}).Draw(t, "from")
				got, err := s.Log(t.Context(), user, after)
				require.NoError(t, err)
				whole := after >= 0 && after <= rev && after >= rev-ResumeMax
				for i := max(0, after); whole && i < rev; i++ {
					whole = log[i].at > now-resumeKept
				}
				require.Equal(t, rev, got.Rev)
				require.Equal(t, whole, got.Complete, "from %d of %d", after, rev)
				if !whole {
					require.Empty(t, got.Changes)
					return
				}
				require.Len(t, got.Changes, int(rev-after))
				for i, c := range got.Changes {
					require.Equal(t, after+int64(i)+1, c.Rev)
					require.Equal(t, string(c.Body), log[c.Rev-1].body)
					require.Equal(t, c.At, log[c.Rev-1].at)
				}
			},
		})
	})
}
