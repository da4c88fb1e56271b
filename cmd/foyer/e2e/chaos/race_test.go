//go:build race

package chaos

// A test binary with the race detector tests servers with the race detector, compiled as scripts/test-go.sh does it.
func init() { buildFlags = []string{"-race", "-gcflags=modernc.org/...=-race=false"} }
