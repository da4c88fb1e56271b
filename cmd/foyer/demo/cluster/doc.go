//go:build unix

// Package cluster runs Foyer as several nodes on one machine: real processes on a PostgreSQL and a Redis of their own,
// behind a haproxy without sticky connections. `foyer demo --cluster` fills it with people.
//
// Invariants:
//   - Everything listens on loopback or on a socket in a private folder, on ports that were free.
//   - Everything ends, and its folders go, with the process that started it, whichever way that ends: each program is
//     held by a small shell, which clears up when its standard input closes.
//   - A node that ends by itself is started anew after a while, under the same name and address.
package cluster
