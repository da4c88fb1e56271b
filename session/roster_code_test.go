package session

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// A roster that was read is one with which everything can be done, and which is written as it is; or it is refused.
func FuzzDecodeRoster(f *testing.F) {
	r := NewRoster("s", Rules{Capacity: 4, Rev: 1, Heir: true, Creator: "ada"}, 1)
	f.Add(r.Encode())
	for i, user := range []string{"ada", "ben", "eve"} {
		_, _, err := r.Join(Join{
			SessionID: "s", User: protocol.User{ID: user, Name: user}, Rules: r.rules, At: int64(i + 2),
			Device: Device{ID: user + "-1", Kind: protocol.KindHeadset, Node: "n", Link: "l", Connected: true},
		})
		require.NoError(f, err)
	}
	r.Detach("ben", Device{ID: "ben-1", Link: "l"}, 20, 10_020)
	_, err := r.Leave(Leave{UserID: "eve", Reason: protocol.LeftByChoice, At: 30})
	require.NoError(f, err)
	r.Take()
	good := r.Encode()
	f.Add(good)
	f.Add(bytes.ReplaceAll(good, []byte(`"Number":2`), []byte(`"Number":1`)))
	f.Add(bytes.ReplaceAll(good, []byte(`[-1,-1,`), []byte(`[-1,0,`)))
	f.Add([]byte(`{"Members":[null]}`))
	f.Add([]byte(`{"Numbers":[-1]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := DecodeRoster(text)
		if err != nil {
			return
		}
		coded := r.Encode()
		again, err := DecodeRoster(coded)
		require.NoError(t, err)
		require.Equal(t, string(coded), string(again.Encode()))

		r.Snapshot()
		r.View()
		r.DueAt(60_000)
		r.Sweep(15_000)
		for _, user := range []string{"ada", "ben", "zoe"} {
			if m, _, err := r.Join(Join{User: protocol.User{ID: user}, Rules: r.rules, At: 40_000}); err == nil {
				require.NotZero(t, m.Number)
			}
		}
		numbers := map[uint16]string{}
		for id, m := range r.members {
			require.Empty(t, numbers[m.Number], "two members have one number")
			numbers[m.Number] = id
		}
		require.Equal(t, len(r.members), r.numbers.taken())
		r.Take()
		r.End(50_000)
		require.Zero(t, r.Len())
	})
}

// taken counts the numbers that somebody has.
func (n *numbers) taken() (count int) {
	for _, slot := range n.slots {
		if slot == taken {
			count++
		}
	}
	return count
}
