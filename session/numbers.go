package session

// numberRest is how long a number stays unused after its member left, if others are free: in milliseconds, longer than
// any state or roster with it is under way.
const numberRest = 15_000

// numbers hands out members' numbers: the smallest that is free and rested.
type numbers struct {
	slots []int64 // of number i+1: taken, never used (0), or free since (Unix milliseconds)
	low   int     // all before this slot are taken
}

const taken int64 = -1

// take returns a number. There must be one: a session has at most MaxMembers members.
func (n *numbers) take(now int64) uint16 {
	oldest := -1
	for n.low < len(n.slots) && n.slots[n.low] == taken {
		n.low++
	}
	for i := n.low; i < len(n.slots); i++ {
		switch free := n.slots[i]; {
		case free == taken:
		case free+numberRest <= now:
			return n.mark(i)
		case oldest < 0 || free < n.slots[oldest]:
			oldest = i
		}
	}
	if len(n.slots) < MaxMembers {
		n.slots = append(n.slots, 0)
		return n.mark(len(n.slots) - 1)
	}
	return n.mark(oldest)
}

// reserve takes a certain number; false if it is taken.
func (n *numbers) reserve(number uint16) bool {
	for len(n.slots) < int(number) {
		n.slots = append(n.slots, 0)
	}
	if number == 0 || n.slots[number-1] == taken {
		return false
	}
	n.mark(int(number) - 1)
	return true
}

func (n *numbers) mark(i int) uint16 {
	n.slots[i] = taken
	return uint16(i + 1)
}

func (n *numbers) release(number uint16, now int64) {
	n.slots[number-1] = max(now, 1)
	n.low = min(n.low, int(number)-1)
}
