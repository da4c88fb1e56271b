package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foyer/cmd/foyer-bots/result"

	"github.com/stretchr/testify/require"
)

// bots runs the program and returns its exit code and what it wrote.
func bots(args ...string) (int, string) {
	var out bytes.Buffer
	return execute(args, &out, &out), out.String()
}

func write(t *testing.T, name, text string) string {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestHelpNamesTheReadyScenariosAndTheExitCodes(t *testing.T) {
	code, out := bots("--help")
	require.Zero(t, code)
	out = strings.Join(strings.Fields(out), " ") // it is wrapped
	require.Contains(t, out, "idle, invitations, join-storm, mixed, poses, presence-churn, reconnect-herd")
	require.Contains(t, out, "1 an objective was missed")
	code, out = bots("scenarios")
	require.Zero(t, code)
	require.Contains(t, out, "poses            Members whose")
	code, out = bots("scenarios", "poses")
	require.Zero(t, code)
	require.Contains(t, out, "\nname: poses\n")
}

// Whatever is mistaken is found before anything begins, and said so that it can be mended.
func TestMistakesAreUsageErrorsBeforeTheStart(t *testing.T) {
	secret := "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"party"}, `no scenario "party"; there are crowd`},
		{[]string{"run", "./nowhere.yaml"}, "nowhere.yaml"},
		{[]string{write(t, "s.yaml", "name: x\nsesions: {}\n")}, `line 2: unknown member "sesions"`},
		{[]string{"poses", "-n", "1000000"}, "people"},
		{[]string{"poses", "-s", "states.hz=1000"}, "states.hz: 1000: want 0.01 to 90"},
		{[]string{"poses", "--slo", "stat.p99<3ms"}, "nothing is called stat"},
		{[]string{"poses", "--slo", "withdraw.p99<3ms"}, "this scenario has nothing that withdraw measures"},
		{[]string{"poses", "--url", "http://192.0.2.1"}, "--i-own-this-target"},
		{[]string{"poses", "--url", "gopher://x"}, "want http://HOST:PORT"},
		{[]string{"poses", "--part", "3/2"}, "--part 3/2"},
		{[]string{"poses", "--auth-secret", "short"}, "at least 32"},
		{[]string{"poses", "--tokens", write(t, "tokens", "a\nb\n")}, "has 2 tokens, and the scenario has 200 people"},
		{[]string{"poses", "--memory", "1"}, "--memory"},
		{[]string{"poses", "--patience", "1ms"}, "--patience"},
		{[]string{"poses", "--auth-secret", secret, "--report", "/nowhere/at/all.json"}, "/nowhere/at/all.json"},
		{[]string{"poses", "--server-pid", "0"}, "--server-pid"},
		{[]string{"poses", "--fast"}, "unknown flag --fast"},
		{[]string{"merge", write(t, "r.json", "{}")}, "format 0"},
		{[]string{"table", write(t, "r.json", "nonsense")}, "no result of foyer-bots"},
		{[]string{"table", "--metric", "x", "y"}, "nothing is called x"},
	} {
		code, out := bots(c.args...)
		require.Equal(t, exitUsage, code, "%v: %s", c.args, out)
		require.Contains(t, out, c.want, "%v", c.args)
	}
}

func TestNobodyListening(t *testing.T) {
	code, out := bots("idle", "--url", "http://127.0.0.1:1", "--auth-secret", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "-q")
	require.Equal(t, exitUnreachable, code)
	require.Contains(t, out, "target unreachable: http://127.0.0.1:1")
}

// saved is a result of a process.
func saved(t *testing.T, part string, change func(*result.Result)) string {
	h := result.NewHistogram()
	h.Add(20 * time.Millisecond)
	r := &result.Result{
		Format: result.Format, Scenario: result.Scenario{Name: "x", Source: "name: x\ninvitations: {}\nobjectives: [withdraw.p99<150ms]\n"},
		Parts: []result.Part{{Part: part, People: 5, Devices: 5}}, Started: time.Unix(1000, 0), Seconds: 10, Interval: 1, Ended: result.Complete,
		Metrics:  map[string]*result.Metric{"withdraw": {All: h, Slots: []result.Slot{{T: 1001, All: h}}}},
		Counters: map[string]int64{"requests": 5}, Series: map[string][]result.Number{"online": {{T: 1000, V: 5}, {T: 1001, V: 5}}},
		Refused: map[string]int64{}, Closed: map[string]int64{}, Violations: result.Violations{Kinds: map[string]int64{}},
	}
	change(r)
	var text bytes.Buffer
	require.NoError(t, r.Write(&text))
	return write(t, strings.ReplaceAll(part, "/", "-")+".json", text.String())
}

