//go:build !unix

package ws

import "syscall"

// attempt is for systems where a write can't be tried: nothing is taken, and the blocking way is used.
type attempt struct{}

func (w *wire) bind() { w.ready = func(uintptr) bool { return true } }

func (a *attempt) writeAll(syscall.RawConn, []*Frame) (int, error) { return 0, nil }

func (a *attempt) write(syscall.RawConn, []byte) (int, error) { return 0, nil }

// boundSendBuffer leaves the send buffer as the system has it.
func boundSendBuffer(string, string, syscall.RawConn) error { return nil }
