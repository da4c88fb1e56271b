package server

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
	"foyer/session/relay"
)

func TestANodeAnswersOnlyForStatesThatAreWrittenOnIt(t *testing.T) {
	r := &room{srv: &Server{many: true}}
	r.write(1, []byte("first"), true)
	r.write(2, []byte("other"), true)
	var elsewhere relay.Relay
	elsewhere.Write(1, []byte("second"))
	r.nodeSays(&cluster.Message{Kind: cluster.KindStates, Incarnation: "two", States: elsewhere.Only(1, []uint16{1})})
	r.nodeMissed()
	require.Equal(t, map[uint16]bool{2: true}, r.own, "who writes 1 hangs on the other node now: its copy here may be late")
}
