package ws

import (
	"bufio"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

// Handler is what a socket's messages are for. Its methods are called one at a time; the device's next message waits until
// they return. A payload is valid only during the call.
type Handler interface {
	// Text receives a text message: valid UTF-8, within the limit.
	Text(payload []byte)
	// Binary receives a binary message, within the limit.
	Binary(payload []byte)
	// Quick reports whether Binary would return at once. As long as it does, Binary may be called by who reads for many
	// sockets. It never blocks itself.
	Quick() bool
	// Closed says that the socket has ended and why. Nothing comes after it.
	Closed(reason Closed)
}

// Closed says why a socket ended.
type Closed struct {
	// Code is the close code that ended it, the device's or the server's: 1005 for a close frame without a code, 1006
	// for none at all.
	Code protocol.CloseCode
	// Clean is true if the device itself closed with 1000: it will not come back.
	Clean bool
	// ByDevice is true if the device's end closed it or went away.
	ByDevice bool
	// Err is the cause where there was no close frame, for the log.
	Err error
}

// Socket is one device's WebSocket. Its methods are safe for concurrent use and never block.
type Socket struct {
	owner   *Acceptor
	conn    *websocket.Conn
	wire    *wire
	buffer  *bufio.Reader // what gorilla reads from; owned by the read loop, as lender
	lender  *bufio.Reader // whose buffer it has; nil while nobody reads
	address netip.Addr    // of the device, as far as the proxies before us are trusted

	handler Handler // owned by the read loop, as what follows
	pings   pingMeter
	writes  bool // states
	armed   bool // the watch was told of it
	lane    bool // where
	done    chan struct{}

	asleep     atomic.Bool // nobody reads: the watch, or a close, wakes it
	stirred    atomic.Bool // something may have come that the watch tells no more of, unless it is armed anew
	unanswered atomic.Bool // a ping went out and no pong came
	slot       int         // guarded by the wheel's mutex
	forgotten  bool        // guarded by the watch's mutex

	mu       sync.Mutex // guards what follows
	queue    []entry
	bytes    int  // of the payloads in queue
	held     int  // bytes that the owner keeps back
	states   int  // how many in queue are states
	writing  bool // a flush is under way
	ping     bool
	pong     []byte // newest unanswered ping's payload, nil if none
	closing  bool
	closed   Closed        // set with closing
	farewell []byte        // close frame's payload, nil once written
	flushed  chan struct{} // made with closing, closed after the close frame was written or could not be
}

// entry is a queued message: a payload of its own or a shared frame.
type entry struct {
	text  []byte
	frame *Frame
	state bool
}

func (e entry) size() int {
	if e.frame != nil {
		return e.frame.Size()
	}
	return len(e.text)
}

// large reports whether e is a shared frame that is written by itself.
func (e entry) large() bool { return e.frame != nil && e.size() >= largeBytes }

// Send queues a text message, which must not be changed afterwards. It answers false if the queue is full or the socket
// is closing; on a full queue the owner closes with 4000.
func (s *Socket) Send(text []byte) bool { return s.enqueue(entry{text: text}) }

// SendFrame queues a message that goes to many devices. It answers as Send does.
func (s *Socket) SendFrame(f *Frame) bool { return s.enqueue(entry{frame: f}) }

// SendState queues the frames of one tick, which must not be empty. If the device has not yet taken the states queued
// before, those are dropped. Then a key frame (key) takes their place, being complete in itself, while a delta is dropped
// too and the answer is false: the device needs a key frame next. States count for no bound, as there is never more than
// one tick of them; a closing socket takes none and answers true.
func (s *Socket) SendState(frames []*Frame, key bool) bool {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return true
	}
	if s.states > 0 {
		s.dropStatesLocked()
		if !key {
			s.mu.Unlock()
			s.owner.stats.StatesDropped.Add(1)
			return false
		}
		s.owner.stats.KeyFrames.Add(1)
	}
	if !s.writing && s.wire.raw != nil {
		s.writing = true
		s.mu.Unlock()
		s.flushNow(frames)
		return true
	}
	for _, f := range frames {
		s.queue = append(s.queue, entry{frame: f, state: true})
	}
	s.states = len(frames)
	start := s.startLocked()
	s.mu.Unlock()
	if start {
		go s.flush()
	}
	return true
}

// DropStates forgets the states that the device has not taken: it has left the session that they are of.
func (s *Socket) DropStates() {
	s.mu.Lock()
	s.dropStatesLocked()
	s.mu.Unlock()
}

// Close ends the socket with a close code and a short reason (cut at 123 bytes). The first close wins.
func (s *Socket) Close(code protocol.CloseCode, reason string) {
	s.close(Closed{Code: code}, websocket.FormatCloseMessage(int(code), clip(reason, 123)))
}

// Done is closed when the socket has ended and all that belonged to it is gone.
func (s *Socket) Done() <-chan struct{} { return s.done }

// Address is the device's IP address, as far as the proxies before this server are trusted to say it.
func (s *Socket) Address() netip.Addr { return s.address }

// Queued is how many bytes wait to be written, for tests and metrics.
func (s *Socket) Queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

func (s *Socket) enqueue(e entry) bool {
	size := e.size()
	s.mu.Lock()
	if s.closing || !s.owner.room(len(s.queue)-s.states+1, s.bytes+s.held+size) {
		if !s.closing {
			s.owner.stats.QueuesFull.Add(1)
		}
		s.mu.Unlock()
		return false
	}
	s.queue = append(s.queue, e)
	s.bytes += size
	s.owner.charge(e)
	start := s.startLocked()
	s.mu.Unlock()
	if start {
		go s.flush()
	}
	return true
}

// startLocked reports whether the caller has to start a flush.
func (s *Socket) startLocked() bool {
	start := !s.writing
	s.writing = true
	return start
}

func (s *Socket) dropStatesLocked() {
	if s.states == 0 {
		return
	}
	kept := s.queue[:0]
	for _, e := range s.queue {
		if !e.state {
			kept = append(kept, e)
		}
	}
	clear(s.queue[len(kept):])
	s.queue, s.states = kept, 0
}

// close marks the socket as closing, unless it is, and has the close frame written after what is queued.
func (s *Socket) close(reason Closed, frame []byte) {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return
	}
	if errors.Is(reason.Err, errStalled) {
		s.owner.stats.SlowReaders.Add(1)
	}
	s.closing, s.closed, s.farewell = true, reason, frame
	s.flushed = make(chan struct{})
	if reason.ByDevice || reason.Code == protocol.CloseSlowReader {
		s.owner.discharge(s.queue)
		s.queue, s.bytes, s.states = nil, 0, 0
	}
	start := s.startLocked()
	s.mu.Unlock()
	s.wire.hasten()
	_ = s.wire.SetReadDeadline(past) // ends what waits to read; fails only on a dead socket, which ends it too
	s.wake()
	if start {
		go s.flush()
	}
}

// past is a read deadline that has been reached.
var past = time.Unix(1, 0)

// clip cuts text to at most n bytes, between two characters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// sendPing asks for a sign of life.
func (s *Socket) sendPing() {
	s.unanswered.Store(true)
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return
	}
	s.ping = true
	start := s.startLocked()
	s.mu.Unlock()
	if start {
		go s.flush()
	}
}

// sendPong answers the newest ping; an older one that is still to be answered is forgotten.
func (s *Socket) sendPong(payload string) {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return
	}
	s.pong = []byte(payload)
	start := s.startLocked()
	s.mu.Unlock()
	if start {
		go s.flush()
	}
}
