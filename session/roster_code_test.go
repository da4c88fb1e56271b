package session

import (
	"bytes"
	"encoding/json"
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

// A roster that is read again and again as others write it costs what changed of it.
func TestMembersWhoDidNotChangeAreNotReadAgain(t *testing.T) {
	r := NewRoster("s", Rules{Capacity: 9, Rev: 1}, 1)
	for i, user := range []string{"ada", "ben", "eve"} {
		_, _, err := r.Join(Join{SessionID: "s", User: protocol.User{ID: user, Name: "a,\n" + user}, Rules: r.rules, At: int64(i + 2), Device: Device{ID: user + "-1", Connected: true}})
		require.NoError(t, err)
	}
	r.Take()
	before, err := DecodeRoster(r.Encode())
	require.NoError(t, err)
	_, err = r.Edit(Edit{Members: []MemberEdit{{UserID: "ben", Attributes: protocol.Attributes{"hand": []byte(`true`)}}}})
	require.NoError(t, err)
	_, err = r.Leave(Leave{UserID: "eve", At: 9})
	require.NoError(t, err)
	r.Take()

	after, err := before.DecodeNext(r.Encode())
	require.NoError(t, err)
	require.Equal(t, string(r.Encode()), string(after.Encode()))
	require.Same(t, before.Member("ada"), after.Member("ada"))
	require.Equal(t, r.Member("ben"), after.Member("ben"))
	require.NotContains(t, before.Member("ben").Attributes, "hand")
	require.NotNil(t, before.Member("eve"))
	require.Nil(t, after.Member("eve"))

	var plain bytes.Buffer
	require.NoError(t, json.Compact(&plain, r.Encode()))
	read, err := DecodeRoster(plain.Bytes())
	require.NoError(t, err)
	require.Equal(t, string(r.Encode()), string(read.Encode()), "without the lines")
}

// What becomes of a clone is nothing to the roster that it was made of.
func TestACloneGoesItsOwnWay(t *testing.T) {
	r := NewRoster("s", Rules{Capacity: 9, Rev: 1, Heir: true}, 1)
	join := func(r *Roster, user string, at int64) {
		_, _, err := r.Join(Join{SessionID: "s", User: protocol.User{ID: user}, Rules: r.rules, At: at, Device: Device{ID: user + "-1", Connected: true}})
		require.NoError(t, err)
	}
	for i, user := range []string{"ada", "ben", "eve"} {
		join(r, user, int64(i+2))
	}
	_, err := r.Leave(Leave{UserID: "eve", At: 5})
	require.NoError(t, err)
	r.Take()
	text := string(r.Encode())

	c := r.Clone()
	require.Equal(t, text, string(c.Encode()))
	join(c, "zoe", 50_000)
	join(c, "eve", 60_000)
	_, err = c.Leave(Leave{UserID: "ada", At: 60_001})
	require.NoError(t, err)
	c.Detach("ben", Device{ID: "ben-1"}, 9, 10)
	require.False(t, r.Pending())
	c.Take()
	c.Encode()
	require.Equal(t, text, string(r.Encode()))
	c.End(11)
	require.Equal(t, text, string(r.Encode()))
	require.Equal(t, 2, r.Len())
}
