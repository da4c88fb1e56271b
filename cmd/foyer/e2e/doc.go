// Package e2e tests the real binary from outside: processes that are killed and started again, sockets of the real
// network, a database file on disk. It has tests only.
package e2e
