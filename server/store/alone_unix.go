//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// alone keeps other processes that ask for the same from opening the database at path: two servers on one file would
// each believe to know who is in a session. The lock ends with the file's closing, and with the process.
func alone(path string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another server has the database %s open; several servers share a PostgreSQL instead", path), f.Close())
	}
	return f, nil
}
