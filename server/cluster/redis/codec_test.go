package redis

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
)

// Whatever comes over Redis is one of our messages, which comes out again as it went in, or it is refused.
func FuzzBusMessage(f *testing.F) {
	for _, m := range []*cluster.Message{
		{Kind: cluster.KindPush, Session: "s", Frame: []byte(`{"jsonrpc":"2.0"}`)},
		{Kind: cluster.KindPresence, User: "ada", Presence: []byte(`{"status":"online"}`), At: 5},
		{Kind: cluster.KindStates, Session: "s", States: [][]byte{{1, 2}, nil, {3}}},
		{Kind: cluster.KindChange, User: "ada", Rev: 1 << 40, Devices: []string{"d"}, Numbers: []uint16{1, 1000}},
	} {
		raw, err := encode("node", looped, m)
		require.NoError(f, err)
		f.Add(raw)
		f.Add(raw[:len(raw)-1])
	}
	f.Add([]byte("\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff{}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := decode(string(raw))
		if err != nil {
			require.Equal(t, errMalformed, err)
			require.Nil(t, m)
			return
		}
		require.NotEmpty(t, m.Kind)
		again, err := encode("node", looped, m)
		require.NoError(t, err)
		back, err := decode(string(again))
		require.NoError(t, err)
		require.Equal(t, m, back)
	})
}
