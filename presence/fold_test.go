package presence_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/presence"
	"foyer/protocol"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// after is noon and some seconds.
func after(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

func device(kind protocol.Kind, status protocol.Status, since int) presence.Device {
	return presence.Device{Kind: kind, Status: status, StatusSet: status != "", Since: after(since)}
}

func companion(status protocol.Status, since int) presence.Device {
	d := device(protocol.KindTablet, status, since)
	d.Companion = true
	return d
}

func dropped(d presence.Device, graceUntil int) presence.Device {
	d.GraceUntil = after(graceUntil)
	return d
}

func TestStatusIsFoldedOverDevices(t *testing.T) {
	const busy, online, away, offline = protocol.StatusBusy, protocol.StatusOnline, protocol.StatusAway, protocol.StatusOffline
	headset, web, mobile := protocol.KindHeadset, protocol.KindWeb, protocol.KindMobile
	for _, c := range []struct {
		what    string
		devices []presence.Device
		status  protocol.Status
		since   int
		kinds   []protocol.Kind
		next    int // 0: never
	}{
		{what: "no device", status: offline},
		{what: "a device that set nothing", devices: []presence.Device{device(web, "", 1)}, status: online, since: 1, kinds: []protocol.Kind{web}},
		{what: "away", devices: []presence.Device{device(web, away, 1)}, status: away, since: 1, kinds: []protocol.Kind{web}},
		{what: "busy", devices: []presence.Device{device(web, busy, 1)}, status: busy, since: 1, kinds: []protocol.Kind{web}},
		{what: "online over away", devices: []presence.Device{device(web, away, 1), device(headset, "", 2)}, status: online, since: 2, kinds: []protocol.Kind{headset, web}},
		{what: "busy over online", devices: []presence.Device{device(headset, online, 1), device(web, busy, 2)}, status: busy, since: 2, kinds: []protocol.Kind{headset, web}},
		{what: "busy over away", devices: []presence.Device{device(headset, away, 1), device(web, busy, 2)}, status: busy, since: 2, kinds: []protocol.Kind{headset, web}},
		{what: "busy over all", devices: []presence.Device{device(headset, away, 1), device(web, busy, 3), device(mobile, online, 2)}, status: busy, since: 3, kinds: []protocol.Kind{headset, mobile, web}},
		{what: "the first of two alike", devices: []presence.Device{device(web, online, 5), device(headset, online, 2)}, status: online, since: 2, kinds: []protocol.Kind{headset, web}},
		{what: "two of a kind", devices: []presence.Device{device(web, "", 1), device(web, "", 2)}, status: online, since: 1, kinds: []protocol.Kind{web, web}},
		{what: "a companion beside a device doesn't count", devices: []presence.Device{device(headset, away, 1), companion("", 2)}, status: away, since: 1, kinds: []protocol.Kind{headset}},
		{what: "a companion that chose does", devices: []presence.Device{device(headset, away, 1), companion(busy, 2)}, status: busy, since: 2, kinds: []protocol.Kind{headset}},
		{what: "a companion that chose the lower one", devices: []presence.Device{device(headset, "", 1), companion(away, 2)}, status: online, since: 1, kinds: []protocol.Kind{headset}},
		{what: "a companion alone", devices: []presence.Device{companion("", 1)}, status: online, since: 1},
		{what: "companions alone, one chose", devices: []presence.Device{companion("", 1), companion(away, 2)}, status: away, since: 2},
		{what: "a dropped device in grace", devices: []presence.Device{dropped(device(headset, busy, 1), 61)}, status: busy, since: 1, kinds: []protocol.Kind{headset}, next: 61},
		{what: "a dropped device after it", devices: []presence.Device{dropped(device(headset, busy, 1), 60)}, status: offline},
		{what: "one gone, one there", devices: []presence.Device{dropped(device(headset, busy, 1), 59), device(web, away, 2)}, status: away, since: 2, kinds: []protocol.Kind{web}},
		{what: "one in grace, one there", devices: []presence.Device{dropped(device(headset, busy, 1), 70), device(web, away, 2)}, status: busy, since: 1, kinds: []protocol.Kind{headset, web}, next: 70},
		{what: "a companion left alone by grace", devices: []presence.Device{dropped(device(headset, busy, 1), 60), companion("", 2)}, status: online, since: 2},
		{what: "a dropped companion that chose", devices: []presence.Device{device(headset, "", 1), dropped(companion(busy, 2), 65)}, status: busy, since: 2, kinds: []protocol.Kind{headset}, next: 65},
		{what: "the first grace to end", devices: []presence.Device{dropped(device(web, "", 1), 68), dropped(device(headset, "", 2), 64)}, status: online, since: 1, kinds: []protocol.Kind{headset, web}, next: 64},
		{what: "a status that none is", devices: []presence.Device{device(web, "dancing", 1)}, status: online, since: 1, kinds: []protocol.Kind{web}},
	} {
		t.Run(c.what, func(t *testing.T) {
			full := presence.Fold(c.devices, presence.Account{}, nil, after(60))
			require.Equal(t, c.status, full.Status)
			require.Equal(t, append([]protocol.Kind{}, c.kinds...), full.Devices)
			require.Equal(t, c.status == offline, full.Offline())
			if c.status != offline {
				require.Equal(t, after(c.since), full.Since)
			}
			if c.next == 0 {
				require.True(t, full.Next.IsZero(), full.Next)
			} else {
				require.Equal(t, after(c.next), full.Next)
			}
		})
	}
}

func TestNoteIsShownUntilItsEnd(t *testing.T) {
	web := []presence.Device{device(protocol.KindWeb, "", 0)}
	for _, c := range []struct {
		what  string
		until time.Time
		now   int
		note  string
		next  time.Time
	}{
		{"without end", time.Time{}, 1000, "lunch", time.Time{}},
		{"before it", after(10), 9, "lunch", after(10)},
		{"at it", after(10), 10, "", time.Time{}},
		{"after it", after(10), 11, "", time.Time{}},
	} {
		full := presence.Fold(web, presence.Account{Note: "lunch", NoteUntil: c.until}, nil, after(c.now))
		require.Equal(t, c.note, full.Note, c.what)
		require.Equal(t, c.next, full.Next, c.what)
		require.Equal(t, c.next, full.NoteUntil, c.what)
	}
	full := presence.Fold([]presence.Device{dropped(web[0], 5)}, presence.Account{Note: "lunch", NoteUntil: after(10)}, nil, noon)
	require.Equal(t, after(5), full.Next, "the sooner of grace and note")
	full = presence.Fold(nil, presence.Account{Note: "lunch", NoteUntil: after(10)}, nil, noon)
	require.Empty(t, full.Note)
	require.Zero(t, full.Next, "nobody's note changes nothing")
	full = presence.Fold(web, presence.Account{NoteUntil: after(10)}, nil, noon)
	require.Zero(t, full.Next, "an end without a note changes nothing")
}

func TestSinceNeverTellsThatSomeoneWasThereInvisibly(t *testing.T) {
	web := []presence.Device{device(protocol.KindWeb, "", 0)}
	require.Equal(t, after(50), presence.Fold(web, presence.Account{VisibleSince: after(50)}, nil, after(60)).Since)
	require.Equal(t, noon, presence.Fold(web, presence.Account{VisibleSince: after(-50)}, nil, after(60)).Since)
}

func TestNothingKnownIsOffline(t *testing.T) {
	require.JSONEq(t, `{"status":"offline","devices":[]}`, wire(t, presence.View(presence.Full{}, presence.Viewer{Connected: true})))
}

func wire(t require.TestingT, p *protocol.Presence) string {
	b, err := json.Marshal(p)
	require.NoError(t, err)
	return string(b)
}

// drawDevices returns some devices of one person.
func drawDevices(t *rapid.T) []presence.Device {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) presence.Device {
		d := presence.Device{
			Kind:      rapid.SampledFrom([]protocol.Kind{protocol.KindHeadset, protocol.KindTablet, protocol.KindWeb, protocol.KindBot}).Draw(t, "kind"),
			Companion: rapid.Bool().Draw(t, "companion"),
			Status:    rapid.SampledFrom([]protocol.Status{"", protocol.StatusOnline, protocol.StatusAway, protocol.StatusBusy}).Draw(t, "status"),
			Since:     after(rapid.IntRange(-100, 0).Draw(t, "since")),
		}
		d.StatusSet = d.Status != ""
		if rapid.Bool().Draw(t, "dropped") {
			d.GraceUntil = after(rapid.IntRange(-5, 10).Draw(t, "grace"))
		}
		return d
	}), 0, 6).Draw(t, "devices")
}

