package freeport

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressesAreFreeAndNoneIsAnOutgoingConnections(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		a, err := Address(t.Context())
		require.NoError(t, err)
		require.False(t, seen[a], a)
		seen[a] = true
		_, port, err := net.SplitHostPort(a)
		require.NoError(t, err)
		n, err := strconv.Atoi(port)
		require.NoError(t, err)
		require.GreaterOrEqual(t, n, first)
		require.Less(t, n, outgoing())
	}
}

func TestAPortThatIsTakenIsPassedOver(t *testing.T) {
	a, err := Address(t.Context())
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(a)
	require.NoError(t, err)
	n, err := strconv.Atoi(port)
	require.NoError(t, err)
	l, err := net.Listen("tcp", a)
	require.NoError(t, err)
	defer l.Close()
	turn.Store(uint32(n-first) - 1)
	b, err := Address(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, a, b)
}
