// Package redis has the Bus, the Devices and the Registry of sessions for nodes that share a Redis: one server, one
// behind Sentinel, or a Redis Cluster. Nothing else here speaks Redis, and cmd/foyer alone chooses this package.
//
// Redis holds nothing durable. What is written there is one value per user and one per session, each encoded whole with
// a version: a node decides in Go, with the same code as the in-process form, and writes back only if nobody wrote
// meanwhile. All times that nodes compare with each other are Redis's.
//
// What Redis loses is made good: a lost message by the log of changes, a lost device or member by the node that it hangs
// on, a lost subscription by a new one, which the owner of the Bus is told of so that it reads the truth anew.
// What it loses in part, as a Redis Cluster can whose master fails, counts as all lost (whole.go).
package redis
