package redis

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
)

// hidden has ada be on two nodes, visible, until it is said on the second that she is not. The first is halted before.
func hidden(t *testing.T, meanwhile func(one *member)) (server *redistest.Server, one, two *member) {
	server = redistest.Start(t)
	prefix := newPrefix()
	one, two = newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	for _, m := range []*member{one, two} {
		_, err := m.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), Profile: cluster.Profile{Rev: 5}, Device: cluster.Device{
			ID: m.name, UserID: "ada", Kind: protocol.KindBot, Node: m.ID(), Incarnation: m.name,
		}})
		require.NoError(t, err)
		m.cancel() // and checks when it is told to
		<-m.done
	}
	meanwhile(one)
	require.NoError(t, two.d.SetProfile(t.Context(), "ada", cluster.Profile{Invisible: true, Rev: 6}))
	return server, one, two
}

func (m *member) comesBack(t *testing.T) {
	t.Helper()
	m.ctx = context.Background()
	require.True(t, m.Check(t.Context()))
}

func isHidden(t *testing.T, m *member) {
	t.Helper()
	of, err := m.d.Of(t.Context(), "ada")
	require.NoError(t, err)
	require.Len(t, of["ada"].Devices, 2)
	require.True(t, of["ada"].Profile.Invisible)
}

func TestWhatANodeThatWasCutOffKnowsOfAProfileIsNotWrittenOverANewerOne(t *testing.T) {
	t.Parallel()
	_, one, two := hidden(t, func(one *member) {
		one.lost(errAway)
		require.NoError(t, one.d.Change(t.Context(), "ada", one.name, func(d *cluster.Device) { d.Status = protocol.StatusBusy }))
	})
	isHidden(t, two)
	one.comesBack(t)
	isHidden(t, two)
}

func TestOfWhatSeveralNodesWriteIntoAnEmptyRedisTheNewestProfileCounts(t *testing.T) {
	t.Parallel()
	server, one, two := hidden(t, func(*member) {})
	server.Kill()
	server.Restart()
	two.comesBack(t)
	one.comesBack(t)
	isHidden(t, one)
}

func TestWhoHidMeanwhileIsNotShownByTheFirstToWriteIntoAnEmptyRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	_, err := one.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), Profile: cluster.Profile{Rev: 5}, Device: cluster.Device{
		ID: "d", UserID: "hid", Kind: protocol.KindBot, Node: one.ID(), Incarnation: "i",
	}})
	require.NoError(t, err)
	one.goesAway(t, server)
	one.comesBackEmpty(t, server)
	of, err := one.d.Of(t.Context(), "hid")
	require.NoError(t, err)
	require.True(t, of["hid"].Profile.Invisible)
}

// Who hides on a node that is cut off is known to have hidden in the store alone, until the others take that node for dead.
func TestWhoHidOnANodeThatIsTakenForDeadIsNotShown(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	for _, m := range []*member{one, two} {
		_, err := m.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), Profile: cluster.Profile{Rev: 5}, Device: cluster.Device{
			ID: m.name, UserID: "hid", Kind: protocol.KindBot, Node: m.ID(), Incarnation: m.name,
		}})
		require.NoError(t, err)
	}
	two.halt(t)
	one.expire(t, two.ID())
	one.hurry()
	var of cluster.UserDevices
	require.Eventually(t, func() bool {
		of = patiently(t, func() (map[string]cluster.UserDevices, error) { return one.d.Of(t.Context(), "hid") })["hid"]
		return len(of.Devices) == 2 && !of.Devices[1].Connected
	}, waitAtMost, waitEvery)
	require.True(t, of.Profile.Invisible)
}

// Who hides on a node that is cut off has done so in the store alone: the others say that they can't be sure.
func TestANodeThatIsSilentIsDoubted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	_, err := two.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), Device: cluster.Device{
		ID: "d", UserID: "ada", Kind: protocol.KindBot, Node: two.ID(), Incarnation: "i",
	}})
	require.NoError(t, err)
	unsure := func() bool {
		of := patiently(t, func() (map[string]cluster.UserDevices, error) { return one.d.Of(t.Context(), "ada") })
		require.Len(t, of["ada"].Devices, 1)
		return of["ada"].Unsure
	}
	require.Eventually(t, func() bool { return !unsure() }, waitAtMost, waitEvery)
	two.halt(t)
	began := time.Now()
	require.Eventually(t, unsure, waitAtMost, waitEvery)
	require.Less(t, time.Since(began), lease-unrenewedAfter)
	require.Eventually(t, func() bool { two.Check(t.Context()); return !unsure() }, waitAtMost, waitEvery)
}
