package chaos

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// proxy is a wire between a node and a service that can fail in each direction by itself.
type proxy struct {
	addr            string // where it listens, on loopback
	network, target string
	listener        net.Listener
	up, down        gate // towards the service, and back
	cut             atomic.Bool
	// watch sees what goes up and says whether to cut the connection off there, and whether to deliver it still.
	watch atomic.Pointer[func(message []byte) (cut, deliver bool)]
	cuts  atomic.Int64 // made by watch
	// slow is by how much each piece of what comes back is late; one in twenty pieces is the last one then.
	slow atomic.Int64

	mu    sync.Mutex
	links map[*link]struct{} // guarded by mu
}

// link is one connection through a proxy.
type link struct {
	near, far net.Conn
	gone      chan struct{}
	once      sync.Once
}

func (l *link) close() {
	l.once.Do(func() {
		close(l.gone)
		l.near.Close()
		l.far.Close()
	})
}

// gate lets bytes through or holds them, as a network does that loses every packet for a while.
type gate struct {
	mu     sync.Mutex
	closed chan struct{} // closed when the gate opens; nil while it is open; guarded by mu
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

func (g *gate) wait(gone <-chan struct{}) {
	g.mu.Lock()
	closed := g.closed
	g.mu.Unlock()
	if closed == nil {
		return
	}
	select {
	case <-closed:
	case <-gone:
	}
}

func newProxy(network, target string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{addr: l.Addr().String(), network: network, target: target, listener: l, links: map[*link]struct{}{}}
	go p.serve()
	return p, nil
}

func (p *proxy) serve() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.link(near)
	}
}

func (p *proxy) link(near net.Conn) {
	if p.cut.Load() {
		near.Close()
		return
	}
	far, err := net.DialTimeout(p.network, p.target, 2*time.Second)
	if err != nil {
		near.Close()
		return
	}
	l := &link{near: near, far: far, gone: make(chan struct{})}
	p.mu.Lock()
	p.links[l] = struct{}{}
	p.mu.Unlock()
	if p.cut.Load() { // meanwhile
		l.close()
	}
	go p.pump(l, far, near, &p.down)
	p.pump(l, near, far, &p.up)
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// pump hands on what comes from one end to the other until either is gone.
func (p *proxy) pump(l *link, from, to net.Conn, g *gate) {
	defer l.close()
	message := make([]byte, 32<<10)
	for {
		n, err := from.Read(message)
		if n > 0 {
			g.wait(l.gone)
			if g == &p.up && p.cutsOff(l, message[:n], p.watch.Load()) || g == &p.down && p.drags() {
				return
			}
			if _, err := to.Write(message[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// drags waits while the line is slow, and reports whether it breaks.
func (p *proxy) drags() bool {
	slow := time.Duration(p.slow.Load())
	if slow == 0 {
		return false
	}
	wait(slow)
	return rand.IntN(20) == 0
}

// cutsOff asks watch about a message and cuts the connection off if it says so: the near end at once, the far end once
// it has carried out what was delivered.
func (p *proxy) cutsOff(l *link, message []byte, watch *func([]byte) (bool, bool)) bool {
	if watch == nil {
		return false
	}
	cut, deliver := (*watch)(message)
	if !cut {
		return false
	}
	p.cuts.Add(1)
	l.near.Close()
	if deliver {
		_, _ = l.far.Write(message)
		_ = l.far.SetReadDeadline(time.Now().Add(time.Second))
		_, _ = l.far.Read(make([]byte, 4096))
	}
	return true
}

// drop ends all connections; new ones are served, unless the wire is cut.
func (p *proxy) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.close()
	}
}

// sever ends all connections and refuses new ones until heal.
func (p *proxy) sever() {
	p.cut.Store(true)
	p.drop()
}

// heal makes the wire whole again. What was held goes on.
func (p *proxy) heal() {
	p.cut.Store(false)
	p.watch.Store(nil)
	p.slow.Store(0)
	p.up.open()
	p.down.open()
}

func (p *proxy) close() {
	p.listener.Close()
	p.sever()
}
