// Package server is everything that moves: it takes what a device asks through one request's way and carries what
// changed to every device concerned.
//
// The way of a request, in eight hops: ws reads a frame → Device.Text → protocol decodes it → dispatch finds the
// handler in a table → the domain service decides in one transaction → the answer is queued on the device → the effects
// are published on the Bus → each node's deliver finds the devices in its hub, and ws writes. A node's own devices are
// served by the same path.
//
// Invariants:
//   - Nothing is published before the commit; nothing is decided in a handler.
//   - A device gets the answer to its request before any notification that the request caused: while a request is
//     carried out, notifications for the device are held back (changes, and news of a session that the request does nothing
//     to, for a second at most).
//   - relation.changed and settings.changed reach each device once and in the order of their revisions; a gap makes the
//     node read the log. session.roster likewise by its version; a gap there makes the node send session.resync.
//   - A mistake in the program, a panic, ends at most one device, or the devices of one session.
//   - Delivery never blocks. A device whose queue is full is closed with 4000 and resumes.
package server
