package ws

import (
	"bufio"
	"errors"
	"io"
	"sync"
	"time"
	"unicode/utf8"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

const (
	closeProtocolError protocol.CloseCode = 1002
	closeAbnormal      protocol.CloseCode = 1006

	lingerTime      = 2 * time.Second // for the device to read our close frame before the socket is torn down
	pingsPerSecond  = 50              // a device that pings more often is flooding
	firstReadBuffer = 2 << 10
)

// Start begins to read, on a goroutine of its own, and returns at once. It is called exactly once.
func (s *Socket) Start(h Handler) {
	s.handler = h
	s.conn.SetPingHandler(func(payload string) error { s.pinged(payload); return nil })
	s.conn.SetPongHandler(func(string) error { s.unanswered.Store(false); return nil })
	s.conn.SetCloseHandler(func(int, string) error { return nil }) // the read loop answers
	s.owner.wheel.add(s)
	s.owner.stats.Open.Add(1)
	if !s.sleep() {
		go s.waitAndRead()
	}
}

// readOn reads until the device falls silent. Then the watch waits, or a new goroutine: carrying out a request makes the
// stack grow, and a silent device must not keep it.
func (s *Socket) readOn() {
	Deepen()
	if !s.takeAhead() {
		s.stirred.Store(true)
		s.unpack()
		if !s.read() {
			return
		}
		s.pack()
	}
	if !s.sleep() {
		go s.waitAndRead()
	}
}

// takeAhead takes what the watch has read and reports whether that was something, and nothing is left of it.
func (s *Socket) takeAhead() bool {
	if len(s.wire.ahead) == 0 {
		return false
	}
	rest, _ := s.takePlain(s.wire.ahead, true)
	s.wire.ahead = rest
	if len(rest) == 0 {
		s.wire.ahead = nil
	}
	return len(rest) == 0
}

// lenders have a buffer and no socket.
var lenders = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readBuffer) }}

// unpack gives the socket's reader a buffer, which it has while somebody reads: a silent device needs none.
func (s *Socket) unpack() {
	s.lender = lenders.Get().(*bufio.Reader)
	s.lender.Reset(s.wire)
	*s.buffer = *s.lender
}

// pack gives the buffer back, in which nothing may be left.
func (s *Socket) pack() {
	*s.lender, *s.buffer = *s.buffer, bufio.Reader{}
	s.lender.Reset(nil)
	lenders.Put(s.lender)
	s.lender = nil
}

func (s *Socket) waitAndRead() {
	s.wire.doze()
	s.readOn()
}

// sleep leaves it to the watch to have the socket read on when there is something to read. It answers false if that can't
// be: then the caller sees to it.
func (s *Socket) sleep() bool {
	w := s.owner.watchFor(s)
	if w == nil {
		return false
	}
	lane, armed := s.writes, s.armed && s.lane == s.writes
	s.armed, s.lane = true, lane
	s.asleep.Store(true) // from here on it may be somebody else who reads
	if !s.isClosing() && (armed && !s.stirred.Swap(false) || w.arm(s, lane)) {
		return true
	}
	s.stirred.Store(true)
	return !s.asleep.CompareAndSwap(true, false) // else somebody has woken it already
}

// wake has a sleeping socket read on; one that isn't asleep does so anyway.
func (s *Socket) wake() {
	if s.asleep.CompareAndSwap(true, false) {
		go s.readOn()
	}
}

// read reads messages until the device falls silent, and answers true; false if the socket has ended. Where no watch can
// wait, a device that writes states is read without a pause.
func (s *Socket) read() bool {
	watched := s.owner.watchFor(s) != nil
	for {
		if _, err := s.buffer.Peek(1); err == nil { // gorilla meets the same error
			b, _ := s.buffer.Peek(s.buffer.Buffered())
			rest, wrote := s.takePlain(b, true)
			_, _ = s.buffer.Discard(len(b) - len(rest)) // all of it is buffered
			if len(rest) == 0 {
				if s.drained() && (watched || !wrote) {
					return true
				}
				continue
			}
		}
		kind, r, err := s.conn.NextReader()
		if err != nil {
			s.finish(err)
			return false
		}
		if !s.deliver(kind, r) {
			s.finish(nil)
			return false
		}
		if s.drained() && (watched || kind == websocket.TextMessage) {
			return true
		}
	}
}

