package protocol

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSmoke(t *testing.T) {
	items, batch, err := ParseFrame([]byte(`{"jsonrpc":"2.0","id":1,"method":"invitation.send","params":{"to":{"user_id":"b"},"op_id":"x"}}`))
	require.Nil(t, err)
	require.False(t, batch)
	var p InvitationSendParams
	require.Nil(t, DecodeParams(items[0].Params, &p))
	require.Equal(t, "b", p.To.UserID)
	require.Equal(t, "x", p.OpID)
	e := DecodeParams(json.RawMessage(`{"to":{"foo":"b"}}`), &p)
	require.Equal(t, "to.foo", e.Data.Field)
	out, xerr := AppendResult(nil, items[0].ID, Empty{})
	require.NoError(t, xerr)
	require.Equal(t, `{"jsonrpc":"2.0","id":1,"result":{}}`, string(out))
	for _, m := range Methods() {
		t.Log(m.Method, m.Durable, DecodeParams(nil, m.NewParams()))
	}
}
