//go:build race

package chaos

import "time"

// A test binary with the race detector tests servers with the race detector, compiled as scripts/test-go.sh does it, beside
// other packages' tests: it looks for races and for what is never right. What goes by seconds in which nodes have to notice
// something (a Redis that is away, deaf or empty, a node that is stopped) is for the campaigns without it: make chaos.
func init() {
	buildFlags, slack = []string{"-race", "-gcflags=modernc.org/...=-race=false"}, 8*time.Second
	quickly = quick{faults: "kill,kill,drain,sql-crash,sql-cut-at-commit,sockets-drop,sockets-drop", lanes: 2}
}
