package memory

import (
	"testing"

	"foyer/server/cluster"
	"foyer/server/cluster/clustertest"
)

func TestBus(t *testing.T) {
	clustertest.Bus(t, func(*testing.T) (one, two cluster.Bus) {
		h := NewHub()
		return h.Bus(), h.Bus()
	})
}

func TestDevices(t *testing.T) {
	clustertest.Devices(t, func(*testing.T) clustertest.Registered { return NewDevices() })
}

func TestPace(t *testing.T) {
	clustertest.Pace(t, func(*testing.T) [2]cluster.Pace {
		p := NewPace()
		return [2]cluster.Pace{p, p}
	})
}