func TestExitCodesOfWhatCameOfIt(t *testing.T) {
	fine := func(*result.Result) {}
	for _, c := range []struct {
		name   string
		change func(*result.Result)
		slo    string
		code   int
		want   string
	}{
		{"fine", fine, "withdraw.count==2", exitFine, "✓ withdraw.p99<150ms"},
		{"missed", fine, "withdraw.p50<1ms", exitMissed, "✗ withdraw.p50<1ms"},
		{"violated", func(r *result.Result) {
			r.Violations = result.Violations{Count: 1, Kinds: map[string]int64{"state": 1}, Sample: []result.Violation{{Kind: "state", Who: "bot-1", What: "gets a <state> of bot-2, who left"}}}
		}, "withdraw.p50<1ms", exitViolated, "gets a <state> of bot-2, who left"},
		{"interrupted", func(r *result.Result) { r.Ended = result.Interrupted }, "withdraw.count==2", exitInterrupted, "ended early: interrupted"},
		{"out of memory", func(r *result.Result) { r.Ended = result.OutOfMemory }, "withdraw.count==2", exitBound, "memory bound"},
		{"unreachable", func(r *result.Result) { r.Ended = result.Unreachable }, "withdraw.count==2", exitUnreachable, "nobody could sign in"},
	} {
		page, report := filepath.Join(t.TempDir(), "out.html"), filepath.Join(t.TempDir(), "out.json")
		code, out := bots("merge", saved(t, "1/2", fine), saved(t, "2/2", c.change), "--slo", c.slo, "--slo", "withdraw.p99<150ms", "--html", page, "--report", report)
		require.Equal(t, c.code, code, "%s: %s", c.name, out)
		require.Contains(t, out, c.want, c.name)
		require.Contains(t, out, "10 people, 10 devices")
		require.Equal(t, 1, strings.Count(out, "withdraw.p99<150ms"), "an objective that is given twice counts once")

		html, err := os.ReadFile(page)
		require.NoError(t, err)
		text := string(html)
		require.Contains(t, text, "<svg")
		for _, never := range []string{"<script", "src=", "url(", "http-equiv=\"refresh", "of <state>", "ZgotmplZ"} {
			require.NotContains(t, text, never)
		}
		require.Contains(t, text, "default-src 'none'")
		back, err := os.ReadFile(report)
		require.NoError(t, err)
		require.True(t, json.Valid(back))
	}
}

func TestTableHasTheMedianAndTheSpread(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i, name := range []string{"two_nodes@1", "two_nodes@2", "one_node@1"} {
		path := saved(t, "1/1", func(r *result.Result) {
			r.Servers = []result.Server{{PID: 1, ArrivalCPUSeconds: 0.001, CPUSeconds: float64(i + 1), RSSBytes: 64 << 20}}
			m, before := r.Metrics["withdraw"], result.NewHistogram()
			before.Add(5 * time.Second)
			m.Slots = append(m.Slots, result.Slot{T: 999, All: before}) // no part of the load
			m.All = result.NewHistogram()
			m.All.Merge(before)
			m.All.Merge(m.Slots[0].All)
			if name == "one_node@1" {
				r.Violations.Count = 1
			}
		})
		named := filepath.Join(dir, name+".json")
		require.NoError(t, os.Rename(path, named))
		files = append(files, named)
	}
	code, out := bots(append([]string{"table", "--metric", "withdraw"}, files...)...)
	require.Zero(t, code)
	require.Contains(t, out, "| two nodes | 2 | 5 | 0.1 | 20.0 ms | 20.0 ms | 20.0 ms | 15.0 % (10.0 %-20.0 %) | 1500000.0 (1000000.0-2000000.0) | 64 | 200 | 0 |")
	require.Contains(t, out, "| one node (**void**) | 1 |")
}
