package ws

// entryBytes is what a queued message costs beside its payload.
const entryBytes = 64

// A shared frame's payload is in memory once, however many queues it waits in. So the bytes of all queues count it with
// the first queue that it goes into and until the last one that it leaves; the bytes of one queue count it always.

// charge counts e into the bytes of all queues.
func (a *Acceptor) charge(e entry) {
	n := entryBytes
	if e.frame == nil {
		n += len(e.text)
	} else if e.frame.queued.Add(1) == 1 {
		n += e.frame.Size()
	}
	a.stats.Queued.Add(int64(n))
}

// discharge counts entries out again.
func (a *Acceptor) discharge(entries []entry) {
	n := 0
	for _, e := range entries {
		if e.state {
			continue // never counted
		}
		n += entryBytes
		if e.frame == nil {
			n += len(e.text)
		} else if e.frame.queued.Add(-1) == 0 {
			n += e.frame.Size()
		}
	}
	a.stats.Queued.Add(-int64(n))
}

// scarce is how many devices it takes that hold all they may for the bytes of all queues to run out: each may hold one
// part in so many of what is left. The less is left, the less a device may hold, and those that hold most are closed
// first; a device that keeps up hardly notices, since something is left always.
const scarce = 8

// room reports whether a queue may grow to so many messages and bytes.
func (a *Acceptor) room(messages, bytes int) bool {
	o := &a.options
	switch {
	case o.QueueMessages > 0 && messages > o.QueueMessages, o.QueueBytes > 0 && bytes > o.QueueBytes:
		return false
	case o.QueueTotal == 0:
		return true
	}
	return bytes <= (o.QueueTotal-int(a.stats.Queued.Load()))/scarce
}

// QueueTotal is how many bytes may wait for all devices together, 0 for no limit.
func (a *Acceptor) QueueTotal() int { return a.options.QueueTotal }

// Held is a message that the owner keeps back for a device: a text of its own, or a shared frame.
type Held struct {
	Text  []byte
	Frame *Frame
}

func (h Held) entry() entry { return entry{text: h.Text, frame: h.Frame} }

// Hold counts a message that the owner keeps back for the device and reports whether the device may have so much waiting.
// The owner gives back (LetGo) all that it held before or when Closed is called.
func (s *Socket) Hold(h Held) bool {
	e := h.entry()
	s.owner.charge(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held += e.size()
	return !s.closing && s.owner.room(0, s.bytes+s.held)
}

// LetGo counts a message that was held out again.
func (s *Socket) LetGo(h Held) {
	e := h.entry()
	s.mu.Lock()
	s.held -= e.size()
	s.mu.Unlock()
	s.owner.discharge([]entry{e})
}
