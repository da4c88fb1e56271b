package show

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"

	"foyer/cmd/foyer-bots/result"
)

// The plots are SVG with a viewBox in these units; the page's style gives them colours and sizes.
const (
	plotWidth, plotHeight = 560, 190
	left, right           = 52, 20
	top, bottom           = 10, 26
)

// frame maps values to places in a plot.
type frame struct {
	b              strings.Builder
	x0, x1, y0, y1 float64 // what is at the edges
	logY           bool
	wide           float64
}

// newFrame begins a plot of a width, from one corner to the other.
func newFrame(wide float64, from, to point, logY bool) *frame {
	f := &frame{x0: from.x, x1: max(to.x, from.x+1e-9), y0: from.y, y1: max(to.y, from.y+1e-9), logY: logY, wide: wide}
	fmt.Fprintf(&f.b, `<svg viewBox="0 0 %.0f %d" role="img">`, wide, plotHeight)
	return f
}

func (f *frame) x(v float64) float64 {
	return left + (v-f.x0)/(f.x1-f.x0)*(f.wide-left-right)
}

func (f *frame) y(v float64) float64 {
	lo, hi := f.y0, f.y1
	if f.logY {
		v, lo, hi = math.Log10(max(v, f.y0)), math.Log10(lo), math.Log10(hi)
	}
	return top + (1-(v-lo)/(hi-lo))*(plotHeight-top-bottom)
}

func (f *frame) text(class string, x, y float64, text string) {
	fmt.Fprintf(&f.b, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, x, y, html.EscapeString(text))
}

func (f *frame) across(class string, y float64) {
	fmt.Fprintf(&f.b, `<line class="%s" x1="%d" x2="%.1f" y1="%.1f" y2="%.1f"/>`, class, left, f.wide-right, f.y(y), f.y(y))
}

// point is a place in a plot.
type point struct{ x, y float64 }

func (f *frame) path(class string, points []point, closed bool) {
	if len(points) == 0 {
		return
	}
	f.b.WriteString(`<path class="` + class + `" d="`)
	for i, p := range points {
		fmt.Fprintf(&f.b, "%c%.1f %.1f", "ML"[min(i, 1)], f.x(p.x), f.y(p.y))
	}
	if closed {
		f.b.WriteString("Z")
	}
	f.b.WriteString(`"/>`)
	if len(points) == 1 {
		fmt.Fprintf(&f.b, `<circle class="%s" cx="%.1f" cy="%.1f" r="2.5"/>`, class, f.x(points[0].x), f.y(points[0].y))
	}
}

// hover shows a text where the pointer rests between two values of x.
func (f *frame) hover(from, to float64, text string) {
	from, to = max(from, f.x0), min(max(to, from), f.x1)
	fmt.Fprintf(&f.b, `<rect class="hit" x="%.1f" y="%d" width="%.1f" height="%d"><title>%s</title></rect>`,
		f.x(from), top, max(1, f.x(to)-f.x(from)), plotHeight-top-bottom, html.EscapeString(text))
}

func (f *frame) done() template.HTML {
	f.b.WriteString("</svg>")
	return template.HTML(f.b.String()) // #nosec G203 -- numbers, and text that was escaped
}

// decades draws the lines of a logarithmic axis of milliseconds.
func (f *frame) decades() {
	for v := f.y0; v <= f.y1*1.001; v *= 10 {
		f.across("grid", v)
		f.text("tick end", left-6, f.y(v)+3.5, axisTime(v))
	}
}

