//go:build !unix

package store

import "os"

// alone does nothing where files can't be locked: running one server on a database is the operator's care there.
func alone(string) (*os.File, error) { return nil, nil }
