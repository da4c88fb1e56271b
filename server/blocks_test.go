package server

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
)

func TestABlockThatComesWhileBlocksAreReadCounts(t *testing.T) {
	ben := invitation.Blocks{Of: []string{"ben"}}
	for _, c := range []struct {
		what          string
		before, after invitation.Blocks
		on            bool
		deaf          map[string]bool
	}{
		{"a block", invitation.Blocks{}, ben, true, map[string]bool{"ben": true}},
		{"the end of one", ben, invitation.Blocks{}, false, nil},
		{"an older one than was read, of a node that told it late", ben, ben, false, map[string]bool{"ben": true}},
	} {
		a, reads := &account{id: "ada"}, 0
		_, err := a.read(func() (invitation.Blocks, func(), error) {
			if reads++; reads == 1 {
				a.blocked(invitation.BlockChange{By: "ada", Of: "ben", Blocked: c.on})
				return c.before, func() {}, nil
			}
			return c.after, func() {}, nil
		})
		require.NoError(t, err)
		require.Equal(t, c.deaf, a.notHeard(), c.what)
		require.Equal(t, 2, reads, c.what)
	}
}
