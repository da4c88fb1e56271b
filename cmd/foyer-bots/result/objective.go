package result

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Objective is something that must hold for a run to pass, such as withdraw.p99<150ms.
type Objective struct {
	text   string
	name   string  // of a metric or counter
	stat   string  // p99, max, mean, count, rate; "" for a counter's value
	p      float64 // of a percentile
	op     string
	number float64       // to compare with, unless
	limit  time.Duration // a duration is compared
	timed  bool
}

// Outcome is an objective and what became of it.
type Outcome struct {
	Objective string `json:"objective"`
	Actual    string `json:"actual"`
	Met       bool   `json:"met"`
}

var objectiveForm = regexp.MustCompile(`^\s*([a-z_.]+?)(?:\.(p[0-9]{1,3}(?:\.[0-9]{1,4})?|min|max|mean|count|rate))?\s*(<=|>=|==|<|>)\s*([0-9.]+)\s*([a-zµ%]*)\s*$`)

// ParseObjective reads an objective. The error says what would have been right.
func ParseObjective(text string) (Objective, error) {
	fail := func(format string, args ...any) (Objective, error) {
		return Objective{}, fmt.Errorf("objective %q: %s", text, fmt.Sprintf(format, args...))
	}
	m := objectiveForm.FindStringSubmatch(text)
	if m == nil {
		return fail("want NAME.STAT<VALUE such as withdraw.p99<150ms, state.p99.9<1s, withdraw.rate>=500, errors==0, states.delivered>=0.99")
	}
	o := Objective{text: strings.ReplaceAll(text, " ", ""), name: m[1], stat: m[2], op: m[3]}
	isMetric := known(Metrics, o.name)
	switch {
	case !isMetric && !known(Counters, o.name):
		return fail("nothing is called %s; there are %s", o.name, names())
	case isMetric && o.stat == "":
		return fail("which figure of %s: p50, p99, p99.9, min, mean, max, count or rate?", o.name)
	case !isMetric && o.stat != "" && o.stat != "rate":
		return fail("%s is a number: it has itself and .rate", o.name)
	}
	if strings.HasPrefix(o.stat, "p") {
		o.p, _ = strconv.ParseFloat(o.stat[1:], 64) // digits and a point
		if o.p > 100 {
			return fail("there is no %s", o.stat)
		}
	}
	o.timed = isMetric && o.stat != "count" && o.stat != "rate"
	value, unit := m[4], m[5]
	if o.timed {
		d, err := time.ParseDuration(value + unit)
		if err != nil {
			return fail("%s is a duration: give one such as 150ms", o.name+"."+o.stat)
		}
		o.limit = d
		return o, nil
	}
	n, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil:
		return fail("%s is no number", value)
	case unit == "%":
		n /= 100
	case unit != "":
		return fail("%s has no unit, and %q is one", o.name, unit)
	}
	o.number = n
	return o, nil
}

// ParseObjectives reads several, and checks that a scenario with the given sections can meet or miss each.
func ParseObjectives(texts []string, sections map[string]bool) ([]Objective, error) {
	var all []Objective
	for _, text := range texts {
		o, err := ParseObjective(text)
		if err != nil {
			return nil, err
		}
		if needs := section(o.name); needs != "" && !sections[needs] {
			return nil, fmt.Errorf("objective %q: this scenario has nothing that %s measures", text, o.name)
		}
		all = append(all, o)
	}
	return all, nil
}

func known(infos []MetricInfo, name string) bool {
	return slices.ContainsFunc(infos, func(i MetricInfo) bool { return i.Name == name })
}

func section(name string) string {
	for _, i := range slices.Concat(Metrics, Counters) {
		if i.Name == name {
			return i.Section
		}
	}
	return ""
}

func names() string {
	var all []string
	for _, i := range slices.Concat(Metrics, Counters) {
		all = append(all, i.Name)
	}
	return strings.Join(all, ", ")
}

// Judge compares a result with objectives. A metric without a single duration misses every objective but one on its count.
func Judge(r *Result, objectives []Objective) []Outcome {
	var out []Outcome
	for _, o := range objectives {
		out = append(out, o.judge(r))
	}
	return out
}

func (o Objective) judge(r *Result) Outcome {
	out := Outcome{Objective: o.text}
	m := r.Metrics[o.name]
	if o.timed {
		if m == nil || m.All.Count() == 0 {
			out.Actual = "never measured"
			return out
		}
		actual := o.duration(m.All)
		out.Actual, out.Met = Short(actual), compare(o.op, float64(actual), float64(o.limit))
		return out
	}
	actual := o.value(r, m)
	out.Actual, out.Met = strconv.FormatFloat(actual, 'g', 6, 64), compare(o.op, actual, o.number)
	return out
}

func (o Objective) duration(h *Histogram) time.Duration {
	switch o.stat {
	case "min":
		return h.Min()
	case "max":
		return h.Max()
	case "mean":
		return h.Mean()
	}
	return h.Quantile(o.p)
}

func (o Objective) value(r *Result, m *Metric) float64 {
	var v float64
	switch {
	case m != nil:
		v = float64(m.All.Count())
	case o.name == "states.delivered":
		return r.Delivered()
	case o.name == "violations":
		v = float64(r.Violations.Count)
	default:
		v = float64(r.Counters[o.name])
	}
	if o.stat == "rate" && r.Seconds > 0 {
		v /= r.Seconds
	}
	return v
}

func compare(op string, a, b float64) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	}
	return a == b
}

// Short writes a duration with three digits and a unit that people read easily.
func Short(d time.Duration) string {
	ms := Millis(d)
	switch {
	case d == 0:
		return "0"
	case ms < 1:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 10_000:
		return fmt.Sprintf("%.2f s", ms/1000)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}

// Limit returns the duration that is compared with; 0 where a number is.
func (o Objective) Limit() time.Duration { return o.limit }
