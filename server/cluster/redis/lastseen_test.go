package redis

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestANodeSaysWhenItGoesByWhatItLastSaw(t *testing.T) {
	t.Parallel()
	p := part(t)
	of, err := p.two.d.Of(t.Context(), "ben", "nobody")
	require.NoError(t, err)
	require.True(t, of["ben"].Alone)
	require.Len(t, of["ben"].Devices, 1)
	require.True(t, of["nobody"].Alone, "who is not known may be there")
	p.meet()
	of, err = p.two.d.Of(t.Context(), "ben", "nobody")
	require.NoError(t, err)
	require.False(t, of["ben"].Alone)
	require.NotContains(t, of, "nobody")
}