// drained reports whether all that was read was also taken.
func (s *Socket) drained() bool { return s.buffer.Buffered() == 0 && len(s.wire.ahead) == 0 }

var readBuffers = sync.Pool{New: func() any { b := make([]byte, 0, firstReadBuffer); return &b }}

// deliver reads one message and hands it to the handler. It answers false if the socket is ending.
func (s *Socket) deliver(kind int, r io.Reader) bool {
	limit := s.owner.options.MessageBytes
	if kind == websocket.BinaryMessage {
		limit = s.owner.binaryLimit()
	}
	buf := readBuffers.Get().(*[]byte)
	payload, err := readAll((*buf)[:0], r, limit)
	defer func() {
		if cap(payload) <= 16*firstReadBuffer {
			*buf = payload
			readBuffers.Put(buf)
		}
	}()
	switch {
	case errors.Is(err, errTooBig):
		s.Close(protocol.CloseMessageTooBig, "message too big")
	case err != nil:
		s.finishReading(err)
	case s.isClosing():
	case kind == websocket.TextMessage:
		s.text(payload)
	default:
		s.writes = true
		s.handler.Binary(payload)
	}
	return !s.isClosing()
}

func (s *Socket) text(payload []byte) {
	if !utf8.Valid(payload) {
		s.Close(protocol.CloseInvalidUTF8, "text is not UTF-8")
		return
	}
	s.handler.Text(payload)
}

var errTooBig = errors.New("message over the limit")

// readAll appends what r has to buf, at most limit bytes (0: no limit), else errTooBig.
func readAll(buf []byte, r io.Reader, limit int) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case limit > 0 && len(buf) > limit:
			return buf, errTooBig
		case errors.Is(err, io.EOF):
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}

// finishReading closes the socket for what reading ended with, unless it is closing already.
func (s *Socket) finishReading(err error) {
	var frame *websocket.CloseError
	switch {
	case errors.As(err, &frame) && frame.Code != websocket.CloseAbnormalClosure:
		reason := Closed{Code: protocol.CloseCode(frame.Code), Clean: frame.Code == websocket.CloseNormalClosure, ByDevice: true}
		s.close(reason, websocket.FormatCloseMessage(frame.Code, ""))
	case frame != nil, isNetwork(err):
		s.close(Closed{Code: closeAbnormal, ByDevice: true, Err: err}, []byte{})
	default: // gorilla found a breach of RFC 6455 and has said so to the device
		s.close(Closed{Code: closeProtocolError, Err: err}, websocket.FormatCloseMessage(int(closeProtocolError), ""))
	}
}

// finish ends the socket. It tells the handler, waits for the last bytes to be written and releases everything.
func (s *Socket) finish(err error) {
	if err != nil {
		s.finishReading(err)
	}
	s.owner.wheel.remove(s)
	s.mu.Lock()
	reason, flushed := s.closed, s.flushed
	s.mu.Unlock()
	s.handler.Closed(reason)
	<-flushed
	if !reason.ByDevice {
		s.linger()
	}
	if w := s.owner.watchFor(s); w != nil {
		w.forget(s)
	}
	_ = s.conn.Close() // the device is gone; there is nobody to tell
	s.owner.left(s.address)
	s.owner.stats.Open.Add(-1)
	close(s.done)
}

// linger reads on for a moment: closing with unread bytes would reset the socket and take the close frame with it.
func (s *Socket) linger() {
	if _, ok := s.wire.Conn.(interface{ CloseWrite() error }); !ok {
		return
	}
	if s.wire.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.Copy(io.Discard, s.wire.Conn) // however this ends, the socket is closed next
	}
}

func (s *Socket) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// pinged answers a ping.
func (s *Socket) pinged(payload string) {
	if !s.pings.allow(time.Now()) {
		s.Close(protocol.CloseFlooding, "too many pings")
		return
	}
	s.sendPong(payload)
}

// pingMeter counts pings in the current second. Owned by readLoop.
type pingMeter struct {
	second int64
	count  int
}

func (m *pingMeter) allow(now time.Time) bool {
	if second := now.Unix(); second != m.second {
		m.second, m.count = second, 0
	}
	m.count++
	return m.count <= pingsPerSecond
}
