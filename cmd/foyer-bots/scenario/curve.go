package scenario

import (
	"math"
	"time"
)

// Curve is a number over time: straight lines between its points, constant before the first and after the last.
// In a file it is one number, or a list of points: [{at: 0s, is: 10}, {at: 1m, is: 100}].
type Curve []Point

// Point is a curve's value at a time from the beginning of the load.
type Point struct {
	At Duration `yaml:"at"`
	Is float64  `yaml:"is"`
}

// maxPoints bounds a curve.
const maxPoints = 100

// Constant is the same at all times.
func Constant(v float64) Curve { return Curve{{Is: v}} }

// UnmarshalYAML reads a number or a list of points.
func (c *Curve) UnmarshalYAML(unmarshal func(any) error) error {
	var v float64
	if unmarshal(&v) == nil {
		*c = Constant(v)
		return nil
	}
	var points []Point
	if err := unmarshal(&points); err != nil {
		return err
	}
	*c = points
	return nil
}

// At returns the value at a time.
func (c Curve) At(t time.Duration) float64 {
	if len(c) == 0 {
		return 0
	}
	before := c[0]
	for _, p := range c {
		if at := p.At.Std(); t <= at {
			if p.At == before.At {
				return p.Is
			}
			share := float64(t-before.At.Std()) / float64(at-before.At.Std())
			return before.Is + share*(p.Is-before.Is)
		}
		before = p
	}
	return before.Is
}

// Max returns the largest value.
func (c Curve) Max() float64 {
	most := 0.0
	for _, p := range c {
		most = max(most, p.Is)
	}
	return most
}

// Pace says when each event of a rate is due, whatever became of the one before: the load is an open loop.
type Pace struct {
	rate  Curve // events a second
	share float64
	due   float64 // events due up to the next one
	done  float64 // of them, in the pieces already passed
	piece int     // the piece that begins with this point; -1 is before the first
}

// NewPace divides a rate among parts (part counts from 0): the events of all parts together are as evenly spaced as
// those of one.
func NewPace(rate Curve, part, parts int) *Pace {
	return &Pace{rate: rate, share: 1 / float64(parts), due: (float64(part) + 0.5) / float64(parts), piece: -1}
}

// Next returns when the next event is due, from the beginning; false if none ever is.
func (p *Pace) Next() (time.Duration, bool) {
	for {
		from, length, r0, r1 := p.line()
		left := p.due - p.done
		if t, ok := solve(left, r0*p.share, r1*p.share, length); ok {
			p.due++
			return from + time.Duration(t*float64(time.Second)), true
		}
		if math.IsInf(length, 1) {
			return 0, false
		}
		p.done += (r0 + r1) / 2 * p.share * length
		p.piece++
	}
}

// line returns where the current piece begins, its length in seconds and the rates at both ends.
func (p *Pace) line() (from time.Duration, length, r0, r1 float64) {
	switch n := len(p.rate); {
	case n == 0:
		return 0, math.Inf(1), 0, 0
	case p.piece < 0:
		return 0, p.rate[0].At.Std().Seconds(), p.rate[0].Is, p.rate[0].Is
	case p.piece >= n-1:
		last := p.rate[n-1]
		return last.At.Std(), math.Inf(1), last.Is, last.Is
	}
	a, b := p.rate[p.piece], p.rate[p.piece+1]
	return a.At.Std(), (b.At - a.At).Std().Seconds(), a.Is, b.Is
}

// solve returns after which time the area under a line from r0 to r1 of a length is as asked; false if it never is.
func solve(area, r0, r1, length float64) (float64, bool) {
	var t float64
	switch slope := (r1 - r0) / length; {
	case math.IsInf(length, 1) || slope == 0 || length == 0:
		if r0 <= 0 {
			return 0, false
		}
		t = area / r0
	default:
		root := r0*r0 + 2*slope*area
		if root < 0 {
			return 0, false
		}
		t = 2 * area / (r0 + math.Sqrt(root)) // the form that doesn't cancel
	}
	return t, t <= length && !math.IsNaN(t)
}

// Part returns which of n things, numbered from 0, are a part's: from up to, but not including, to.
func Part(n, part, parts int) (from, to int) { return n * part / parts, n * (part + 1) / parts }
