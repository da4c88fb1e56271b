//go:build unix

package cluster

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Node is one of the processes.
type Node struct {
	Name          string
	Listen, Admin string // as the flags of serve

	mu      sync.Mutex
	program *program // guarded by mu
}

func (n *Node) running() *program {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.program
}

// PID is the process that the node is now, or was last.
func (n *Node) PID() int { return n.running().pid }

// run starts a node and waits until it is ready for devices.
func (c *Cluster) run(ctx context.Context, n *Node) error {
	p, err := start(command{
		name: n.Name, path: c.o.Program, dir: c.dir, log: c.log(n.Name),
		args: append([]string{
			"serve", "--dev", "--node", n.Name, "--listen", n.Listen, "--admin-listen", n.Admin,
			"--store", c.postgres.URL, "--redis", "redis://" + c.address,
			"--drain-time", "1s", "--log-level", "warn", "--log-format", "json",
		}, c.o.Flags...),
		env: append(environment(), "FOYER_AUTH_SECRET="+c.secret),
	})
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.program = p
	n.mu.Unlock()
	err = p.await(ctx, func(ctx context.Context) error { return answers(ctx, n.Admin, "/readyz") })
	return c.explain(err, n.Name)
}

// environment is this process's without Foyer's settings: they are not meant for these nodes.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "FOYER_") })
}

// keep starts a node anew whenever it has ended, until ctx ends.
func (c *Cluster) keep(ctx context.Context, n *Node) {
	for {
		select {
		case <-n.running().done:
		case <-ctx.Done():
			return
		}
		c.o.Tell(fmt.Sprintf("%s is dead; it will be started anew in %s", n.Name, c.o.Again))
		if !pause(ctx, c.o.Again) {
			return
		}
		if err := c.run(ctx, n); err != nil {
			if ctx.Err() == nil {
				c.o.Tell(fmt.Sprintf("%s could not be started: %v", n.Name, err))
			}
			continue
		}
		c.o.Tell(fmt.Sprintf("%s runs again, pid %d", n.Name, n.PID()))
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
