//go:build !linux

package chaos

import "syscall"

// withUs would have a process end with this one; only Linux can.
func withUs() *syscall.SysProcAttr { return nil }
