package ws

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

// Subprotocol is what a client offers that knows this protocol by name.
const Subprotocol = "foyer.v1"

// Options are an Acceptor's settings. Counts of 0 mean no limit; the durations must be positive.
type Options struct {
	Origins        []string       // exact scheme://host[:port]; none: the request's own
	BehindProxy    bool           // TLS ends at a proxy: the request's own origin is https
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed

	UpgradesPerSecond int // for the node; more are answered 503
	// Busy reports whether there is too much to do for new devices: they are answered 503. Nil: never.
	Busy func() bool

	DevicesPerAddress int // sockets open at once from one IPv4 address or IPv6 /64; more are answered 429

	MessageBytes int // longest text message
	StateBytes   int // longest state; a binary message has one byte before it

	QueueMessages int           // messages that may wait for a device
	QueueBytes    int           // bytes that may wait for a device
	QueueTotal    int           // bytes that may wait for all devices together
	PingEvery     time.Duration // each device is pinged so often
	PongWithin    time.Duration // and must answer so soon, less than PingEvery
	StallAfter    time.Duration // a device that takes no byte for so long is closed with 4000
}

// Defaults are the settings of a server that was told nothing.
func Defaults() Options {
	return Options{
		UpgradesPerSecond: 300, MessageBytes: 32768, StateBytes: 512, QueueMessages: 1024, QueueBytes: 1 << 20, QueueTotal: 256 << 20,
		PingEvery: 25 * time.Second, PongWithin: 10 * time.Second, StallAfter: 10 * time.Second,
	}
}

// Acceptor turns HTTP requests into Sockets and keeps what the sockets share: limits, the ping wheel, counters.
type Acceptor struct {
	options  Options
	upgrader websocket.Upgrader
	door     *door
	wheel    *wheel
	watched  sync.Once // makes watch with the first socket that can be watched
	watch    *watch    // guarded by watched; nil where the system has none
	stats    Stats

	mu        sync.Mutex // guards addresses
	addresses map[netip.Addr]int
}

// New returns an Acceptor, whose Close must be called when its sockets are gone.
func New(o Options) *Acceptor {
	a := &Acceptor{options: o, addresses: make(map[netip.Addr]int)}
	a.upgrader = websocket.Upgrader{
		WriteBufferSize: writeBuffer, WriteBufferPool: writeBuffers, // reads go through the hijacker's buffer
		Subprotocols: []string{Subprotocol},
		CheckOrigin:  func(*http.Request) bool { return true }, // checked before, see check
		Error:        func(http.ResponseWriter, *http.Request, int, error) {},
	}
	a.door = newDoor(o.UpgradesPerSecond)
	a.wheel = newWheel(o.PingEvery, o.PongWithin, &a.stats)
	return a
}

var writeBuffers = new(sync.Pool)

// Close stops the ping wheel and the watch. Sockets are the business of whoever started them.
func (a *Acceptor) Close() {
	a.wheel.close()
	a.watched.Do(func() {})
	if a.watch != nil {
		a.watch.close()
	}
}

// watchFor returns who waits for s while it is silent; nil where it has to wait by itself.
func (a *Acceptor) watchFor(s *Socket) *watch {
	if s.wire.raw == nil {
		return nil
	}
	a.watched.Do(func() {
		if w, err := newWatch(); err == nil {
			a.watch = w
		}
	})
	return a.watch
}

// Stats are the counters of all sockets since the start.
func (a *Acceptor) Stats() *Stats { return &a.stats }

// Refused is why a request did not become a socket. It has been answered with Status.
type Refused struct {
	Status int
	Why    Why
	Cause  string
}

func (e *Refused) Error() string {
	return fmt.Sprintf("upgrade refused with %d: %s", e.Status, e.Cause)
}

