package show

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"foyer/cmd/foyer-bots/load"

	"github.com/stretchr/testify/require"
)

func TestWhereNobodyWatchesThereIsALineForEachPhase(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, "mixed")
	for _, now := range []load.Progress{
		{Phase: load.Connecting, Done: 3, Total: 40, Online: 3},
		{Phase: load.Connecting, Done: 9, Total: 40, Online: 9}, // a moment later
		{Phase: load.Loading, Done: 0, Total: 60, Online: 1234},
		{Phase: load.Finishing, UnderWay: 7, Online: 40, Errors: 2, Violations: 1},
	} {
		p.Update(now)
	}
	p.Close()
	p.Update(load.Progress{Phase: load.Verifying})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], "mixed: connecting · 3 of 40 people · 3 devices")
	require.Contains(t, lines[1], "mixed: load · 0 of 60 s · 1,234 devices")
	require.Contains(t, lines[2], "mixed: finishing · 7 under way · 40 devices")
	require.Contains(t, lines[2], "2 errors · 1 VIOLATIONS")
}

func TestTheBarLeavesItsLineToNothingElse(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, strings.Repeat("long", 20))
	p.live = true
	p.Update(load.Progress{Phase: load.Loading, Done: 3, Total: 10, Online: 10})
	p.Close()
	for _, line := range strings.Split(out.String(), "\r") {
		require.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
	}
}
