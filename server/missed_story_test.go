package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

func TestWhoMissedThatASessionIsOverForThemIsToldWhenMessagesComeAgain(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		params func(id string) map[string]any
		want   string
	}{
		"kicked": {"session.kick", func(id string) map[string]any { return map[string]any{"session_id": id, "user_id": "ben"} }, "moved"},
		"closed": {"session.close", func(id string) map[string]any { return map[string]any{"session_id": id} }, "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, nil, func(w *world) {
				w.lossy(func(m *cluster.Message) int {
					if m.Kind == cluster.KindEnded {
						return 0
					}
					return 1
				})
				ada, ben := w.arrives("ada"), w.arrives("ben")
				var made protocol.SessionJoinResult
				ada.ok("session.create", map[string]any{"name": "Lobby"}, &made)
				ben.ok("session.join", map[string]any{"session_id": made.Session.ID}, nil)
				ada.ok(c.method, c.params(made.Session.ID), nil)
				pass(second)
				ben.told()
				ada.told()
				w.nodes[0].app.Server().Resubscribed()
				pass(second)
				require.Contains(t, ben.summary(), "ended "+c.want)
			})
		})
	}
}
