package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// speak has a conversation with a server and returns what was printed.
func speak(t *testing.T, c talkCommand, lines ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := c.talk(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &out)
	return out.String(), err
}

func TestTalkingByHand(t *testing.T) {
	t.Setenv("FOYER_AUTH_SECRET", secret)
	p := start(t, "--store", "sqlite::memory:", "--dev")
	ada := talkCommand{URL: "http://" + p.devices, As: "Ada"}

	out, err := speak(t, ada,
		`# a remark`, ``,
		`settings.get`,
		`presence.set {"status": "busy"}`,
		`wait 10ms`,
		`[{"jsonrpc": "2.0", "id": "x", "method": "relation.list"}]`,
		`{"jsonrpc":`)
	require.NoError(t, err)
	require.Contains(t, out, `"token": "…"`)
	require.NotContains(t, out, "ey", "a token is not printed")
	require.Contains(t, out, `> {"jsonrpc": "2.0", "id": 3, "method": "presence.set", "params": {"status": "busy"}}`)
	require.Contains(t, out, `< {"jsonrpc":"2.0","id":3,"result":{"presence":{"status":"busy"`)
	require.Contains(t, out, `< [{"jsonrpc":"2.0","id":"x","result":{"relations":{},"rev":0}}]`)
	require.Contains(t, out, `"code":-32700`)

	out, err = speak(t, talkCommand{URL: ada.URL + "/"}, `settings.get`)
	require.NoError(t, err)
	require.Contains(t, out, "unauthenticated")

	_, err = speak(t, talkCommand{URL: ada.URL, Token: "bad"})
	require.ErrorContains(t, err, "4401")
	_, err = speak(t, ada, `wait for it`)
	require.ErrorContains(t, err, "wait: ")
	_, err = speak(t, talkCommand{URL: "http://" + p.operators})
	require.ErrorContains(t, err, "404")
}
