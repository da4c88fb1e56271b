package app

import (
	"context"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"foyer/server/admin"
)

// adminHandler is what operators and their machines reach.
func (a *App) adminHandler() http.Handler {
	return admin.Handler(admin.Options{Draining: a.server.Draining, Parts: a.standsOn(), Collectors: a.collectors()})
}

// standsOn is what the node needs to be of use. Without the store or the keys to check tokens with, a new device gets
// nowhere here, so others should get it. Where nothing can be stored, others could do no more; without Redis the node does
// what a node by itself can.
func (a *App) standsOn() []admin.Part {
	parts := []admin.Part{
		{Name: "store", Needed: true, Check: a.store.Ping},
		{Name: "writes", Check: a.store.Writes},
		{Name: "keys", Needed: true, Check: func(context.Context) error { return a.verifier.Ready() }},
	}
	if a.between != nil {
		parts = append(parts,
			admin.Part{Name: "redis", Check: func(context.Context) error { return a.between.node.Err() }},
			admin.Part{Name: "subscriptions", Check: func(context.Context) error { return a.between.Listening() }},
		)
	}
	return parts
}

// collectors are all metrics of the node's own.
func (a *App) collectors() []prometheus.Collector {
	all := slices.Concat(a.server.Metrics(), a.store.Collectors())
	if a.between != nil {
		all = append(all, a.between.metrics()...)
	}
	return all
}