// axisTime writes milliseconds shortly: 10 µs, 1 ms, 10 s.
func axisTime(ms float64) string {
	switch {
	case ms < 0.999:
		return fmt.Sprintf("%.0f µs", ms*1000)
	case ms < 999:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.0f s", ms/1000)
}

// seconds draws the axis of time, from the beginning of the load.
func (f *frame) seconds() {
	step := nice((f.x1 - f.x0) / 6)
	for v := math.Ceil(f.x0/step) * step; v <= f.x1+1e-9; v += step {
		f.text("tick mid", f.x(v), plotHeight-8, clock(math.Round(v*1000)/1000))
	}
	if f.x0 < 0 && f.x1 > 0 {
		fmt.Fprintf(&f.b, `<line class="begin" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, f.x(0), f.x(0), top, plotHeight-bottom)
	}
}

func clock(s float64) string {
	switch {
	case s == 0:
		return "0 s" // whatever its sign
	case s < 0:
		return "−" + clock(-s)
	case s >= 120 && math.Mod(s, 60) == 0:
		return fmt.Sprintf("%.0f min", s/60)
	}
	return fmt.Sprintf("%g s", s)
}

// nice rounds a step up to 1, 2 or 5 times a power of ten, or to minutes.
func nice(v float64) float64 {
	if v > 30 {
		for _, s := range []float64{60, 120, 300, 600, 1800, 3600, 7200} {
			if v <= s {
				return s
			}
		}
		return 14400
	}
	power := math.Pow(10, math.Floor(math.Log10(max(v, 1e-6))))
	for _, m := range []float64{1, 2, 5, 10} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// bounds returns the decades around all durations of a metric, in milliseconds.
func bounds(h *result.Histogram) (float64, float64) {
	lowest, highest := max(result.Millis(h.Min()), 0.01), max(result.Millis(h.Max()), 0.1)
	return math.Pow(10, math.Floor(math.Log10(lowest))), math.Pow(10, math.Ceil(math.Log10(highest*1.0001)))
}

// overTime draws a metric's durations over time.
func overTime(r *result.Result, m *result.Metric, limits []time.Duration) template.HTML {
	y0, y1 := bounds(m.All)
	x0, x1 := span(r)
	f := newFrame(plotWidth, point{x0, y0}, point{x1, y1}, true)
	f.decades()
	f.seconds()
	f.limits(limits)
	zero, half := r.Started.Unix(), float64(r.Interval)/2
	var p50, p99, most, band []point
	for _, s := range m.Slots {
		x := float64(s.T-zero) + half
		p50 = append(p50, point{x, result.Millis(s.All.Quantile(50))})
		p99 = append(p99, point{x, result.Millis(s.All.Quantile(99))})
		most = append(most, point{x, result.Millis(s.All.Max())})
	}
	band = append(band, p99...)
	for i := len(p50) - 1; i >= 0; i-- {
		band = append(band, p50[i])
	}
	f.path("band", band, true)
	f.path("most", most, false)
	f.path("p99", p99, false)
	f.path("p50", p50, false)
	for _, s := range m.Slots {
		x := float64(s.T - zero)
		f.hover(x, x+float64(r.Interval), fmt.Sprintf("%s: %s events\np50 %s, p99 %s, longest %s", clock(max(x, x0)), Count(s.All.Count()),
			result.Short(s.All.Quantile(50)), result.Short(s.All.Quantile(99)), result.Short(s.All.Max())))
	}
	return f.done()
}

func (f *frame) limits(limits []time.Duration) {
	for _, l := range limits {
		if v := result.Millis(l); v >= f.y0 && v <= f.y1 {
			f.across("limit", v)
		}
	}
}

// nines are the percentiles of a distribution's plot: each next one leaves out a tenth of what the one before did.
var nines = []struct {
	p    float64
	name string
}{{0, "0"}, {90, "90"}, {99, "99"}, {99.9, "99.9"}, {99.99, "99.99"}, {99.999, "99.999"}}

// distribution draws which share of a metric's events took how long.
func distribution(m *result.Metric, limits []time.Duration) template.HTML {
	y0, y1 := bounds(m.All)
	last := min(5, max(2, math.Ceil(math.Log10(float64(max(10, m.All.Count()))))))
	f := newFrame(plotWidth*0.62, point{0, y0}, point{last, y1}, true)
	f.decades()
	f.limits(limits)
	for i, n := range nines {
		if float64(i) <= last {
			f.text("tick mid", f.x(float64(i)), plotHeight-8, n.name+" %")
		}
	}
	var points []point
	for x := 0.0; x <= last+1e-9; x += last / 60 {
		percent := 100 * (1 - math.Pow(10, -x))
		points = append(points, point{x, result.Millis(m.All.Quantile(percent))})
	}
	f.path("p99", points, false)
	for i := range points[:len(points)-1] {
		x := points[i].x
		percent := 100 * (1 - math.Pow(10, -x))
		f.hover(x, points[i+1].x, fmt.Sprintf("%.*f %% within %s", int(x)+1, percent, result.Short(m.All.Quantile(percent))))
	}
	return f.done()
}

// span is from when to when plots are, in seconds from the beginning of the load: with what came before it.
func span(r *result.Result) (float64, float64) {
	x0, x1 := 0.0, r.Seconds
	for _, numbers := range r.Series {
		for _, n := range numbers {
			x0 = min(x0, float64(n.T-r.Started.Unix()))
			x1 = max(x1, float64(n.T-r.Started.Unix()+r.Interval))
		}
	}
	return x0, x1
}

// numbers draws numbers over time. A level, such as how many are online, is drawn as it is, others by the second.
func numbers(r *result.Result, name, class string) template.HTML {
	x0, x1 := span(r)
	per, unit := float64(r.Interval), " a second"
	if name == result.SeriesOnline {
		per, unit = 1, ""
	}
	most := 0.0
	for _, n := range r.Series[name] {
		most = max(most, n.V/per)
	}
	step := niceCount(most / 4)
	f := newFrame(plotWidth*0.66, point{x0, 0}, point{x1, max(step*math.Ceil(most/step), step)}, false)
	for v := 0.0; v <= f.y1+1e-9; v += step {
		f.across("grid", v)
		f.text("tick end", left-6, f.y(v)+3.5, short(v))
	}
	f.seconds()
	var line []point
	for _, n := range r.Series[name] {
		line = append(line, point{float64(n.T-r.Started.Unix()) + float64(r.Interval)/2, n.V / per})
	}
	if len(line) > 0 {
		area := append([]point{{line[0].x, 0}}, line...)
		f.path("area "+class, append(area, point{line[len(line)-1].x, 0}), true)
	}
	f.path("line "+class, line, false)
	for _, n := range r.Series[name] {
		x := float64(n.T - r.Started.Unix())
		f.hover(x, x+float64(r.Interval), fmt.Sprintf("%s: %s%s", clock(max(x, x0)), Rate(n.V/per), unit))
	}
	return f.done()
}

func niceCount(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(v, 1))))
	for _, m := range []float64{1, 2, 5, 10} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

func short(v float64) string {
	switch {
	case v >= 1_000_000:
		return fmt.Sprintf("%g M", v/1_000_000)
	case v >= 10_000:
		return fmt.Sprintf("%g k", v/1000)
	}
	return Count(int64(v))
}
