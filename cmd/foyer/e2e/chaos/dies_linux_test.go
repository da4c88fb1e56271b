package chaos

import "syscall"

// withUs has a process end with this one, whichever way that ends.
func withUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
