//go:build race

package chaos

import "time"

// A test binary with the race detector tests servers with the race detector, compiled as scripts/test-go.sh does it, beside
// other packages' tests: it looks for races and for what is never right. How fast things are is for the campaigns without, and so is a Redis that is deaf or comes back empty: what
// holds then goes by seconds in which the nodes have to notice.
func init() {
	buildFlags, slack = []string{"-race", "-gcflags=modernc.org/...=-race=false"}, 8*time.Second
	quickly = quick{faults: "kill,stop-3s,drain,redis-stop-5s,sql-crash,sql-cut-at-commit,sockets-drop", lanes: 2}
}
