package load

import (
	"context"
	"sync"
	"time"
)

// pairs knows between whom something is going on.
type pairs struct {
	// murky has those of whom nobody knows what stands between them: an answer never came, or a change was never seen.
	murky sync.Map // [2]int → true

	mu    sync.Mutex // guards what follows; taken before a device's
	busy  map[[2]int]bool
	turn  int
	round int
	sum   [4]float64 // how much of each share is due
}

// next returns the next two who have nothing between them; nil if there are none. Everybody has a turn before anybody
// has another, each time with somebody else, and where there are several targets the two are at different ones.
func (f *field) next() (a, b *person) {
	f.pairs.mu.Lock()
	defer f.pairs.mu.Unlock()
	near := (f.s.Friends+1)/2 + 1
	n := len(f.people)
	span := n - 2*near + 1
	if span <= 0 {
		return nil, nil
	}
	for range 4 * n {
		i := f.pairs.turn
		f.pairs.turn++
		if f.pairs.turn >= n {
			f.pairs.turn, f.pairs.round = 0, f.pairs.round+1
		}
		offset := near + f.pairs.round%span
		if t := len(f.o.Targets); t > 1 && offset%t == 0 && offset+1 <= n-near {
			offset++
		}
		a, b = f.people[i], f.people[(i+offset)%n]
		if a == b || f.pairs.busy[key(a, b)] || !a.enlist() {
			continue
		}
		if !b.enlist() {
			a.retire()
			continue
		}
		f.pairs.busy[key(a, b)] = true
		return a, b
	}
	return nil, nil
}

// done gives a pair back. One between whom something is not as it should be is not used again.
func (f *field) done(a, b *person, clean bool) {
	a.retire()
	b.retire()
	if !clean {
		return
	}
	f.pairs.mu.Lock()
	defer f.pairs.mu.Unlock()
	delete(f.pairs.busy, key(a, b))
}

// key names a pair whichever is first.
func key(a, b *person) [2]int { return [2]int{min(a.index, b.index), max(a.index, b.index)} }

// lose gives up knowing what stands between two.
func (f *field) lose(a, b *person) {
	f.pairs.murky.Store(key(a, b), true)
}

// knows reports whether it is known what stands between two.
func (f *field) knows(a, b *person) bool {
	_, murky := f.pairs.murky.Load(key(a, b))
	return !murky
}

// idle counts an event for which there was nobody: an error, unless most are offline and could not have done it.
func (f *field) idle(why string) {
	if int(f.rec.online.Load()) < len(f.people)*len(f.people[0].devices)/2 {
		f.rec.delay("not begun: offline")
		return
	}
	f.rec.refuse(why)
}

// kind returns what becomes of the next invitation, so that the proportions hold at any time: 0 to 3 as in Mix.Shares.
func (f *field) kind(shares [4]float64) int {
	f.pairs.mu.Lock()
	defer f.pairs.mu.Unlock()
	total, most := 0.0, 0
	for i, s := range shares {
		total += s
		f.pairs.sum[i] += s
		if f.pairs.sum[i] > f.pairs.sum[most] {
			most = i
		}
	}
	f.pairs.sum[most] -= total
	return most
}

// invite has invitations begun at the rate.
func (f *field) invite(ctx context.Context, begun time.Time) {
	shares := f.s.Invitations.Mix.Shares()
	flows := [4]func(*flow) bool{(*flow).withdrawn, (*flow).accepted, (*flow).declined, (*flow).crossed}
	f.every(ctx, begun, f.s.Invitations.Rate, func(due time.Time) {
		a, b := f.next()
		if a == nil {
			f.idle("not begun: everybody is busy inviting")
			return
		}
		w := &flow{f: f, a: a, b: b, due: due}
		f.done(a, b, flows[f.kind(shares)](w))
	})
}
