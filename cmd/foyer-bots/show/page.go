package show

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"foyer/cmd/foyer-bots/result"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"count": Count, "short": result.Short, "at": func(t time.Time) string { return t.Format("15:04:05.000") },
}).Parse(pageText))

// page is what the template has.
type page struct {
	*result.Result
	Verdict, Mood    string
	When             string
	People, Devices  int64
	Lasted           string
	Tiles            []tile
	Rows             []row
	Charts           []chart
	Warnings         []string
	Checked          string
	Refusals, Closes []counted
}

// tile is a figure at the top.
type tile struct{ Name, Value, Note, Mood string }

// row is a metric.
type row struct {
	Name, Title, Help         string
	Count, Rate               string
	P50, P90, P99, P999, Most string
	OverTime, Distribution    template.HTML
	Objectives                []result.Outcome
}

// chart is a plot of numbers over time.
type chart struct {
	Title, Note string
	Plot        template.HTML
}

type counted struct {
	What string
	N    int64
}

// Page writes a result as a page that needs nothing else: no script, no font, no picture from anywhere.
func Page(out io.Writer, r *result.Result) error {
	p := page{
		Result: r, When: r.Started.UTC().Format("2 January 2006, 15:04 UTC"), Warnings: Warnings(r), Checked: Checked(r),
		Lasted: (time.Duration(r.Seconds*10) * time.Second / 10).String(), Refusals: byCount(r.Refused), Closes: byCount(r.Closed),
	}
	for _, part := range r.Parts {
		p.People += int64(part.People)
		p.Devices += int64(part.Devices)
	}
	p.Verdict, p.Mood = verdict(r)
	p.tiles()
	for _, name := range r.Names() {
		p.Rows = append(p.Rows, newRow(r, name))
	}
	p.charts()
	if err := pageTemplate.Execute(out, p); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

func verdict(r *result.Result) (text, mood string) {
	missed := 0
	for _, o := range r.Objectives {
		if !o.Met {
			missed++
		}
	}
	switch {
	case r.Violations.Count > 0:
		return Count(r.Violations.Count) + " violations", "bad"
	case r.Ended == result.Unreachable:
		return "server unreachable", "bad"
	case missed > 0:
		return fmt.Sprintf("%d of %d objectives missed", missed, len(r.Objectives)), "bad"
	case r.Ended != result.Complete:
		return "ended early: " + string(r.Ended), "fair"
	case len(r.Objectives) > 0:
		return "all objectives met", "good"
	}
	return "nothing wrong", "good"
}

func (p *page) tiles() {
	c := p.Counters
	perSecond := func(name string) string { return Rate(float64(c[name])/max(p.Seconds, 1e-9)) + " a second" }
	p.Tiles = []tile{
		{"devices", Count(p.Devices), "of " + Count(p.People) + " people", ""},
		{"requests", Count(c["requests"]), perSecond("requests"), ""},
		{"notifications", Count(c["pushes"]), perSecond("pushes"), ""},
	}
	if c["states.written"] > 0 {
		p.Tiles = append(p.Tiles, tile{"states delivered", fmt.Sprintf("%.2f %%", 100*p.Delivered()), perSecond("checked.states"), ""})
	}
	mood := func(n int64, bad string) string {
		if n > 0 {
			return bad
		}
		return "good"
	}
	p.Tiles = append(p.Tiles,
		tile{"errors", Count(c["errors"]), "refused or unanswered", mood(c["errors"], "fair")},
		tile{"sockets lost", Count(c["lost_sockets"]), Count(c["sockets.dropped"]) + " more broken on purpose", mood(c["lost_sockets"], "fair")},
		tile{"violations", Count(p.Violations.Count), "of what must never happen", mood(p.Violations.Count, "bad")})
}

func newRow(r *result.Result, name string) row {
	m := r.Metrics[name]
	out := row{
		Name: name, Title: name, Count: Count(m.All.Count()), P50: result.Short(m.All.Quantile(50)), P90: result.Short(m.All.Quantile(90)),
		P99: result.Short(m.All.Quantile(99)), P999: result.Short(m.All.Quantile(99.9)), Most: result.Short(m.All.Max()),
	}
	if r.Seconds > 0.1 {
		out.Rate = Rate(float64(m.All.Count()) / r.Seconds)
	}
	if i := slices.IndexFunc(result.Metrics, func(i result.MetricInfo) bool { return i.Name == name }); i >= 0 {
		out.Title, out.Help = result.Metrics[i].Title, result.Metrics[i].Help
	}
	var limits []time.Duration
	for _, o := range r.Objectives {
		if !strings.HasPrefix(o.Objective, name+".") {
			continue
		}
		out.Objectives = append(out.Objectives, o)
		if parsed, err := result.ParseObjective(o.Objective); err == nil && parsed.Limit() > 0 {
			limits = append(limits, parsed.Limit())
		}
	}
	out.OverTime, out.Distribution = overTime(r, m, limits), distribution(m, limits)
	return out
}

func (p *page) charts() {
	for _, c := range []struct{ name, title, note, class string }{
		{result.SeriesOnline, "Devices online", "at the end of each interval", "one"},
		{result.SeriesRequests, "Requests answered", "a second", "one"},
		{result.SeriesPushes, "Notifications that came", "a second", "one"},
		{result.SeriesStates, "States that came", "a second", "one"},
		{result.SeriesErrors, "Errors", "a second", "bad"},
		{result.SeriesLost, "Sockets lost", "a second", "bad"},
	} {
		some := slices.ContainsFunc(p.Series[c.name], func(n result.Number) bool { return n.V > 0 })
		if some || c.name == result.SeriesErrors {
			p.Charts = append(p.Charts, chart{c.title, c.note, numbers(p.Result, c.name, c.class)})
		}
	}
}

func byCount(counts map[string]int64) []counted {
	var out []counted
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, counted{what, counts[what]})
	}
	slices.SortStableFunc(out, func(a, b counted) int { return int(b.N - a.N) })
	return out
}
