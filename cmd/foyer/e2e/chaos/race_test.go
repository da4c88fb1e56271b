//go:build race

package chaos

import "time"

// A test binary with the race detector tests servers with the race detector, compiled as scripts/test-go.sh does it, beside
// other packages' tests: it looks for races and for what is never right, with slack for what depends on the machine's speed.
func init() {
	buildFlags, slack = []string{"-race", "-gcflags=modernc.org/...=-race=false"}, 8*time.Second
	quickly = quick{faults: "kill,drain,redis-restart,redis-stop-5s,redis-deaf,redis-cut,sql-crash,sql-cut-at-commit,sockets-drop,sockets-drop", lanes: 2}
}
