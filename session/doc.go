// Package session holds shared places: what is kept of them, who may enter, who is in, what roles allow.
//
// Its callers are the server's handlers (Service), its tests and the Registry's implementations (Roster, which is the
// whole of a session's roster as one deterministic state machine without clock, lock or I/O).
//
// Two seams carry the state: Store for what outlives the process (records, bans, stays), Registry for who is in now.
// A request first reads what the database knows, then the Registry decides in one atomic step.
//
// Invariants:
//   - Members and those in grace together never exceed the capacity, and a user is in one session at most.
//   - A join is decided on the settings of one revision (Rules.Rev); if they moved meanwhile, it is decided anew.
//   - A session with an heir has exactly one host while it has members.
//   - A roster's version goes up by exactly 1 with each change that is published; whoever applies the changes in order
//     to what a join answered has the roster.
//   - Services publish and log nothing: what others must learn comes back as Effects.
package session
