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
		if err != nil {
			s.writeFailed(err)
		}
		if b.farewell != nil {
			s.wire.closeWrite()
			close(s.flushed)
			return // writing stays true: nothing is written after a close frame
		}
	}
}

// take removes the next batch from the queue. It answers false, and the flush is over, if there is none.
func (s *Socket) take() (batch, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
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
	if !b.ping && b.pong == nil && n == 0 && b.farewell == nil {
		s.writing = false
		return b, false
	}
	return b, true
}

// write encodes a batch and hands it to the network in one piece.
func (s *Socket) write(b batch) error {
	if frames := len(b.messages); frames > 1 || b.ping || b.pong != nil || b.farewell != nil {
		s.wire.collect()
		return errors.Join(s.encode(b), s.wire.release())
	}
	return s.encode(b)
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
			err = s.conn.WritePreparedMessage(e.frame.prepared)
		} else {
			err = s.conn.WriteMessage(websocket.TextMessage, e.text)
		}
		if err != nil {
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
		if s.close(Closed{Code: protocol.CloseSlowReader, Err: err}, websocket.FormatCloseMessage(int(protocol.CloseSlowReader), "reads too slowly")) {
			s.owner.stats.SlowReaders.Add(1)
		}
	case errors.Is(err, websocket.ErrCloseSent): // gorilla answered a breach of the protocol by itself; the read loop ends the socket
	default:
		s.close(Closed{Code: closeAbnormal, ByDevice: true, Err: err}, []byte{})
	}
}
