package ws

// requestStack is how much stack a request needs, about, in bytes. A stack of 16 KiB is the largest that costs little.
const requestStack = 9 << 10

// Deepen makes the stack of a goroutine that has just begun as large as carrying out a request needs, while there is
// hardly anything on it. It would else grow three times amid the request, each time with all that is on it by then.
func Deepen() { deep(false) }

// deep has room for so much: it is found on entry, whatever becomes of it.
//
//go:noinline
func deep(use bool) {
	if use {
		var room [requestStack]byte
		touch(&room)
	}
}

//go:noinline
func touch(room *[requestStack]byte) { room[0]++ }
