package app

import (
	"foyer/server"
	"foyer/server/cluster/memory"
	"foyer/server/config"
)

// Cluster is what is between the nodes of one process. A server run by itself is a cluster of one.
type Cluster struct {
	Hub      *memory.Hub
	Devices  *memory.Devices
	Registry *memory.Registry
	Pace     *memory.Pace
}

// NewCluster returns a Cluster without nodes.
func NewCluster(settings config.Settings) *Cluster {
	hub := memory.NewHub()
	options := memory.RegistryOptions{EmptyAfter: settings.Session.EmptyAfter}
	return &Cluster{Hub: hub, Devices: memory.NewDevices(), Pace: memory.NewPace(), Registry: memory.NewRegistry(server.PublishRosters(hub.Bus()), options)}
}

// Close ends what the Cluster does by itself.
func (c *Cluster) Close() error {
	c.Registry.Stop()
	return nil
}