// Upgrade answers the request: with 101 and a Socket that waits for Start, or with an HTTP status and a *Refused. If the
// request has a bearer token, authenticate decides on it: its error means 401, or 503 if it is protocol.Unavailable.
func (a *Acceptor) Upgrade(w http.ResponseWriter, r *http.Request, authenticate func(token string) error) (*Socket, error) {
	address := a.clientAddress(r)
	if refused := a.check(r, authenticate); refused != nil {
		return nil, a.refuse(w, refused)
	}
	if !a.entered(address) {
		return nil, a.refuse(w, &Refused{http.StatusTooManyRequests, WhyAddress, "too many devices from this address"})
	}
	if offers := r.Header["Sec-Websocket-Protocol"]; len(offers) > 1 {
		r.Header.Set("Sec-Websocket-Protocol", strings.Join(offers, ",")) // gorilla looks at the first line alone
	}
	s := &Socket{owner: a, address: address, done: make(chan struct{})}
	conn, err := a.upgrader.Upgrade(&hijacker{ResponseWriter: w, socket: s}, r, nil)
	if err != nil {
		a.left(address)
		var handshake websocket.HandshakeError
		if errors.As(err, &handshake) {
			return nil, a.refuse(w, &Refused{http.StatusBadRequest, WhyRequest, handshake.Error()})
		}
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	s.conn = conn
	s.pack()
	a.stats.Upgraded.Add(1)
	return s, nil
}

// check decides whether the request may become a socket, cheapest question first. Nothing in it depends on who asks
// until the request is well-formed, from an allowed place and within the rate.
func (a *Acceptor) check(r *http.Request, authenticate func(token string) error) *Refused {
	switch {
	case r.Method != http.MethodGet:
		return &Refused{http.StatusMethodNotAllowed, WhyRequest, "only GET opens a WebSocket"}
	case !websocket.IsWebSocketUpgrade(r):
		return &Refused{http.StatusBadRequest, WhyRequest, "this address speaks WebSocket only"}
	case !speaksFoyer(r):
		return &Refused{http.StatusBadRequest, WhyRequest, "the subprotocol here is " + Subprotocol}
	case !a.originAllowed(r):
		return &Refused{http.StatusForbidden, WhyOrigin, "this origin is not allowed"}
	case a.options.Busy != nil && a.options.Busy():
		return &Refused{http.StatusServiceUnavailable, WhyBusy, "too much to do for more devices"}
	case !a.door.enter(r.Context()):
		return &Refused{http.StatusServiceUnavailable, WhyRate, "too many new devices at once"}
	}
	token, given, ok := bearer(r)
	switch {
	case !given:
		return nil
	case !ok:
		return &Refused{http.StatusUnauthorized, WhyToken, "the Authorization header holds no bearer token"}
	}
	return refusal(authenticate(token))
}

// refusal is what the verdict on a token means for its request.
func refusal(err error) *Refused {
	var refused *protocol.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Code == protocol.CodeUnavailable:
		return &Refused{http.StatusServiceUnavailable, WhyKeys, "tokens can't be checked right now"}
	}
	return &Refused{http.StatusUnauthorized, WhyToken, "the token is not valid here"}
}

// speaksFoyer is false if the client offers subprotocols and ours is not among them.
func speaksFoyer(r *http.Request) bool {
	others := false
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for offer := range strings.SplitSeq(line, ",") {
			switch strings.TrimSpace(offer) {
			case Subprotocol:
				return true
			case "":
			default:
				others = true
			}
		}
	}
	return !others
}

// bearer finds the token in the Authorization header: given says that there is such a header, ok that it is one.
func bearer(r *http.Request) (token string, given, ok bool) {
	lines := r.Header.Values("Authorization")
	if len(lines) == 0 {
		return "", false, false
	}
	scheme, token, found := strings.Cut(lines[0], " ")
	ok = len(lines) == 1 && found && strings.EqualFold(scheme, "Bearer") && token != "" && !strings.ContainsAny(token, " \t,")
	return token, true, ok
}

func (a *Acceptor) binaryLimit() int {
	if a.options.StateBytes == 0 {
		return 0
	}
	return a.options.StateBytes + 1
}

// writeBuffer is what gorilla answers an upgrade in, in bytes; from a pool.
const writeBuffer = 1024

// readBuffer is what one socket reads into, in bytes. gorilla needs more than 256 to take it for its own.
const readBuffer = 512

// hijacker gives gorilla the socket's wire in place of the plain connection, and a read buffer that the socket knows too.
type hijacker struct {
	http.ResponseWriter
	socket *Socket
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if rw.Reader.Buffered() > 0 {
		return nil, nil, errors.Join(errors.New("device sent data before the upgrade was answered"), c.Close())
	}
	if begun, ok := c.(interface{ Plain() net.Conn }); ok { // a listener that read its beginning and put it back
		c = begun.Plain()
	}
	h.socket.wire = newWire(c, h.socket.owner.options.StallAfter)
	h.socket.buffer = new(bufio.Reader)
	h.socket.unpack()
	return h.socket.wire, bufio.NewReadWriter(h.socket.buffer, rw.Writer), nil
}
