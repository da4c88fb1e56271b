package show

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"foyer/cmd/foyer-bots/result"
)

// ink colours text where it is read on a terminal.
type ink bool

func (i ink) paint(code, text string) string {
	if !i {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (i ink) bold(s string) string  { return i.paint("1", s) }
func (i ink) faint(s string) string { return i.paint("2", s) }
func (i ink) red(s string) string   { return i.paint("31;1", s) }
func (i ink) green(s string) string { return i.paint("32", s) }
func (i ink) amber(s string) string { return i.paint("33", s) }

// Summary writes what came of a load, for people.
func Summary(out io.Writer, r *result.Result) {
	s := summary{out, r, ink(IsTerminal(out) && os.Getenv("NO_COLOR") == "")}
	s.head()
	s.latencies()
	s.states()
	s.servers()
	s.sockets()
	s.refusals()
	s.warnings()
	s.correctness()
	s.objectives()
}

type summary struct {
	out io.Writer
	r   *result.Result
	ink ink
}

func (s summary) line(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

func (s summary) head() {
	people, devices := 0, 0
	for _, p := range s.r.Parts {
		people, devices = people+p.People, devices+p.Devices
	}
	parts := ""
	if len(s.r.Parts) > 1 {
		parts = fmt.Sprintf(" · %d processes", len(s.r.Parts))
	}
	s.line("")
	s.line("%s  %s people, %s devices · %s%s · %s", s.ink.bold(s.r.Scenario.Name), Count(int64(people)), Count(int64(devices)),
		(time.Duration(s.r.Seconds*10) * time.Second / 10).String(), parts, strings.Join(s.r.Targets, ", "))
	if s.r.Ended != result.Complete {
		s.line("%s", s.ink.amber("ended early: "+string(s.r.Ended)))
	}
}

func (s summary) latencies() {
	if len(s.r.Names()) == 0 {
		return
	}
	s.line("")
	s.line("%s", s.ink.faint(fmt.Sprintf("%-40s %10s %8s %9s %9s %9s %9s  %s", "from when it was due", "count", "a second", "p50", "p99", "p99.9", "longest", "p99 over time")))
	for _, name := range s.r.Names() {
		h := s.r.Metrics[name].All
		rate := 0.0
		if s.r.Seconds > 0.1 {
			rate = float64(h.Count()) / s.r.Seconds
		}
		s.line("%-10s %-29s %10s %8s %9s %s %9s %9s  %s", name, clip(title(name), 29), Count(h.Count()), Rate(rate), result.Short(h.Quantile(50)),
			s.ink.bold(fmt.Sprintf("%9s", result.Short(h.Quantile(99)))), result.Short(h.Quantile(99.9)), result.Short(h.Max()), s.ink.faint(spark(s.r.Metrics[name].Slots)))
	}
}

// states says how many of them arrived.
func (s summary) states() {
	c := s.r.Counters
	if c["states.written"] == 0 {
		return
	}
	s.line("")
	s.line("states      %s written, %s due to others, %.2f %% of these delivered; %s in frames (%s a second)", Count(c["states.written"]), Count(c["states.due"]),
		100*s.r.Delivered(), Count(c["checked.states"]), Rate(float64(c["checked.states"])/max(s.r.Seconds, 1e-9)))
}

// servers says what the target used.
func (s summary) servers() {
	for i, one := range s.r.Servers {
		if i == 0 {
			s.line("")
		}
		s.line("server %-5d %.2f s of processor time (%.0f %% of a core), %d MiB at the end", one.PID, one.CPUSeconds, 100*one.CPUSeconds/max(s.r.Seconds, 1e-9), one.RSSBytes>>20)
	}
}

func (s summary) sockets() {
	c := s.r.Counters
	if c["sockets.dropped"]+c["lost_sockets"] == 0 {
		return
	}
	s.line("")
	s.line("sockets     %s broken on purpose, %s lost otherwise; %s times resumed, %s times fetched anew", Count(c["sockets.dropped"]), Count(c["lost_sockets"]),
		Count(c["sockets.resumed"]), Count(c["sockets.fetched"]))
	s.list(s.r.Closed)
}

func (s summary) refusals() {
	if len(s.r.Refused) == 0 {
		return
	}
	s.line("")
	s.line("errors      %s", s.ink.amber(Count(s.r.Counters["errors"])))
	s.list(s.r.Refused)
	for reason := range s.r.Refused {
		if advice := hint(reason); advice != "" {
			s.line("            %s", s.ink.faint(advice))
			break
		}
	}
}

// hint says what to do about a refusal that is of the server's settings.
func hint(reason string) string {
	_, cause, _ := strings.Cut(reason, ": ")
	switch cause {
	case "invitation_limit", "reinvite_cooldown", "too_many_outstanding":
		return "The server's limits against spam are in the way: start it with --invitations.per-minute 0 --invitations.per-day 0 --invitations.pair-gap 0s --invitations.pair-max 0."
	case "rate_limited":
		return "The server's limit on requests is in the way: start it with --limits.requests-per-second 0."
	}
	return ""
}

func (s summary) list(counts map[string]int64) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return int(counts[b] - counts[a]) })
	for i, name := range names {
		if i == 8 {
			s.line("%22s  %s", "", s.ink.faint(fmt.Sprintf("and %d other kinds", len(names)-i)))
			return
		}
		s.line("%22s  %s", Count(counts[name]), name)
	}
}

