package clustertest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

// Registered is a Devices with its upkeep.
type Registered interface {
	cluster.Devices
	cluster.Upkeep
}

var start = time.UnixMilli(1_800_000_000_000).UTC()

// Devices runs the suite. open returns a new, empty Devices.
func Devices(t *testing.T, open func(t *testing.T) Registered) {
	for name, test := range map[string]func(t *testing.T, r Registered){
		"lists a user's devices in order of coming":             lists,
		"a device that names itself takes its place over":       takesOver,
		"a dropped one of the same kind is taken over in grace": takesOverDropped,
		"a connected one is not taken over unless named":        leavesConnected,
		"nobody takes over another user's device":               notAnothers,
		"the eleventh is refused, unless one in grace can go":   bound,
		"what an old socket says of its device is not heard":    oldSocket,
		"grace ends once": graceEnds,
		"status, place and sequence survive a drop":  survives,
		"the profile is the user's":                  profile,
		"devices of before a restart are waited for": restored,
		"the bound holds when all come at once":      boundAtOnce,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// attach registers a device with that id, or fails.
func attach(t *testing.T, r Registered, id string, edit ...func(*cluster.Attach)) cluster.Attached {
	got, err := r.Attach(t.Context(), asking(id, edit...))
	require.NoError(t, err)
	return got
}

func asking(id string, edit ...func(*cluster.Attach)) cluster.Attach {
	a := cluster.Attach{Now: start, Device: cluster.Device{
		ID: id, UserID: "ada", Kind: protocol.KindHeadset, Node: "one", Incarnation: "socket of " + id, Status: protocol.StatusOnline,
	}}
	for _, fn := range edit {
		fn(&a)
	}
	return a
}

func kind(k protocol.Kind) func(*cluster.Attach) { return func(a *cluster.Attach) { a.Kind = k } }
func wanting(id string) func(*cluster.Attach)    { return func(a *cluster.Attach) { a.WantID = id } }

func drop(t *testing.T, r Registered, d cluster.Device) {
	mine, err := r.Drop(t.Context(), d, start.Add(10*time.Second))
	require.NoError(t, err)
	require.True(t, mine)
}

// ids returns the ids of ada's devices.
func ids(t *testing.T, r Registered) []string {
	of, err := r.Of(t.Context(), "ada")
	require.NoError(t, err)
	out := []string{}
	for _, d := range of["ada"].Devices {
		out = append(out, d.ID)
	}
	return out
}

func lists(t *testing.T, r Registered) {
	attach(t, r, "a")
	attach(t, r, "b", kind(protocol.KindTablet))
	attach(t, r, "c")
	require.Equal(t, []string{"a", "b", "c"}, ids(t, r))
	of, err := r.Of(t.Context(), "ada", "nobody")
	require.NoError(t, err)
	require.NotContains(t, of, "nobody")
	require.True(t, of["ada"].Devices[0].Connected)
	require.True(t, of["ada"].Devices[0].Since.Equal(start))
}

func takesOver(t *testing.T, r Registered) {
	attach(t, r, "a")
	got := attach(t, r, "b", wanting("a"))
	require.True(t, got.Resumed)
	require.Equal(t, "a", got.Device.ID)
	require.Equal(t, "socket of b", got.Device.Incarnation)
	require.NotNil(t, got.Replaced)
	require.Equal(t, "socket of a", got.Replaced.Incarnation)
	require.Equal(t, []string{"a"}, ids(t, r))
}

func takesOverDropped(t *testing.T, r Registered) {
	first := attach(t, r, "a")
	drop(t, r, first.Device)
	other := attach(t, r, "b", kind(protocol.KindDesktop))
	require.False(t, other.Resumed)
	got := attach(t, r, "c")
	require.True(t, got.Resumed)
	require.Equal(t, "a", got.Device.ID)
	require.Nil(t, got.Replaced)
	require.Equal(t, []string{"a", "b"}, ids(t, r))
}

func leavesConnected(t *testing.T, r Registered) {
	attach(t, r, "a")
	require.False(t, attach(t, r, "b").Resumed)
	require.False(t, attach(t, r, "c", wanting("unknown")).Resumed)
	require.Equal(t, []string{"a", "b", "c"}, ids(t, r))
}

func notAnothers(t *testing.T, r Registered) {
	attach(t, r, "a")
	got := attach(t, r, "b", wanting("a"), func(a *cluster.Attach) { a.UserID = "ben" })
	require.False(t, got.Resumed)
	require.Equal(t, []string{"a"}, ids(t, r))
}

func bound(t *testing.T, r Registered) {
	ten := func(a *cluster.Attach) { a.Max = 10 }
	var first cluster.Attached
	for i := range 10 {
		got := attach(t, r, fmt.Sprint(i), ten)
		if i == 3 {
			first = got
		}
	}
	_, err := r.Attach(t.Context(), asking("11", ten))
	require.ErrorIs(t, err, cluster.ErrTooManyDevices)
	drop(t, r, first.Device)
	got := attach(t, r, "12", ten, kind(protocol.KindBot))
	require.Equal(t, "3", got.Evicted.ID)
	require.Len(t, ids(t, r), 10)
	require.NotContains(t, ids(t, r), "3")
}

func oldSocket(t *testing.T, r Registered) {
	old := attach(t, r, "a").Device
	attach(t, r, "b", wanting("a"))
	for _, fn := range []func() (bool, error){
		func() (bool, error) { return r.Drop(t.Context(), old, start) },
		func() (bool, error) { return r.Remove(t.Context(), old) },
	} {
		mine, err := fn()
		require.NoError(t, err)
		require.False(t, mine)
	}
	gone, err := r.Reap(t.Context(), start.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, gone)
	require.Equal(t, []string{"a"}, ids(t, r))
}

func graceEnds(t *testing.T, r Registered) {
	d := attach(t, r, "a").Device
	drop(t, r, d)
	gone, err := r.Reap(t.Context(), start.Add(10*time.Second-time.Millisecond))
	require.NoError(t, err)
	require.Empty(t, gone)
	gone, err = r.Reap(t.Context(), start.Add(10*time.Second))
	require.NoError(t, err)
	require.Len(t, gone, 1)
	require.Equal(t, "a", gone[0].ID)
	gone, err = r.Reap(t.Context(), start.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, gone)
	require.Empty(t, ids(t, r))
}

func survives(t *testing.T, r Registered) {
	d := attach(t, r, "a").Device
	require.NoError(t, r.Change(t.Context(), "ada", "a", func(have *cluster.Device) { have.Status, have.StatusSet = protocol.StatusBusy, true }))
	d.Seq = 7
	drop(t, r, d)
	got := attach(t, r, "b", wanting("a"))
	require.Equal(t, protocol.StatusBusy, got.Device.Status)
	require.True(t, got.Device.StatusSet)
	require.Equal(t, int64(7), got.Device.Seq)
	require.True(t, got.Device.Since.Equal(start))
	require.NoError(t, r.Change(t.Context(), "ada", "gone", func(*cluster.Device) { require.Fail(t, "there is no such device") }))
}

func profile(t *testing.T, r Registered) {
	attach(t, r, "a")
	p := cluster.Profile{Note: "back soon", NoteUntil: start.Add(time.Minute), Invisible: true, Rev: 7}
	require.NoError(t, r.SetProfile(t.Context(), "ada", p))
	require.NoError(t, r.SetProfile(t.Context(), "nobody", p))
	of, err := r.Of(t.Context(), "ada", "nobody")
	require.NoError(t, err)
	require.Equal(t, p, of["ada"].Profile)
	require.NotContains(t, of, "nobody")

	require.NoError(t, r.SetProfile(t.Context(), "ada", cluster.Profile{Note: "older", Rev: 6}))
	attach(t, r, "b", func(a *cluster.Attach) { a.Profile.Rev = 5 })
	of, err = r.Of(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, p, of["ada"].Profile, "an older one that comes later")
	p.Note, p.Rev = "newer", 8
	attach(t, r, "c", func(a *cluster.Attach) { a.Profile = p })
	of, err = r.Of(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, p, of["ada"].Profile)
}

func restored(t *testing.T, r Registered) {
	d := cluster.Device{ID: "a", UserID: "ada", Kind: protocol.KindHeadset, GraceUntil: start.Add(time.Minute)}
	require.NoError(t, r.Restore(t.Context(), d, cluster.Profile{Invisible: true}))
	of, err := r.Of(t.Context(), "ada")
	require.NoError(t, err)
	require.True(t, of["ada"].Profile.Invisible)
	require.False(t, of["ada"].Devices[0].Connected)
	require.True(t, attach(t, r, "b", wanting("a")).Resumed)
	require.NoError(t, r.Restore(t.Context(), d, cluster.Profile{}))
	gone, err := r.Reap(t.Context(), start.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, gone, "it is back")
}

func boundAtOnce(t *testing.T, r Registered) {
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			_, err := r.Attach(t.Context(), asking(fmt.Sprint(i), func(a *cluster.Attach) { a.Max = 10 }))
			if err != nil {
				require.ErrorIs(t, err, cluster.ErrTooManyDevices)
			}
		})
	}
	wg.Wait()
	require.Len(t, ids(t, r), 10)
}
