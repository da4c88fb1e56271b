//go:build race

package e2e_test

// A test binary with the race detector tests a server with the race detector.
func init() { buildFlags = []string{"-race"} }
