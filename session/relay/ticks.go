package relay

import "time"

// At returns the number of the tick that a session with hz ticks a second, begun at start, is in at now. Nodes whose
// clocks agree to a tick's length say the same or one beside it.
func At(start, now time.Time, hz int) uint32 {
	return uint32(count(start, now, hz)) // #nosec G115 -- begins again after 2 years at 60 Hz, as the wire's number does
}

func count(start, now time.Time, hz int) int64 {
	since := max(0, now.Sub(start))
	return int64(since/time.Second)*int64(hz) + int64(since%time.Second)*int64(hz)/int64(time.Second)
}

// Next returns how long after now the next tick begins.
func Next(start, now time.Time, hz int) time.Duration {
	next, n := count(start, now, hz)+1, int64(hz)
	begin := time.Duration(next/n)*time.Second + (time.Duration(next%n)*time.Second+time.Duration(n-1))/time.Duration(n)
	return begin - max(0, now.Sub(start))
}
