package chaos

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"

	"foyer/client/wire"
	"foyer/protocol"
)

// severalFaults are those of several nodes at once, and of a device that is on several.
var severalFaults = []fault{
	{name: "kill-two", touches: "node", within: soon, run: func(w *world, n *node, rng *rand.Rand) {
		other := w.another(n, rng)
		n.kill()
		other.kill()
		wait(between(rng, 100*time.Millisecond, time.Second))
		n.start()
		other.start()
	}},
	// Who was on the killed one finds one node that takes them and one that says nothing.
	{name: "kill-and-stop", touches: "node", within: soon, one: true, run: func(w *world, n *node, rng *rand.Rand) {
		other := w.another(n, rng)
		n.pause()
		wait(between(rng, 0, time.Second))
		other.kill()
		wait(between(rng, 100*time.Millisecond, time.Second))
		other.start()
		wait(between(rng, 0, time.Second))
		n.resume()
		wait(time.Second)
	}},
	{name: "sockets-twice", touches: "sockets", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		for range 5 {
			for _, d := range w.some(rng) {
				go d.twin(w.t.Context())
			}
			wait(between(rng, 200*time.Millisecond, time.Second))
		}
		wait(time.Second)
	}},
}

func init() { faults = append(faults, severalFaults...) }

// another returns a node other than n.
func (w *world) another(n *node, rng *rand.Rand) *node {
	for {
		if other := w.nodes[rng.IntN(len(w.nodes))]; other != n {
			return other
		}
	}
}

// twin comes as the device that d is to every node at once, and goes on reading wherever it is let in until it is put
// out: revisions come there without a gap too. The device itself is put out by that, and comes back.
func (d *device) twin(ctx context.Context) {
	d.mu.Lock()
	resume := protocol.Resume{Epoch: d.epoch, Rev: d.rev, DeviceID: d.id}
	d.mu.Unlock()
	if resume.Epoch == "" {
		return
	}
	for _, n := range d.w.nodes {
		go d.twinOn(ctx, n, resume)
	}
}

func (d *device) twinOn(ctx context.Context, n *node, resume protocol.Resume) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	sock, err := wire.Dial(ctx, "ws://"+n.listen+"/v1/ws", wire.Options{})
	if err != nil {
		return
	}
	defer sock.Drop()
	t, err := token(d.user)
	if err != nil {
		return
	}
	client := &protocol.HelloClient{Client: protocol.Client{Name: "chaos", Version: "1", Kind: d.kind}}
	hello, err := request(0, protocol.MethodHello, protocol.HelloParams{Token: t, Client: client, Resume: &resume})
	if err != nil || sock.Write(wire.Frame{Data: hello}) != nil {
		return
	}
	for have, greeted := resume.Rev, false; ; {
		f, err := sock.Read(ctx)
		if err != nil {
			return
		}
		m, err := protocol.ParseServerFrame(f.Data)
		var r struct {
			protocol.HelloResult
			Rev int64 `json:"rev"`
		}
		switch {
		case f.Binary:
		case err != nil:
			d.w.violate("frame", "%s, twice, on %s: %v: %.300s", d.name, n.name, err, f.Data)
			return
		case m.IsResponse() && m.Error != nil:
			return
		case m.IsResponse():
			if json.Unmarshal(m.Result, &r) == nil && !r.Resumed {
				d.w.violate("resume", "%s, twice, at revision %d was not resumed on %s", d.name, have, n.name)
				return
			}
			greeted = true
		case m.Method == protocol.NotifyRelationChanged || m.Method == protocol.NotifySettingsChanged:
			if err := json.Unmarshal(m.Params, &r); err != nil || r.Rev != have+1 || !greeted {
				d.w.violate("gap", "%s, twice, on %s was told of revision %d, and has %d", d.name, n.name, r.Rev, have)
				return
			}
			have = r.Rev
		}
	}
}
