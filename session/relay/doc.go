// Package relay is the state lane of one session: the newest state of each member, and the frames that carry them.
//
// The node's loop for a session calls it: Write as states arrive, Tick at each tick, Key for who just joined or lost
// frames. It has no clock, no goroutine and no lock: whoever owns a Relay guards it.
//
// Invariants:
//   - The last state written wins; the ones between are never sent.
//   - A member's state ends with the member: after Remove, no frame has it.
//   - A key frame, and then every tick's frames in order, leave a client with the true states of all who aren't kept
//     from it.
//   - Frames are encoded once for all who get the same, and never change once handed out: they can wait in any number
//     of queues. Delivering costs no allocation, a tick costs one buffer for each kind of receiver.
package relay
