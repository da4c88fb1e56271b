package ws

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// masked is a frame as a device sends it.
func masked(head byte, payload string) []byte {
	key := []byte{0x5a, 0x01, 0xff, byte(len(payload))}
	b := appendFrame(nil, int(head&0xf), []byte(payload))
	at := len(b) - len(payload)
	b[0] = head
	b[1] |= 0x80
	out := append(append(bytes.Clone(b[:at]), key...), payload...)
	for i := range payload {
		out[at+4+i] ^= key[i&3]
	}
	return out
}

// script is a connection on which a device sends given chunks and then goes away. It takes what it is sent.
type script struct {
	net.Conn
	chunks [][]byte
}

func (s *script) Read(p []byte) (int, error) {
	for len(s.chunks) > 0 && len(s.chunks[0]) == 0 {
		s.chunks = s.chunks[1:]
	}
	if len(s.chunks) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.chunks[0])
	s.chunks[0] = s.chunks[0][n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error)      { return len(p), nil }
func (s *script) Close() error                     { return nil }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

type scripted struct {
	*httptest.ResponseRecorder
	conn *script
}

func (w scripted) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// accept is a socket on which a device sends chunks.
func accept(t testing.TB, a *Acceptor, chunks ...[]byte) *Socket {
	conn := &script{}
	r := httptest.NewRequest(http.MethodGet, "http://foyer.test/", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		r.Header.Set(name, value)
	}
	s, err := a.Upgrade(scripted{httptest.NewRecorder(), conn}, r, nil)
	require.NoError(t, err)
	conn.chunks = chunks
	return s
}

// gorillas returns what gorilla alone makes of it: messages, until the first one that is not for us.
func gorillas(t testing.TB, a *Acceptor, sent []byte) (texts, states []string) {
	s := accept(t, a, sent)
	s.unpack()
	defer s.pack()
	conn := s.conn
	conn.SetPingHandler(func(string) error { return nil })
	conn.SetCloseHandler(func(int, string) error { return nil })
	for {
		kind, r, err := conn.NextReader()
		if err != nil {
			return texts, states
		}
		limit := a.options.MessageBytes
		if kind == websocket.BinaryMessage {
			limit = a.binaryLimit()
		}
		p, err := readAll(nil, r, limit)
		switch {
		case errors.Is(err, errTooBig), err != nil, kind == websocket.TextMessage && !utf8.Valid(p):
			return texts, states
		case kind == websocket.TextMessage:
			texts = append(texts, string(p))
		default:
			states = append(states, string(p))
		}
	}
}

// ours returns what a socket makes of the same, in three chunks of which the watch reads the first.
func ours(t testing.TB, a *Acceptor, sent []byte, first, second int) (texts, states []string) {
	s := accept(t, a, bytes.Clone(sent[first:second]), bytes.Clone(sent[second:]))
	l := &log{socket: s, ended: make(chan struct{})}
	s.handler = l
	rest, _ := s.takePlain(bytes.Clone(sent[:first]), false)
	chunks := s.wire.Conn.(*script)
	chunks.chunks = append([][]byte{rest}, chunks.chunks...)
	s.Start(l)
	<-s.Done()
	l.end(t)
	return l.texts, l.states
}

// traffic is a bit of everything.
func traffic() []byte {
	const state, text, pong, ping, more, last, end = 0x82, 0x81, 0x8a, 0x89, 0x02, 0x80, 0x88
	var all []byte
	for _, f := range []struct {
		head    byte
		payload string
	}{
		{state, "a"}, {state, strings.Repeat("b", 65)}, {pong, ""}, {state, strings.Repeat("c", 130)}, {text, "request"}, {state, ""},
		{ping, "?"}, {state, "d"}, {more, "in two "}, {pong, "between"}, {last, "parts"}, {state, "e"}, {text, ""}, {pong, "!"}, {state, "f"},
		{end, "\x03\xe8"}, {state, "too late"},
	} {
		all = append(all, masked(f.head, f.payload)...)
	}
	return all
}

