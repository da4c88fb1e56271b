package presence_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/presence"
	"foyer/protocol"
)

// TestWhoSeesWhat goes through every viewer, with a person visible or not, whose session is private or not, and who is
// connected or in grace.
func TestWhoSeesWhat(t *testing.T) {
	const (
		nothing = `null`
		offline = `{"status":"offline","devices":[]}`
		hidden  = `{"status":"offline","note":"hi","devices":[],"invisible":true}`
		outside = `{"status":"busy","note":"hi","devices":["headset"],"since":"2026-05-01T12:00:00.000Z"}`
		inside  = `{"status":"busy","note":"hi","session":{"id":"s","name":"Lobby"},"devices":["headset"],"since":"2026-05-01T12:00:00.000Z"}`
	)
	viewers := []struct {
		name string
		presence.Viewer
		// what is seen of a visible person in an open and in a private session, and of an invisible one
		open, private, invisible string
	}{
		{"oneself", presence.Viewer{Self: true}, inside, inside, hidden},
		{"oneself, in the session", presence.Viewer{Self: true, SameSession: true}, inside, inside, hidden},
		{"a stranger", presence.Viewer{}, nothing, nothing, nothing},
		{"a connection elsewhere", presence.Viewer{Connected: true}, inside, outside, offline},
		{"a stranger in the session", presence.Viewer{SameSession: true}, inside, inside, inside},
		{"a connection in the session", presence.Viewer{Connected: true, SameSession: true}, inside, inside, inside},
		{"blocked, a stranger", presence.Viewer{Blocked: true}, nothing, nothing, nothing},
		{"blocked, in the session", presence.Viewer{Blocked: true, SameSession: true}, nothing, nothing, nothing},
		{"blocked, not yet disconnected", presence.Viewer{Blocked: true, Connected: true}, nothing, nothing, nothing},
		{"blocked, both", presence.Viewer{Blocked: true, Connected: true, SameSession: true}, nothing, nothing, nothing},
	}
	for _, v := range viewers {
		for _, grace := range []bool{false, true} {
			headset := device(protocol.KindHeadset, protocol.StatusBusy, 0)
			if grace {
				headset = dropped(headset, 10)
			}
			for _, private := range []bool{false, true} {
				for _, invisible := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/private=%t/invisible=%t/grace=%t", v.name, private, invisible, grace), func(t *testing.T) {
						account := presence.Account{Note: "hi", Invisible: invisible}
						full := presence.Fold([]presence.Device{headset}, account, &presence.Session{ID: "s", Name: "Lobby", Private: private}, after(5))
						want := v.open
						switch {
						case invisible:
							want = v.invisible
						case private:
							want = v.private
						}
						require.Equal(t, want, wire(t, presence.View(full, v.Viewer)))
					})
				}
			}
		}
		t.Run(v.name+"/who is not there", func(t *testing.T) {
			full := presence.Fold(nil, presence.Account{Note: "hi", Invisible: true}, nil, noon)
			want := offline
			if v.open == nothing {
				want = nothing
			}
			require.Equal(t, want, wire(t, presence.View(full, v.Viewer)))
		})
	}
}

func TestInvisibleIsOfflineByteForByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		devices, account, session := drawDevices(t), drawAccount(t), drawSession(t)
		viewer := presence.Viewer{Connected: rapid.Bool().Draw(t, "connected"), Blocked: rapid.Bool().Draw(t, "blocked")}
		account.Invisible = true
		there := presence.Fold(devices, account, session, noon)
		gone := presence.Fold(nil, account, nil, noon)
		require.Equal(t, wire(t, presence.View(gone, viewer)), wire(t, presence.View(there, viewer)))
		require.Nil(t, presence.Delta(gone, there, viewer), "and nobody is told of it")
		require.Nil(t, presence.Delta(there, gone, viewer))
	})
}

func TestPrivateSessionIsNamedToItsMembersOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		viewer := drawViewer(t)
		full := presence.Fold(drawDevices(t), drawAccount(t), &presence.Session{ID: "s", Name: "S", Private: true}, noon)
		p := presence.View(full, viewer)
		if p != nil && !viewer.SameSession && !viewer.Self {
			require.Nil(t, p.Session)
		}
	})
}

func TestDeltaTellsExactlyTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := presence.Fold(drawDevices(t), drawAccount(t), drawSession(t), noon)
		now := presence.Fold(drawDevices(t), drawAccount(t), drawSession(t), noon)
		viewer := drawViewer(t)
		was, is := wire(t, presence.View(before, viewer)), wire(t, presence.View(now, viewer))
		told := presence.Delta(before, now, viewer)
		if was == is {
			require.Nil(t, told)
		} else {
			require.Equal(t, is, wire(t, told))
		}
	})
}

func TestPaceSendsTheFirstAtOnceAndTheLastAlways(t *testing.T) {
	var p presence.Pace
	send, _ := p.Changed(noon)
	require.True(t, send, "the first")
	send, at := p.Changed(noon.Add(100 * time.Millisecond))
	require.False(t, send)
	require.Equal(t, after(1), at)
	send, at = p.Changed(noon.Add(200 * time.Millisecond))
	require.False(t, send)
	require.Equal(t, after(1), at)
	require.False(t, p.Due(noon.Add(999*time.Millisecond)))
	require.False(t, p.Idle(noon.Add(999*time.Millisecond)))
	require.True(t, p.Due(after(1)), "the last")
	require.False(t, p.Due(after(1)), "once")
	require.False(t, p.Idle(after(1)))
	send, at = p.Changed(noon.Add(1500 * time.Millisecond))
	require.False(t, send)
	require.Equal(t, after(2), at)
	require.True(t, p.Due(after(2)))
	require.False(t, p.Due(after(3)), "nothing new")
	require.True(t, p.Idle(after(3)))
	send, _ = p.Changed(after(10))
	require.True(t, send, "after quiet at once again")
}

func TestPaceLeavesALateTimerItsTurn(t *testing.T) {
	var p presence.Pace
	p.Changed(noon)
	p.Changed(after(0))
	send, at := p.Changed(after(3))
	require.False(t, send, "the timer set before is about to ring")
	require.Equal(t, after(1), at)
	require.True(t, p.Due(after(3)))
	send, at = p.Changed(after(3))
	require.False(t, send)
	require.Equal(t, after(4), at)
}

func TestPaceHoldsForAnySequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p presence.Pace
		now := noon
		var sent []time.Time
		version, last := 0, 0
		var alarm time.Time
		change := func() {
			version++
			send, at := p.Changed(now)
			if send {
				sent, last = append(sent, now), version
			}
			if alarm = at; send {
				alarm = time.Time{}
			}
		}
		ring := func() {
			now, alarm = alarm, time.Time{}
			if p.Due(now) {
				sent, last = append(sent, now), version
			}
		}
		for _, gap := range rapid.SliceOf(rapid.IntRange(0, 2500)).Draw(t, "gaps") {
			next := now.Add(time.Duration(gap) * time.Millisecond)
			if !alarm.IsZero() && !alarm.After(next) {
				ring()
			}
			now = next
			quiet := len(sent) == 0 || now.Sub(sent[len(sent)-1]) >= presence.Gap
			change()
			require.Equal(t, quiet, last == version, "at once exactly after quiet")
		}
		if !alarm.IsZero() {
			ring()
		}
		require.Equal(t, version, last, "the last always goes out")
		for i := 1; i < len(sent); i++ {
			require.GreaterOrEqual(t, sent[i].Sub(sent[i-1]), presence.Gap)
		}
	})
}
