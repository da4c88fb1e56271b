package app

import (
	"container/list"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds on whoever has a connection and is no device yet. Devices have limits of their own, in server/ws.
const (
	headerTime  = 10 * time.Second // for a request's header to come
	requestTime = 20 * time.Second // for a whole request
	answerTime  = time.Minute      // for its answer to be taken
	idleTime    = time.Minute      // between two requests
	headerBytes = 32 << 10
	strangers   = 4096 // connections at once that are no devices
)

// front is the HTTP server that devices and browsers reach, and who it has not let in yet.
func (a *App) front(h http.Handler) (*http.Server, *waitingRoom) {
	w := &waitingRoom{places: strangers, order: list.New(), at: map[net.Conn]*list.Element{}}
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes, ConnState: w.changed, ErrorLog: stdlog.New(a.log, "", 0),
	}, w
}

// waitingRoom bounds how many connections are no devices. When it is full, whoever has been in it longest has to go: an
// honest device is through within a second, while a slow handshake lingers.
type waitingRoom struct {
	places int

	mu    sync.Mutex // guards what follows
	order *list.List // of net.Conn, the longest there first
	at    map[net.Conn]*list.Element
}

// changed implements http.Server.ConnState.
func (w *waitingRoom) changed(c net.Conn, s http.ConnState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch s {
	case http.StateNew:
		if w.order.Len() >= w.places {
			oldest := w.order.Remove(w.order.Front()).(net.Conn) //nolint:forcetypeassert // nothing else is in it
			delete(w.at, oldest)
			go func() { _ = oldest.Close() }() // with TLS it may wait to say good-bye
		}
		w.at[c] = w.order.PushBack(c)
	case http.StateHijacked, http.StateClosed:
		if e := w.at[c]; e != nil {
			w.order.Remove(e)
			delete(w.at, c)
		}
	case http.StateActive, http.StateIdle:
	}
}

// clear ends all who are in it.
func (w *waitingRoom) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.at {
		go func() { _ = c.Close() }() // with TLS it may wait to say good-bye
	}
}
