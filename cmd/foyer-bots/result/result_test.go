package result

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func metric(times ...time.Duration) *Metric {
	m := &Metric{All: NewHistogram()}
	for i, d := range times {
		slot := NewHistogram()
		slot.Add(d)
		m.All.Add(d)
		m.Slots = append(m.Slots, Slot{T: int64(100 + i), All: slot})
	}
	return m
}

func sample(part string) *Result {
	return &Result{
		Format: Format, Scenario: Scenario{Name: "x", Source: "name: x"}, Targets: []string{"ws://a"}, Parts: []Part{{Part: part}},
		Started: time.Unix(100, 0).UTC(), Seconds: 10, Interval: 1, Ended: Complete,
		Metrics:  map[string]*Metric{"withdraw": metric(10*time.Millisecond, 20*time.Millisecond, 200*time.Millisecond)},
		Counters: map[string]int64{"errors": 2, "requests": 50, "states.due": 1000, "states.arrived": 990},
		Series:   map[string][]Number{SeriesOnline: {{100, 5}, {101, 7}}, SeriesErrors: {{101, 2}}},
		Refused:  map[string]int64{"a": 2}, Closed: map[string]int64{}, Violations: Violations{Kinds: map[string]int64{}},
	}
}

func TestObjectives(t *testing.T) {
	for text, want := range map[string]struct {
		actual string
		met    bool
	}{
		"withdraw.p99<150ms":      {"200 ms", false},
		"withdraw.p50 <= 21ms":    {"20.0 ms", true},
		"withdraw.max<1s":         {"200 ms", true},
		"withdraw.min>=9ms":       {"10.0 ms", true},
		"withdraw.mean<100ms":     {"76.7 ms", true},
		"withdraw.p99.9<1m":       {"200 ms", true},
		"withdraw.count==3":       {"3", true},
		"withdraw.rate>=0.3":      {"0.3", true},
		"invite.p99<1s":           {"never measured", false},
		"invite.count==0":         {"0", true},
		"errors==0":               {"2", false},
		"errors.rate<0.5":         {"0.2", true},
		"states.delivered>=0.99":  {"0.99", true},
		"states.delivered>=99.5%": {"0.99", false},
		"violations==0":           {"0", true},
		"requests.rate>4":         {"5", true},
	} {
		o, err := ParseObjective(text)
		require.NoError(t, err, text)
		require.Equal(t, []Outcome{{strings.ReplaceAll(text, " ", ""), want.actual, want.met}}, Judge(sample("1/1"), []Objective{o}), text)
	}
}

func TestMistakenObjectivesSayWhatWouldBeRight(t *testing.T) {
	for text, want := range map[string]string{
		"withdraw":             "want NAME.STAT<VALUE such as withdraw.p99<150ms",
		"withdraw.p99":         "want NAME.STAT<VALUE",
		"withdraw.p99<":        "want NAME.STAT<VALUE",
		"withdraws.p99<1s":     "nothing is called withdraws; there are connect, resume,",
		"withdraw<1s":          "which figure of withdraw",
		"withdraw.p101<1s":     "there is no p101",
		"withdraw.p99<150":     "is a duration",
		"withdraw.count<3ms":   `has no unit, and "ms" is one`,
		"errors.p99<3":         "is a number",
		"withdraw.p99=<150ms":  "want NAME.STAT<VALUE",
		"withdraw.p99<1.2.3ms": "is a duration",
		"errors<1.2.3":         "is no number",
		"":                     "want NAME.STAT<VALUE",
	} {
		_, err := ParseObjective(text)
		require.ErrorContains(t, err, want, text)
	}
	_, err := ParseObjectives([]string{"withdraw.p99<1s"}, map[string]bool{"states": true})
	require.ErrorContains(t, err, "this scenario has nothing that withdraw measures")
}

