// Package protocol has Foyer's words and its wire: ids, requests, results, notifications, errors, close codes and the
// codec. Everything else imports it; it imports the standard library only. The whole conversation:
//
//	client                                             server
//	GET /v1/ws, subprotocol foyer.v1        ──▶        101 (401 a bad token, 403 a foreign page, 400 other subprotocols)
//	hello {token, client, resume}           ──▶        within 10 s, else 4408
//	                                        ◀──        {user, device_id, epoch, rev, resumed, …}
//	                                        ◀──        resumed: every revision after resume.rev, then what is new
//	invitation.send {to, op_id}             ──▶        decided in one transaction
//	                                        ◀──        its answer, always before
//	                                        ◀──        relation.changed {rev+1}, to all devices of both, each their own view
//	session.join {session_id}               ──▶        decided once for all nodes
//	                                        ◀──        {session, number, members, version}, then one key frame 0x03
//	                                        ◀──        session.roster {version+1}, at most one a tick
//	0x01 state                              ──▶        the newest wins
//	                                        ◀──        0x02 tick: what changed of all; 0x03 instead of what was left out
//	ping                                    ◀─▶        every 25 s, pong within 10 s, else 4001
//	token.refresh {token}                   ──▶        after token.expiring, 60 s before the end; else 4401
//	                                        ◀──        server.draining {reconnect_after_ms}, then 1001: come back and resume
//	close 1000                              ──▶        gone at once; anything else is held for a grace of 10 s
//
// Text frames are JSON-RPC 2.0, binary ones the state lane (state.go). Invariants:
//
//   - What a client sends is read strictly: ParseFrame the envelope, DecodeParams the params. Bounds stand in the struct
//     tags (rules.go), members that depend on each other in Validate. Bad input gives an *Error and nothing else.
//   - What a server sends is never null (encode.go), and may grow: clients ignore what they do not know.
//   - A device's requests are answered in their order; an answer comes before the notifications of the same change.
//   - A user's rev goes up by exactly 1 with each change that this user can see, and by nothing else.
//   - Methods and Notifications are the tables from which the server dispatches and the documents are made.
package protocol

const (
	// Subprotocol is what a client offers at the upgrade, unless it offers none.
	Subprotocol = "foyer.v1"
	// Path is where the WebSocket is.
	Path = "/v1/ws"
)
