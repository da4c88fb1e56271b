package scenario

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the reference in docs/load-testing.md")

func TestReadyScenariosAreWithinBoundsAndNamedLikeTheirFiles(t *testing.T) {
	require.Equal(t, []string{"crowd", "idle", "invitations", "join-storm", "mixed", "poses", "presence-churn", "reconnect-herd"}, Names())
	for _, name := range Names() {
		text, err := Source(name)
		require.NoError(t, err)
		s, err := Decode(text)
		require.NoError(t, err, name)
		require.Equal(t, name, s.Name)
		require.NotEmpty(t, s.About)
		require.NotEmpty(t, s.Objectives)
	}
	_, err := Source("party")
	require.ErrorContains(t, err, "there are crowd, idle,")
}

func TestMembersLeftOutHaveTheirDefaults(t *testing.T) {
	s, err := Decode([]byte("name: x\nsessions: {}\nstates: {hz: 5}\nherds: [{at: 1s}]\ninvitations:\n  rate: 3\n"))
	require.NoError(t, err)
	require.Equal(t, 30*time.Second, s.Duration.Std())
	require.Equal(t, Constant(100), s.People)
	require.Equal(t, &Sessions{Size: 10, TickHz: 20}, s.Sessions)
	require.Equal(t, &States{Hz: 5, Bytes: 64, Renew: Duration(time.Second)}, s.States)
	require.Equal(t, []Herd{{At: Duration(time.Second), Share: 1, Within: Duration(2 * time.Second)}}, s.Herds)
	require.Equal(t, [4]float64{1, 0, 0, 0}, s.Invitations.Mix.Shares())
	require.Nil(t, s.Presence)
}

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"name: x\nsesions: {size: 3}":                         `line 2: unknown member "sesions"`,
		"name: x\nsessions:\n  sice: 3":                       `line 3: unknown member "sice"`,
		"name: x\nduration: long":                             `want a duration such as 500ms`,
		"name: x\nduration: 48h":                              `line 2: duration: 48h0m0s: want 1s to 24h`,
		"name: x\npeople: 1000000":                            `line 2: people: 1e+06: want 0 to 100000`,
		"name: x\npeople: .nan":                               `want 0 to 100000`,
		"name: x\npeople: 60000\ndevices_each: 2":             `line 2: people: 60000 people with 2 devices each are 120000 devices, at most 100000`,
		"name: x\ndevices_each: 0":                            `line 2: devices_each: 0: want 1 to 10`,
		"name: x\nsessions: {size: 1}":                        `line 2: sessions.size: 1: want 2 to 1000`,
		"name: x\nstates: {hz: 3}":                            `line 2: states: needs sessions`,
		"name: x\npresence: {}":                               `presence: needs friends`,
		"name: x\npeople: 5\nfriends: 5":                      `friends: 5 of each need more`,
		"name: Big Evening":                                   `want 1 to 40 small letters`,
		"people: 3":                                           `name: want 1 to 40`,
		"name: x\nherds: [{at: 40s}]":                         `line 2: herds[0].at: 40s is after the end: the load lasts 30s`,
		"name: x\npeople: [{at: 5s, is: 1}, {at: 3s, is: 2}]": `people[1]: at 3s: points follow each other`,
		"name: x\npeople: [{at: 5s, is: 1, then: 4}]":         `unknown member "then"`,
		"name: x\npeople: []":                                 `people: 0 points`,
		"name: x\npeople: many":                               `line 2`,
		"name: x\nabout: &a b":                                `line 2: "&": anchors`,
		"name: x\ninvitations: {mix: {accept: -1}}":           `invitations.mix.accept: -1: want 0 to 1000`,
		"":                                  `want one YAML document`,
		"name: x\n---\nname: y":             `want one YAML document`,
		"name: x\nname: y":                  `line 2`,
		"name: [":                           `line 1`,
		"# " + strings.Repeat("x", maxFile): `at most 65536`,
		"name: x\nstorms: [" + strings.Repeat("{}, ", 101) + "]": `storms: 101 of them, at most 100`,
	} {
		_, err := Decode([]byte(text))
		require.ErrorContains(t, err, want, "%s", clip(text))
		require.ErrorContains(t, err, "scenario", "%s", clip(text))
	}
}

