// Package protocol has Foyer's words and its wire: ids, requests, results, notifications, errors and the codec.
package protocol

const (
	// Subprotocol is what a client offers at the upgrade, unless it offers none.
	Subprotocol = "foyer.v1"
	// Path is where the WebSocket is.
	Path = "/v1/ws"
)
