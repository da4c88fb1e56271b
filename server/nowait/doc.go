// Package nowait reads from and writes to sockets by calls of the kernel that never wait, as sockets are non-blocking:
// where nothing can be done at once, the runtime's poller says when it can.
//
// So the runtime need not be told of them, as it is of calls that may take long, for which it wakes a thread that watches
// them every 20 µs. Where each request is a few short calls with a wait after each, that thread is woken for each of them.
package nowait
