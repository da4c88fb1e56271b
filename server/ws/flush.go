package ws

import (
	"errors"
	"sync"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

// batchBytes is how much is taken from the queue for one write. It bounds what can't be taken back any more.
const batchBytes = 64 << 10

// largeBytes is from which length on a shared frame is written by itself: a write costs less than the copy for one with others.
const largeBytes = 16 << 10

// batch is what one write carries: control frames first, messages in order, the close frame last.
type batch struct {
	ping     bool
	pong     []byte
	messages []entry
	farewell []byte
}

// flush writes until nothing is queued, then ends. At most one runs for a socket, which Socket.writing says.
func (s *Socket) flush() {
	for {
		b, ok := s.take()
		if !ok {
			return
		}
		err := s.write(b)
		s.owner.discharge(b.messages)
		if s.wrote(b, err) {
			return
		}
	}
}

// flushNow writes one tick's frames on the caller's goroutine, which must have set Socket.writing. What the kernel has no
// room for, and what was queued meanwhile, is left to a flush of its own: flushNow never blocks.
func (s *Socket) flushNow(frames []*Frame) {
	left, err := s.wire.offer(frames)
	if left {
		go func() {
			if !s.wrote(batch{}, s.wire.drain()) {
				s.flush()
			}
		}()
		return
	}
	if err != nil {
		s.writeFailed(err)
	}
	s.mu.Lock()
	more := s.pendingLocked()
	s.writing = more
	s.mu.Unlock()
	if more {
		go s.flush()
	}
}

// wrote deals with the outcome of a write. It answers true if it was the last one: nothing follows a close frame.
func (s *Socket) wrote(b batch, err error) bool {
	if err != nil {
		s.writeFailed(err)
	}
	if b.farewell == nil {
		return false
	}
	s.wire.closeWrite()
	close(s.flushed)
	return true
}

// pendingLocked reports whether there is anything to write.
func (s *Socket) pendingLocked() bool {
	return len(s.queue) > 0 || s.ping || s.pong != nil || s.farewell != nil
}

// take removes the next batch from the queue. It answers false, and the flush is over, if there is none.
func (s *Socket) take() (batch, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pendingLocked() {
		s.writing = false
		return batch{}, false
	}
	b := batch{ping: s.ping, pong: s.pong}
	s.ping, s.pong = false, nil
	n, size := 0, 0
	for n < len(s.queue) && (n == 0 || size < batchBytes && !s.queue[n].large() && !s.queue[n-1].large()) {
		e := s.queue[n]
		size += e.size()
		if e.state {
			s.states--
		} else {
			s.bytes -= e.size()
		}
		n++
	}
	b.messages = s.queue[:n:n]
	s.queue = s.queue[n:]
	if len(s.queue) == 0 {
		s.queue = nil
		b.farewell, s.farewell = s.farewell, nil
	}
	return b, true
}

// write hands a batch to the network in one piece.
func (s *Socket) write(b batch) error {
	if only := b.only(); only != nil {
		return s.wire.send(only.framed)
	}
	buf := batches.Get().(*[]byte)
	*buf = b.append((*buf)[:0])
	err := s.wire.send(*buf)
	putBatch(buf)
	return err
}

func putBatch(buf *[]byte) {
	if cap(*buf) <= 2*batchBytes {
		batches.Put(buf)
	}
}

var batches = sync.Pool{New: func() any { return new([]byte) }}

// only returns the shared frame that is all of b, nil if there is more, or something else.
func (b *batch) only() *Frame {
	if len(b.messages) != 1 || b.ping || b.pong != nil || b.farewell != nil {
		return nil
	}
	return b.messages[0].frame
}

// append appends b as it goes over the wire.
func (b *batch) append(out []byte) []byte {
	if b.pong != nil {
		out = appendFrame(out, websocket.PongMessage, b.pong)
	}
	if b.ping {
		out = appendFrame(out, websocket.PingMessage, nil)
	}
	for _, e := range b.messages {
		if e.frame != nil {
			out = append(out, e.frame.framed...)
		} else {
			out = appendFrame(out, websocket.TextMessage, e.text)
		}
	}
	if b.farewell != nil {
		out = appendFrame(out, websocket.CloseMessage, b.farewell)
	}
	return out
}

// writeFailed ends the socket: the device reads too slowly, or it is gone.
func (s *Socket) writeFailed(err error) {
	switch {
	case errors.Is(err, errStalled):
		s.close(Closed{Code: protocol.CloseSlowReader, Err: err}, websocket.FormatCloseMessage(int(protocol.CloseSlowReader), "reads too slowly"))
	case errors.Is(err, websocket.ErrCloseSent): // gorilla answered a breach of the protocol by itself; the read loop ends the socket
	default:
		s.close(Closed{Code: closeAbnormal, ByDevice: true, Err: err}, []byte{})
	}
}
