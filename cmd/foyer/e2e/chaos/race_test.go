//go:build race

package chaos

import "time"

// A test binary with the race detector tests servers with the race detector, compiled as scripts/test-go.sh does it.
// It is several times slower, which has a part in whatever is late.
func init() {
	buildFlags, slack = []string{"-race", "-gcflags=modernc.org/...=-race=false"}, 3*time.Second
}
