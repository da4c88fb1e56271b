//go:build race

package e2e_test

// A test binary with the race detector tests a server with the race detector, compiled as scripts/test-go.sh does it.
func init() { buildFlags = []string{"-race", "-gcflags=modernc.org/...=-race=false"} }
