// Package demo fills a server with a lobby of lively people, so that whoever opens two tablets finds someone to invite.
//
// `foyer demo` calls Run against the server it has just started. Each of the people is an ordinary device of the Go
// client over a real WebSocket: nothing here knows the server but by its protocol.
//
// Invariants:
//   - The people act at a humane pace and far below the default limits.
//   - A visitor who arrives is invited twice, and one of the two invitations is taken back before their eyes.
//   - Whoever is told never to answer never does: somebody's invitation can always be cancelled.
package demo
