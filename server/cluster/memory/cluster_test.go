package memory

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
	"foyer/server/cluster/clustertest"
)

func TestBus(t *testing.T) {
	clustertest.Bus(t, func(*testing.T) clustertest.Ends {
		h := NewHub()
		return clustertest.Ends{One: h.Bus(), Two: h.Bus()}
	})
}

func TestNobodyWantsWhatNoNodeSubscribesTo(t *testing.T) {
	one, two := NewHub().Bus(), NewHub().Bus()
	topic := cluster.PersonTopic("ada")
	require.NoError(t, two.Subscribe(t.Context(), topic))
	require.False(t, one.Wanted(topic), "on another hub")
	require.NoError(t, one.Subscribe(t.Context(), topic))
	one.Unsubscribe(topic)
	require.False(t, one.Wanted(topic))
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
