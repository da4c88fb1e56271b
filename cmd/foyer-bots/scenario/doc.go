// Package scenario says what bots do: how many people there are, in which sessions, and which of them moves, invites,
// leaves or loses the network how often. A scenario is a YAML file, read strictly; some are ready and embedded.
//
// It is pure: values in, values out, with no socket and no clock. The struct's tags are the single place for names,
// defaults, bounds and explanations; what checks a file and the reference in docs/load-testing.md both read them.
//
// Invariants:
//   - A Scenario that Decode or Ready returned is within every bound, so nothing that runs it has to ask again.
//   - Numbers are those of the whole load. Divided among processes they add up to exactly that.
package scenario