// However the events are divided among processes, merged percentiles are those of all events together.
func TestMergeIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	whole := NewHistogram()
	parts := []*Result{sample("1/3"), sample("2/3"), sample("3/3")}
	for _, p := range parts {
		p.Metrics = map[string]*Metric{"withdraw": {All: NewHistogram()}}
	}
	for range 20_000 {
		d := time.Duration(random.ExpFloat64() * float64(30*time.Millisecond))
		whole.Add(d)
		parts[random.IntN(3)].Metrics["withdraw"].All.Add(d)
	}
	merged, err := Merge(written(t, parts[0]), written(t, parts[1]), written(t, parts[2]))
	require.NoError(t, err)
	got := merged.Metrics["withdraw"].All
	require.Equal(t, whole.Count(), got.Count())
	for _, p := range []float64{1, 50, 90, 99, 99.9, 99.99, 100} {
		require.Equal(t, whole.Quantile(p), got.Quantile(p))
	}
	require.Equal(t, int64(6), merged.Counters["errors"])
	require.Equal(t, int64(6), merged.Refused["a"])
	require.Equal(t, []Number{{100, 15}, {101, 21}}, merged.Series[SeriesOnline])
	require.Len(t, merged.Parts, 3)
}

// written goes through JSON and back.
func written(t *testing.T, r *Result) *Result {
	var b bytes.Buffer
	require.NoError(t, r.Write(&b))
	back, err := Read(&b)
	require.NoError(t, err)
	return back
}

func TestMergeOfDifferentIntervalsHasTheLongerOnes(t *testing.T) {
	a, b := sample("1/2"), sample("2/2")
	b.Interval, b.Started, b.Seconds = 2, time.Unix(102, 0).UTC(), 20
	b.Series = map[string][]Number{SeriesOnline: {{100, 3}}}
	merged, err := Merge(a, b)
	require.NoError(t, err)
	require.EqualValues(t, 2, merged.Interval)
	require.InDelta(t, 22, merged.Seconds, 0)
	require.Equal(t, []Number{{100, 10}}, merged.Series[SeriesOnline], "of a level the last one counts")
	require.EqualValues(t, 100, merged.Metrics["withdraw"].Slots[0].T)
	require.EqualValues(t, 4, merged.Metrics["withdraw"].Slots[0].All.Count())
}

func TestMergeRefusesWhatDoesNotBelongTogether(t *testing.T) {
	other := sample("2/2")
	other.Scenario.Source = "name: y"
	_, err := Merge(sample("1/2"), other)
	require.ErrorContains(t, err, "they did different things")
	_, err = Merge(sample("1/2"), sample("1/2"))
	require.ErrorContains(t, err, "part 1/2 is there twice")
	_, err = Merge()
	require.Error(t, err)
}

func TestMergeKeepsWhatMustNotHappenAndHowItEnded(t *testing.T) {
	bad := sample("2/2")
	bad.Ended = Interrupted
	for i := range MaxSample + 3 {
		bad.Violations.Sample = append(bad.Violations.Sample, Violation{Kind: "state", At: time.Unix(int64(i), 0)})
	}
	bad.Violations.Count, bad.Violations.Kinds["state"] = 60, 60
	merged, err := Merge(sample("1/2"), bad)
	require.NoError(t, err)
	require.Equal(t, Interrupted, merged.Ended)
	require.EqualValues(t, 60, merged.Violations.Count)
	require.Len(t, merged.Violations.Sample, MaxSample)
}

func TestReadRefusesOtherFiles(t *testing.T) {
	for _, text := range []string{
		``, `{}`, `[]`, `{"format":2}`, `{"format":1}`, `{"format":1,"interval_seconds":1,"metrics":{"a":null}}`,
		`{"format":1,"interval_seconds":1,"metrics":{"a":{"histogram":"AAAA"}}}`,
	} {
		_, err := Read(strings.NewReader(text))
		require.Error(t, err, text)
	}
}

func TestShortDurationsAreEasilyRead(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 12 * time.Microsecond: "12 µs", 1500 * time.Microsecond: "1.50 ms", 15 * time.Millisecond: "15.0 ms",
		151 * time.Millisecond: "151 ms", 1510 * time.Millisecond: "1.51 s", 75 * time.Second: "75.0 s",
	} {
		require.Equal(t, want, Short(d))
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	_ = sample("1/1").Write(&b)
	f.Add(b.Bytes())
	f.Fuzz(func(_ *testing.T, text []byte) {
		r, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		merged, err := Merge(r)
		if err == nil {
			merged.Names()
		}
	})
}

func FuzzObjective(f *testing.F) {
	f.Add("withdraw.p99<150ms")
	f.Add("states.delivered>=99%")
	f.Fuzz(func(t *testing.T, text string) {
		if o, err := ParseObjective(text); err == nil {
			require.Len(t, Judge(sample("1/1"), []Objective{o}), 1)
		}
	})
}
