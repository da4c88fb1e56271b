package ws

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// silent is a device that only answers.
type silent struct{ socket *Socket }

func (d *silent) Text(p []byte) { d.socket.Send(append([]byte(nil), p...)) }
func (d *silent) Binary([]byte) {}
func (d *silent) Quick() bool   { return true }
func (d *silent) Closed(Closed) {}

type benchRoom struct {
	acceptor *Acceptor
	sockets  chan *Socket
}

func (b *benchRoom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, err := b.acceptor.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.Start(&silent{s})
	b.sockets <- s
}

func benchServer(b testing.TB) (*benchRoom, string) {
	o := Defaults()
	o.UpgradesPerSecond, o.QueueMessages, o.QueueBytes = 0, 0, 0
	h := &benchRoom{acceptor: New(o), sockets: make(chan *Socket, 20000)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	srv := &http.Server{Handler: h}
	go func() { _ = srv.Serve(l) }()
	b.Cleanup(func() { _ = srv.Close(); h.acceptor.Close() })
	return h, l.Addr().String()
}

// rawDial shakes hands without a client library, so that the other end costs next to nothing.
func rawDial(b testing.TB, addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	require.NoError(b, err)
	_, err = fmt.Fprintf(c, "GET /v1/ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", addr)
	require.NoError(b, err)
	line, err := bufio.NewReaderSize(c, 16).ReadString('\n')
	require.NoError(b, err)
	require.True(b, strings.HasPrefix(line, "HTTP/1.1 101"), line)
	return c
}

// BenchmarkIdle reports what an idle socket holds after a collection, with the client's end of it.
func BenchmarkIdle(b *testing.B) {
	h, addr := benchServer(b)
	const n = 5000
	heap, stack := held()
	clients := make([]net.Conn, 0, n)
	for range n {
		clients = append(clients, rawDial(b, addr))
	}
	heapAfter, stackAfter := held()
	for _, c := range clients {
		_ = c.Close()
	}
	for range n {
		<-(<-h.sockets).Done()
	}
	for b.Loop() {
	}
	b.ReportMetric(float64(heapAfter-heap)/n, "heap-B/socket")
	b.ReportMetric(float64(stackAfter-stack)/n, "stack-B/socket")
}

func held() (heap, stack uint64) {
	<-time.After(100 * time.Millisecond) // lets the HTTP server's goroutines end
	for range 3 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse, m.StackInuse
}

// BenchmarkTick is one tick's frame to devices that read, until all of it is with the kernel, beside others that are
// silent. What a frame costs should not depend on either number.
func BenchmarkTick(b *testing.B) {
	for _, c := range []struct{ receivers, idle int }{{10, 0}, {100, 0}, {1000, 0}, {100, 5000}} {
		b.Run(fmt.Sprintf("receivers=%d/idle=%d", c.receivers, c.idle), func(b *testing.B) { benchTick(b, c.receivers, c.idle) })
	}
}

func benchTick(b *testing.B, receivers, idle int) {
	h, addr := benchServer(b)
	clients, sockets := readers(b, h, addr, receivers)
	for range idle {
		clients = append(clients, rawDial(b, addr))
		sockets = append(sockets, <-h.sockets)
	}
	b.ReportAllocs()
	for b.Loop() {
		frame := []*Frame{NewBinary(make([]byte, 3200))}
		for _, s := range sockets[:receivers] {
			s.SendState(frame, false)
		}
		for _, s := range sockets[:receivers] {
			for s.busy() {
				runtime.Gosched()
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(receivers), "ns/frame")
	for i, c := range clients {
		_ = c.Close()
		<-sockets[i].Done()
	}
}

// readers are n devices that take whatever they are sent.
func readers(b testing.TB, h *benchRoom, addr string, n int) (clients []net.Conn, sockets []*Socket) {
	for range n {
		c := rawDial(b, addr)
		clients = append(clients, c)
		sockets = append(sockets, <-h.sockets)
		go func() {
			buf := make([]byte, 1<<16)
			for {
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		}()
	}
	return clients, sockets
}

func TestDeliveringAStateAllocatesNothing(t *testing.T) {
	h, addr := benchServer(t)
	clients, sockets := readers(t, h, addr, 1)
	frame := []*Frame{NewBinary(make([]byte, 3200))}
	per := testing.AllocsPerRun(500, func() {
		for !sockets[0].SendState(frame, true) || sockets[0].busy() {
			runtime.Gosched()
		}
	})
	require.Zero(t, per)
	_ = clients[0].Close()
	<-sockets[0].Done()
}

func (s *Socket) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writing
}

// BenchmarkRoundTrip is one request and its answer.
func BenchmarkRoundTrip(b *testing.B) {
	_, addr := benchServer(b)
	c, res, err := websocket.DefaultDialer.Dial("ws://"+addr, nil)
	require.NoError(b, err)
	_ = res.Body.Close()
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, c.WriteMessage(websocket.TextMessage, []byte("hello")))
		_, _, err := c.ReadMessage()
		require.NoError(b, err)
	}
	_ = c.Close()
}
