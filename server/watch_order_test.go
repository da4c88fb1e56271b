package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/presence"
	"foyer/protocol"
	"foyer/server/hub"
)

func TestWhenATellingIsClearlyNewer(t *testing.T) {
	ms := func(n int64) int64 { return n * 1000 }
	known := reading{node: "one", at: ms(10_000)}
	for _, c := range []struct {
		what string
		reading
		newer bool
	}{
		{"of the same node, later", reading{node: "one", at: ms(10_001)}, true},
		{"of the same node, at once", reading{node: "one", at: ms(10_000)}, true},
		{"of the same node, earlier", reading{node: "one", at: ms(9_999)}, false},
		{"of the same node, which goes by what it knows", reading{node: "one"}, true},
		{"of another node, by much later", reading{node: "two", at: ms(12_001)}, true},
		{"of another node, later if its clock is right", reading{node: "two", at: ms(11_900)}, false},
		{"of another node, earlier", reading{node: "two", at: ms(9_000)}, false},
		{"of another node, which goes by what it knows", reading{node: "two"}, false},
	} {
		require.Equal(t, c.newer, c.after(known), c.what)
	}
}

func TestWhatANodeKnowsByItselfCountsOnlyOverWhatItSaidItself(t *testing.T) {
	full := func(note string) presence.Full { return presence.Full{Status: protocol.StatusOnline, Note: note} }
	p := &person{id: "ben", known: true, shown: full("theirs"), newest: reading{Full: full("theirs"), node: "two", at: 1}}
	s := &Server{persons: persons{by: map[string]*person{"ben": p}}, watchers: hub.NewIndex[string, *account](), now: time.Now}
	alone := reading{Full: full("mine"), node: "one"}
	s.presenceRead("ben", alone, s.ticks.Add(1))
	require.Equal(t, "theirs", p.newest.Note)
	p.newest.node = "one"
	s.presenceRead("ben", alone, s.ticks.Add(1))
	require.Equal(t, "mine", p.newest.Note)
}
