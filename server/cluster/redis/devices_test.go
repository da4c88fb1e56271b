package redis

import (
	"testing"

	"foyer/server/cluster/clustertest"
	"foyer/server/cluster/redis/redistest"
)

func TestDevices(t *testing.T) {
	server := redistest.Start(t)
	clustertest.Devices(t, func(t *testing.T) clustertest.Registered { return NewDevices(newClient(t, server.URL, newPrefix())) })
}