func drawAccount(t *rapid.T) presence.Account {
	a := presence.Account{
		Note:      rapid.SampledFrom([]string{"", "lunch"}).Draw(t, "note"),
		Invisible: rapid.Bool().Draw(t, "invisible"),
	}
	if rapid.Bool().Draw(t, "ends") {
		a.NoteUntil = after(rapid.IntRange(-5, 10).Draw(t, "until"))
	}
	return a
}

func drawSession(t *rapid.T) *presence.Session {
	if rapid.Bool().Draw(t, "nowhere") {
		return nil
	}
	return &presence.Session{ID: "s", Name: "S", Private: rapid.Bool().Draw(t, "private")}
}

func drawViewer(t *rapid.T) presence.Viewer {
	if rapid.IntRange(0, 4).Draw(t, "self") == 0 {
		return presence.Viewer{Self: true}
	}
	return presence.Viewer{
		Connected:   rapid.Bool().Draw(t, "connected"),
		SameSession: rapid.Bool().Draw(t, "same"),
		Blocked:     rapid.IntRange(0, 3).Draw(t, "blocked") == 0,
	}
}

func TestFoldIgnoresTheOrderOfDevices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		devices, account, session := drawDevices(t), drawAccount(t), drawSession(t)
		want := presence.Fold(devices, account, session, noon)
		shuffled := rapid.Permutation(devices).Draw(t, "shuffled")
		require.Equal(t, want, presence.Fold(shuffled, account, session, noon))
	})
}

func TestNothingChangesByItselfBeforeNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		devices, account, session := drawDevices(t), drawAccount(t), drawSession(t)
		full := presence.Fold(devices, account, session, noon)
		end := full.Next
		if end.IsZero() {
			end = after(1000)
		}
		later := noon.Add(time.Duration(rapid.Int64Range(0, int64(end.Sub(noon))-1).Draw(t, "later")))
		require.Equal(t, full, presence.Fold(devices, account, session, later))
	})
}

func TestWhoHasAPresenceKnowsByItselfWhenTheNoteEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account, session := drawAccount(t), drawSession(t)
		var devices []presence.Device
		for _, d := range drawDevices(t) {
			d.GraceUntil = time.Time{}
			devices = append(devices, d)
		}
		later := after(rapid.IntRange(0, 15).Draw(t, "later"))
		was, is := presence.Fold(devices, account, session, noon), presence.Fold(devices, account, session, later)
		require.True(t, presence.Unchanged(is, was.At(later)))
		require.Equal(t, is, is.At(later))
	})
}

func TestADropWithinGraceIsSeenByNobodyElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		devices, account, session := drawDevices(t), drawAccount(t), drawSession(t)
		viewer := drawViewer(t)
		before := presence.Fold(devices, account, session, noon)
		drops := slices.Clone(devices)
		for i := range drops {
			if drops[i].GraceUntil.IsZero() && rapid.Bool().Draw(t, "drops") {
				drops[i].GraceUntil = after(10)
			}
		}
		require.Nil(t, presence.Delta(before, presence.Fold(drops, account, session, noon), viewer))
	})
}
