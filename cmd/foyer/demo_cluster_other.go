//go:build !unix

package main

import (
	"context"
	"errors"
)

// cluster is for systems on which the programs around the nodes can be held and cleared away.
func (*demoCommand) cluster(context.Context, streams, bool) error {
	return errors.New("--cluster: runs on Linux and other Unix systems only")
}
