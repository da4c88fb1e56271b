// Package presence folds the devices of a person into what others see of them, and says who sees how much.
//
// Its callers are the runtime, which has the devices, and through it the rows and panels of people. Everything here
// is a value or a function of its arguments: no goroutine, no I/O, no clock.
//
// Invariants:
//   - A person who is invisible, or whose account could not be read, is for those who may not see through it the
//     very same value as one who is offline.
//   - A device that dropped counts like a connected one until its grace is over.
//   - Who is neither connected with a person nor in a session with them, or is parted from them by a block, sees
//     no presence: not even offline.
package presence
