package ws

import (
	"errors"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

// batchBytes is how much is taken from the queue for one write. It bounds what can't be taken back any more.
const batchBytes = 64 << 10

// batch is what one write carries: control frames first, messages in order, the close frame last.
type batch struct {
	ping     bool
	pong     []byte
	messages []entry
	frames   []*Frame // of a tick that did not have to wait
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
	b := batch{frames: frames}
	s.wire.patient(false)
	err := s.write(b)
	if s.wire.patient(true) {
		go func() {
			if !s.wrote(b, s.wire.drain()) {
				s.flush()
			}
		}()
		return
	}
	if s.wrote(b, err) {
		return
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
	for n < len(s.queue) && (n == 0 || size < batchBytes) {
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

// write encodes a batch and hands it to the network in one piece.
func (s *Socket) write(b batch) error {
	if b.scattered() {
		s.wire.collect()
		return errors.Join(s.encode(b), s.wire.release())
	}
	return s.encode(b)
}

// scattered reports whether encoding makes several writes: of several frames, or of one that is too long for gorilla's
// buffer and not prepared.
func (b *batch) scattered() bool {
	if len(b.messages)+len(b.frames) != 1 || b.ping || b.pong != nil || b.farewell != nil {
		return true
	}
	only := entry{}
	if len(b.frames) == 1 {
		only.frame = b.frames[0]
	} else {
		only = b.messages[0]
	}
	return only.size() > writeBuffer && (only.frame == nil || !only.frame.used.Load())
}

func (s *Socket) encode(b batch) error {
	if b.pong != nil {
		if err := s.conn.WriteMessage(websocket.PongMessage, b.pong); err != nil {
			return err
		}
	}
	if b.ping {
		if err := s.conn.WriteMessage(websocket.PingMessage, nil); err != nil {
			return err
		}
	}
	for _, e := range b.messages {
		var err error
		if e.frame != nil {
			err = e.frame.writeTo(s.conn)
		} else {
			err = s.conn.WriteMessage(websocket.TextMessage, e.text)
		}
		if err != nil {
			return err
		}
	}
	for _, f := range b.frames {
		if err := f.writeTo(s.conn); err != nil {
			return err
		}
	}
	if b.farewell != nil {
		return s.conn.WriteMessage(websocket.CloseMessage, b.farewell)
	}
	return nil
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
