// Package chaos is a campaign of faults against a cluster of real processes: three nodes, a Redis and a PostgreSQL of
// its own, a wire that can fail between each node and both, and devices that speak the protocol frame by frame. It has
// tests only.
//
// Two kinds of people are at it while faults come and go (faults_test.go):
//
//   - groups: three users, two devices each, on different nodes. They invite, withdraw, accept, decline, block and so on
//     at random, repeating under its op_id whatever was not answered. After some dozens of calls a group stops, is checked
//     whole (audit_test.go: the devices' logs, the calls, fresh lists and the database must agree; model_test.go: each
//     pair's calls must be linearizable) and makes place for a new one.
//   - the house: sessions that people join, leave and are kicked from all the time, and where some stay for good
//     (house_test.go: no false leave, no ghost, no member too many, everyone knows the same roster).
//
// A campaign is repeated with its seed as far as chance can be: processes and networks have a will of their own. What
// is wrong is reported with the seed, the time and the fault that was on.
package chaos
