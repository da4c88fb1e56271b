package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHealthAsksAServerOnThisMachine(t *testing.T) {
	p := start(t, "--store", "sqlite::memory:", "--auth-secret", secret)
	for _, page := range [][]string{nil, {"--ready"}} {
		out, _, code := command(t, append([]string{"health", "--admin-listen", p.operators}, page...)...)
		require.Zero(t, code)
		require.Contains(t, out, `"status":"ok"`)
	}
}

func TestHealthFailsWhereNobodyAnswersOrTheServerIsNotReady(t *testing.T) {
	_, errors, code := command(t, "health", "--admin-listen", "127.0.0.1:1", "--within", "1s")
	require.Equal(t, 1, code)
	require.Contains(t, errors, "127.0.0.1:1")
	_, errors, code = command(t, "health", "--admin-listen", "8081")
	require.Equal(t, 1, code)
	require.Contains(t, errors, "--admin-listen")
}