func TestOverlayChangesMembersAndNothingElse(t *testing.T) {
	text := "name: x\ninvitations:\n  rate: 3\n  mix: {accept: 1, withdraw: 2}\nstates: {hz: 5}\nsessions: {}\n"
	for range 5 {
		out, err := Overlay([]byte(text), []string{"invitations.mix.cross=4", "states=null", "people=[{at: 0s, is: 7}, {at: 1s, is: 9}]", "presence.rate=2", "friends=2", "sessions.size=4"})
		require.NoError(t, err)
		s, err := Decode(out)
		require.NoError(t, err, "%s", out)
		require.Equal(t, Mix{Withdraw: 2, Accept: 1, Cross: 4}, s.Invitations.Mix)
		require.Equal(t, Constant(3), s.Invitations.Rate)
		require.Nil(t, s.States)
		require.Equal(t, Constant(2), s.Presence.Rate)
		require.Equal(t, 9, s.MaxPeople())
		require.Equal(t, 4, s.Sessions.Size)
		again, err := Overlay([]byte(text), []string{"invitations.mix.cross=4", "states=null", "people=[{at: 0s, is: 7}, {at: 1s, is: 9}]", "presence.rate=2", "friends=2", "sessions.size=4"})
		require.NoError(t, err)
		require.Equal(t, string(out), string(again))
	}
	for _, set := range []string{"people", "=3", "people=[", "name.first=x", "people=&a 3"} {
		_, err := Overlay([]byte(text), []string{set})
		require.ErrorContains(t, err, "--set", set)
	}
}

func TestCurveIsStraightBetweenItsPoints(t *testing.T) {
	c := Curve{{At: Duration(10 * time.Second), Is: 10}, {At: Duration(20 * time.Second), Is: 30}}
	for at, want := range map[time.Duration]float64{0: 10, 10 * time.Second: 10, 15 * time.Second: 20, 20 * time.Second: 30, time.Hour: 30} {
		require.Equal(t, want, c.At(at))
	}
	require.Equal(t, 30.0, c.Max())
	require.Zero(t, Curve(nil).At(0))
}

// The events of a rate, however it changes, are as many as the area under it, and all parts together have exactly them.
func TestPaceHasAsManyEventsAsTheAreaUnderItsRate(t *testing.T) {
	curves := map[string]struct {
		rate Curve
		want int // in 10 s
	}{
		"constant":  {Constant(7), 70},
		"up":        {Curve{{Is: 0}, {At: Duration(10 * time.Second), Is: 20}}, 100},
		"down":      {Curve{{Is: 20}, {At: Duration(10 * time.Second), Is: 0}}, 100},
		"hill":      {Curve{{Is: 0}, {At: Duration(5 * time.Second), Is: 10}, {At: Duration(10 * time.Second), Is: 0}}, 50},
		"late":      {Curve{{At: Duration(5 * time.Second), Is: 0}, {At: Duration(5*time.Second + 1), Is: 10}}, 50},
		"none":      {Constant(0), 0},
		"slow":      {Constant(0.1), 1},
		"then none": {Curve{{Is: 5}, {At: Duration(2 * time.Second), Is: 5}, {At: Duration(2*time.Second + 1), Is: 0}}, 10},
	}
	for name, c := range curves {
		for _, parts := range []int{1, 3} {
			events := 0
			for part := range parts {
				p, last := NewPace(c.rate, part, parts), time.Duration(-1)
				for {
					due, ok := p.Next()
					if !ok || due > 10*time.Second {
						break
					}
					require.Greater(t, due, last, name)
					last = due
					events++
				}
			}
			require.InDelta(t, c.want, events, 1, "%s in %d parts", name, parts)
		}
	}
	p := NewPace(Constant(10), 0, 1)
	first, _ := p.Next()
	second, _ := p.Next()
	require.Equal(t, 50*time.Millisecond, first.Round(time.Microsecond))
	require.Equal(t, 150*time.Millisecond, second.Round(time.Microsecond))
}

func TestPartsAreDisjointAndWhole(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100} {
		next := 0
		for part := range 4 {
			from, to := Part(n, part, 4)
			require.Equal(t, next, from)
			next = to
		}
		require.Equal(t, n, next)
	}
}

// docs/load-testing.md has the reference as the struct says it. After a change: go test ./cmd/foyer-bots/scenario -update
func TestReferenceInTheDocsIsCurrent(t *testing.T) {
	const file, begin, end = "../../../docs/load-testing.md", "<!-- reference: begin -->\n", "<!-- reference: end -->\n"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found)
	var reference bytes.Buffer
	Reference(&reference)
	want := before + begin + reference.String() + "\n" + end + after
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text))
}

func FuzzDecode(f *testing.F) {
	for _, name := range Names() {
		text, _ := Source(name)
		f.Add(text)
	}
	f.Add([]byte("name: x\nherds: [{at: 1s}]\npeople: [{at: 1s, is: 3}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Decode(text)
		if err != nil {
			return
		}
		// Whatever was accepted is within bounds, so that nobody has to ask again.
		require.LessOrEqual(t, s.MaxPeople()*s.DevicesEach, MaxDevices)
		require.Positive(t, s.Duration)
		for _, c := range []Curve{s.People} {
			require.NotEmpty(t, c)
			require.GreaterOrEqual(t, c.At(s.Duration.Std()), 0.0)
		}
		NewPace(s.People, 0, 1).Next()
	})
}
