// Package client is a device of Foyer in Go: bots, tests and servers of a game's own use it.
//
// Dial opens the socket and says hello. From then on the client keeps itself connected: it comes back after the waits
// that the protocol asks for, resumes from the last revision it has seen, refreshes its token before it ends, and joins
// its session again. Each call is a method with the protocol's own params and result; a refusal is a *protocol.Error.
//
//	c, err := client.Dial(ctx, client.Options{
//		URL:     "ws://127.0.0.1:8080/v1/ws",
//		Token:   client.StaticToken(token),
//		Client:  protocol.Client{Name: "greeter", Version: "1.0", Kind: protocol.KindBot},
//		OnEvent: func(c *client.Client, e client.Event) { … },
//	})
//	sent, err := c.SendInvitation(ctx, protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
//
// Invariants:
//   - A notification with a revision reaches OnEvent exactly once and in order of revisions, whatever happens to the
//     socket, unless Online says that what was known must be fetched anew.
//   - A durable call gets an op_id of its own, so that repeating it on the next socket cannot carry it out twice.
//   - Reading never waits for OnEvent, so a handler may make calls.
package client