func TestFramesThatAreCutAnywhereAreRead(t *testing.T) {
	h := newRoom(nil)
	defer h.acceptor.Close()
	sent := traffic()
	texts, states := gorillas(t, h.acceptor, sent)
	require.Len(t, texts, 2)
	require.Equal(t, []string{"a", strings.Repeat("b", 65), strings.Repeat("c", 130), "", "d", "in two parts", "e", "f"}, states)
	for first := range sent {
		for _, second := range []int{min(first+1, len(sent)), len(sent)} {
			gotTexts, gotStates := ours(t, h.acceptor, sent, first, second)
			require.Equal(t, texts, gotTexts, "cut at %d and %d", first, second)
			require.Equal(t, states, gotStates, "cut at %d and %d", first, second)
		}
	}
}

func TestWhatIsNotPlainIsLeftToGorilla(t *testing.T) {
	h := newRoom(func(o *Options) { o.StateBytes = 100 })
	defer h.acceptor.Close()
	unmaskedState := appendFrame(nil, websocket.BinaryMessage, []byte("state"))
	for name, b := range map[string][]byte{
		"nothing":                    {},
		"one byte":                   {0x82},
		"a text":                     masked(0x81, "text"),
		"a close":                    masked(0x88, ""),
		"part of a message":          masked(0x02, "state"),
		"the rest of one":            masked(0x80, "state"),
		"an extension's bit":         masked(0xc2, "state"),
		"no mask":                    unmaskedState,
		"no mask, with more behind":  append(bytes.Clone(unmaskedState), masked(0x82, "state")...),
		"a state too big":            masked(0x82, strings.Repeat("s", 102)),
		"one that is huge":           masked(0x82, strings.Repeat("s", 1<<16)),
		"a pong longer than allowed": masked(0x8a, strings.Repeat("p", 126)),
		"a ping longer than allowed": masked(0x89, strings.Repeat("p", 126)),
		"a key in part":              masked(0x82, "state")[:4],
		"a payload in part":          masked(0x82, "state")[:10],
	} {
		s := accept(t, h.acceptor)
		l := &log{socket: s}
		s.handler = l
		before := bytes.Clone(b)
		rest, wrote := s.takePlain(b, false)
		require.Equal(t, before, append([]byte{}, rest...), name)
		require.False(t, wrote, name)
		rest, wrote = s.takePlain(append(masked(0x82, "first"), b...), false)
		require.Equal(t, before, append([]byte{}, rest...), name)
		require.True(t, wrote, name)
		require.Equal(t, []string{"first"}, l.states, name)
	}
	s := accept(t, h.acceptor)
	l := &log{socket: s}
	s.handler = l
	s.Close(1001, "")
	rest, _ := s.takePlain(masked(0x82, "state"), false)
	require.NotEmpty(t, rest, "nothing is delivered after a close")
	require.Empty(t, l.states)
}

func FuzzFrames(f *testing.F) {
	sent := traffic()
	for _, cut := range []int{0, 1, 70, len(sent)} {
		f.Add(sent, uint16(cut), uint16(cut+5))
	}
	f.Add(masked(0x82, strings.Repeat("s", 600)), uint16(3), uint16(9))
	f.Add([]byte{0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5}, uint16(15), uint16(15))
	f.Add([]byte{0x8a, 0xfe, 0, 1, 1, 2, 3, 4, 5}, uint16(9), uint16(9))
	h := newRoom(func(o *Options) { o.UpgradesPerSecond = 0; o.StateBytes, o.MessageBytes = 512, 1000 })
	f.Cleanup(h.acceptor.Close)
	f.Fuzz(func(t *testing.T, sent []byte, first, second uint16) {
		if bytes.Count(sent, []byte{0x89}) > pingsPerSecond {
			return // it may be a flood of pings
		}
		texts, states := gorillas(t, h.acceptor, bytes.Clone(sent))
		one := min(int(first), len(sent))
		gotTexts, gotStates := ours(t, h.acceptor, sent, one, max(one, min(int(second), len(sent))))
		require.Equal(t, texts, gotTexts)
		require.Equal(t, states, gotStates)
	})
}

func TestUnmaskingIsGorillas(t *testing.T) {
	for size := range 40 {
		plain := strings.Repeat("0123456789", 4)[:size]
		b := masked(0x82, plain)
		head, key, payload := cutFrame(b)
		require.EqualValues(t, plainState, head)
		unmask(payload, key)
		require.Equal(t, plain, string(payload), fmt.Sprint(size))
	}
}
