// Command with runs a command beside a PostgreSQL for tests, which FOYER_TEST_POSTGRES then names, and ends the server
// with it: with go test ./... If the variable is set already, it only runs the command. With -durable before the command,
// commits are on the disk, as measurements need it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"foyer/server/store/testservice"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	os.Exit(code)
}

// run runs args and returns its exit code.
func run(args []string) (code int, err error) {
	var more []string
	if len(args) > 0 && args[0] == "-durable" {
		args, more = args[1:], []string{"fsync = on", "full_page_writes = on"}
	}
	if len(args) == 0 {
		return 2, errors.New("no command to run")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if os.Getenv(testservice.Variable) == "" {
		p, err := testservice.Start(ctx, more...)
		if err != nil {
			return 1, err
		}
		defer func() { err = errors.Join(err, p.Close()) }()
		if err := os.Setenv(testservice.Variable, p.URL); err != nil {
			return 1, err
		}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // to run what it is given is what it is for
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