// Warnings says why a result must be read with care: the bots themselves were the limit.
func Warnings(r *result.Result) []string {
	var all []string
	if m := r.Metrics["lag"]; m != nil && m.All.Quantile(99) > 20*time.Millisecond {
		all = append(all, fmt.Sprintf("The bots themselves were late by %s (p99): they or their machine were the limit. Read all durations as \"at most\".", result.Short(m.All.Quantile(99))))
	}
	for _, p := range r.Parts {
		if share := p.CPUSeconds / max(p.Seconds, 1e-9) / float64(max(1, p.Cores)); share > 0.85 {
			all = append(all, fmt.Sprintf("Process %s used %.0f %% of its %d cores: give it more, or divide the load (--part).", p.Part, 100*share, p.Cores))
		}
	}
	return all
}

func (s summary) warnings() {
	for _, w := range Warnings(s.r) {
		s.line("")
		s.line("%s", s.ink.amber("! "+w))
	}
}

// Checked says what was compared with the truth.
func Checked(r *result.Result) string {
	c := r.Counters
	return fmt.Sprintf("%s revisions, %s rosters, %s states, %s presences, %s messages", Count(c["checked.revisions"]), Count(c["checked.rosters"]),
		Count(c["checked.states"]), Count(c["checked.presences"]), Count(c["checked.messages"]))
}

func (s summary) correctness() {
	s.line("")
	s.line("checked     %s", Checked(s.r))
	if s.r.Violations.Count == 0 {
		if s.r.Counters["requests"] == 0 {
			return
		}
		s.line("            %s", s.ink.green("everybody was told exactly what the rules say, once and in order"))
		return
	}
	s.line("            %s", s.ink.red(Count(s.r.Violations.Count)+" violations"))
	s.list(s.r.Violations.Kinds)
	for i, v := range s.r.Violations.Sample {
		if i == 15 {
			s.line("  … and %s more", Count(s.r.Violations.Count-15))
			break
		}
		s.line("  %s %s %s %s", s.ink.red("✗"), s.ink.faint(v.At.Format("15:04:05.000")), s.ink.bold(v.Who), v.What)
	}
}

func (s summary) objectives() {
	if len(s.r.Objectives) == 0 {
		return
	}
	s.line("")
	for i, o := range s.r.Objectives {
		label := ""
		if i == 0 {
			label = "objectives"
		}
		mark := s.ink.green("✓")
		if !o.Met {
			mark = s.ink.red("✗")
		}
		s.line("%-11s %s %-28s %s", label, mark, o.Objective, o.Actual)
	}
}

// spark draws the p99 of each of some intervals as a line of blocks.
func spark(slots []result.Slot) string {
	const width = 24
	const blocks = "▁▂▃▄▅▆▇█"
	if len(slots) < 2 {
		return ""
	}
	n := min(width, len(slots))
	merged := make([]float64, n)
	most := 0.0
	for i := range n {
		h := result.NewHistogram()
		for _, slot := range slots[i*len(slots)/n : (i+1)*len(slots)/n] {
			h.Merge(slot.All)
		}
		merged[i] = float64(h.Quantile(99))
		most = max(most, merged[i])
	}
	var b strings.Builder
	levels := []rune(blocks)
	for _, v := range merged {
		b.WriteRune(levels[min(len(levels)-1, int(v/max(most, 1)*float64(len(levels))))])
	}
	return b.String()
}

func title(name string) string {
	for _, m := range result.Metrics {
		if m.Name == name {
			return m.Title
		}
	}
	return ""
}

func clip(s string, n int) string {
	if utf8.RuneCountInString(s) > n {
		return string([]rune(s)[:n-1]) + "…"
	}
	return s
}

// Count writes a number with thin groups of three digits.
func Count(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Rate writes how many a second.
func Rate(v float64) string {
	switch {
	case v >= 1_000_000:
		return fmt.Sprintf("%.2f M", v/1_000_000)
	case v >= 10_000:
		return fmt.Sprintf("%.1f k", v/1000)
	case v >= 100:
		return Count(int64(v + 0.5))
	}
	return fmt.Sprintf("%.1f", v)
}
