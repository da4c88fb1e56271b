// Package invitation decides what is between two people: invitation, connection and block.
//
// A pair of users has one record. machine.go says how each event changes it, as values without I/O; policy.go says
// who may invite and how often; Service carries both out in one transaction of its Store. The server's handlers,
// its sweeper and the focus panel call it.
//
// Invariants:
//   - Whether an invitation is hidden from its recipient can't be told from anything that its sender is answered,
//     notified or shown.
//   - A user's revision moves exactly when what that user sees of a pair changes.
//   - A pair has at most one ordinary invitation open, whoever sent it; two crossed ones end connected.
//   - Services return Effects for what was committed, also beside a refusal: an expiry that was due is carried out
//     first and stands. They never publish and never log.
//   - What is logged for replay, or remembered for an op_id, holds no name, message or address.
package invitation
