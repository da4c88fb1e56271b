package ws

import (
	"sync"
	"time"

	"foyer/protocol"
)

// wheel pings all sockets, each once a turn, and closes those that do not answer. It has one goroutine and one timer,
// however many sockets there are.
type wheel struct {
	step  time.Duration
	reach int // how many slots after its ping a socket's pong is due
	stats *Stats

	mu    sync.Mutex // guards what follows and Socket.slot
	slots []map[*Socket]struct{}
	at    int
	stop  chan struct{}
	ended chan struct{}
}

// turnSlots is how finely a turn is divided: sockets are pinged in so many groups.
const turnSlots = 50

func newWheel(every, within time.Duration, stats *Stats) *wheel {
	step := every / turnSlots
	w := &wheel{
		step: step, reach: int((within + step - 1) / step), stats: stats,
		slots: make([]map[*Socket]struct{}, turnSlots), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	for i := range w.slots {
		w.slots[i] = make(map[*Socket]struct{})
	}
	go w.run()
	return w
}

// add has s pinged from one turn from now on.
func (w *wheel) add(s *Socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.slot = w.at
	w.slots[s.slot][s] = struct{}{}
}

func (w *wheel) remove(s *Socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.slots[s.slot], s)
}

func (w *wheel) close() {
	close(w.stop)
	<-w.ended
}

func (w *wheel) run() {
	defer close(w.ended)
	t := time.NewTicker(w.step)
	defer t.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-t.C:
			w.turn()
		}
	}
}

// turn moves on by one slot, closes the sockets whose pong is overdue, and pings those of the slot.
func (w *wheel) turn() {
	w.mu.Lock()
	w.at = (w.at + 1) % turnSlots
	due := list(w.slots[w.at], func(*Socket) bool { return true })
	late := list(w.slots[(w.at-w.reach+turnSlots)%turnSlots], func(s *Socket) bool { return s.unanswered.Load() })
	w.mu.Unlock()
	for _, s := range late {
		w.stats.PongsMissing.Add(1)
		s.Close(protocol.ClosePongMissing, "no pong")
	}
	for _, s := range due {
		s.sendPing()
	}
}

func list(slot map[*Socket]struct{}, want func(*Socket) bool) []*Socket {
	var out []*Socket
	for s := range slot {
		if want(s) {
			out = append(out, s)
		}
	}
	return out
}
