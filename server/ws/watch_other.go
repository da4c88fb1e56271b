//go:build !linux

package ws

import "errors"

// watch is for systems that have no way to wait for many sockets beside the runtime's own: each waits by itself.
type watch struct{}

func newWatch() (*watch, error) { return nil, errors.ErrUnsupported }

func (w *watch) arm(*Socket, bool) bool { return false }

func (w *watch) forget(*Socket) {}

func (w *watch) close() {}
