// Package load carries a scenario out: it is all the people, their devices, what they do and what they know.
//
// Each activity is an open loop: its events are due at times that the scenario alone decides, and every duration counts
// from when its event was due, so that a server that stalls is not asked less and does not look better.
//
// Bots know the truth, since nobody else is in their sessions and pairs, and hold each device to it while loading: every
// revision once and in order, relations exactly as the rules have them on both sides, rosters without a hole and equal to
// who is there, no state of anybody who left, presence that ends at the newest. What breaks this is a violation.
//
// A device is one goroutine that reads, and some hundred bytes. It holds no buffer while nothing comes. The locks are
// taken in this order: device, person, place; the recorder's are taken last. Nothing is written to a socket under them.
package load
