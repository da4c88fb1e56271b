package invitation

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestScenarios runs the scripts in testdata/scenarios: a command a line, "----", and what came of it. With -update
// the outcomes are rewritten; only commit the changes if you understand what caused them.
//
//	A invites a1 [hidden]         B claims s1 [hidden]
//	A withdraws [a1]              B accepts a1 [full]
//	B declines a1 [block]         B undoes a1
//	A removes                     A blocks, A unblocks
//	wait 60s                      state
func TestScenarios(t *testing.T) {
	scripts, err := filepath.Glob("testdata/scenarios/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, path := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(path)
			require.NoError(t, err)
			golden(t, path, play(t, string(script)))
		})
	}
}

// play runs a script and returns it with the outcomes as they are.
func play(t *testing.T, script string) string {
	w := newWorld()
	var out strings.Builder
	skipping := false
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"), line == "":
			skipping = false
			out.WriteString(line + "\n")
		case line == "----":
			skipping = true
		case skipping:
		default:
			out.WriteString(line + "\n----\n" + w.run(t, line))
			skipping = true
		}
	}
	return out.String()
}

var verbs = map[string]Kind{
	"invites": Invite, "claims": Claim, "withdraws": Withdraw, "accepts": Accept, "declines": Decline, "undoes": UndoDecline,
	"removes": Remove, "blocks": Block, "unblocks": Unblock,
}

// run carries out one command and returns what came of it, a line for each thing.
func (w *world) run(t *testing.T, line string) string {
	words := strings.Fields(line)
	switch words[0] {
	case "wait":
		d, err := time.ParseDuration(words[1])
		require.NoError(t, err)
		w.now += d.Milliseconds()
		return w.report(w.apply(Event{Kind: Expire}))
	case "state":
		return describePair(w.pair) + "\n"
	}
	kind, ok := verbs[words[1]]
	require.True(t, ok, line)
	e := Event{Kind: kind, By: map[string]Side{"A": Lo, "B": Hi}[words[0]]}
	for _, word := range words[2:] {
		switch word {
		case "hidden":
			e.Hide = true
		case "full":
			e.ConnectionsFull, e.BlocksFull = true, true
		case "block":
			e.Block = true
		default:
			e.ID = word
		}
	}
	return w.report(w.apply(e))
}

func (w *world) report(out Outcome) string {
	var b strings.Builder
	switch {
	case out.Refusal != "":
		fmt.Fprintf(&b, "refused: %s\n", out.Refusal)
	case out.Unchanged:
		b.WriteString("unchanged\n")
	}
	for _, c := range out.Changes {
		b.WriteString(describeChange(c) + "\n")
	}
	b.WriteString("= " + describePair(out.Pair) + "\n")
	return b.String()
}
