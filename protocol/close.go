package protocol

import (
	"maps"
	"slices"
)

// CloseCode is the WebSocket close code with which the server ends a device.
type CloseCode int

// The close codes. Up to ClosePongMissing a client comes back and resumes; after the others only once something has changed.
const (
	CloseNormal         CloseCode = 1000
	CloseGoingAway      CloseCode = 1001
	CloseServiceRestart CloseCode = 1012
	CloseOverload       CloseCode = 1013
	CloseSlowReader     CloseCode = 4000
	ClosePongMissing    CloseCode = 4001

	CloseInvalidUTF8    CloseCode = 1007
	CloseMessageTooBig  CloseCode = 1009
	CloseNotProtocol    CloseCode = 4400
	CloseToken          CloseCode = 4401
	CloseSuspended      CloseCode = 4403
	CloseNoHello        CloseCode = 4408
	CloseTooManyDevices CloseCode = 4409
	CloseReplaced       CloseCode = 4410
	CloseFlooding       CloseCode = 4429
)

// closes says what each close code means to the device that is closed.
var closes = map[CloseCode]string{
	CloseNormal:         "The device said good-bye, or the server answers that it did.",
	CloseGoingAway:      "The node stops. Come back at once, to another.",
	CloseServiceRestart: "The node restarts. Come back at once.",
	CloseOverload:       "The server has too much to do, or made a mistake. Come back after the wait in Retry-After, or a random one.",
	CloseSlowReader:     "The device took too long to read what was sent. Come back and resume.",
	ClosePongMissing:    "A ping was not answered. Come back and resume.",
	CloseInvalidUTF8:    "A text frame was not UTF-8. Mend the client.",
	CloseMessageTooBig:  "A frame was larger than limits.message_bytes or limits.state_bytes. Mend the client.",
	CloseNotProtocol:    "What came is not this protocol. Mend the client.",
	CloseToken:          "The token is not valid, or has ended. Sign in again.",
	CloseSuspended:      "The user is suspended.",
	CloseNoHello:        "No hello came in time.",
	CloseTooManyDevices: "The user has as many devices as a user can have. Close one first.",
	CloseReplaced:       "The same device came back on another socket. Leave it the place.",
	CloseFlooding:       "The device sent far more than it may. Slow down.",
}

// CloseCodes lists the close codes, in their order.
func CloseCodes() []CloseCode { return slices.Sorted(maps.Keys(closes)) }

// Meaning returns what c means to the device that is closed: a sentence for people, and the close frame's reason.
func (c CloseCode) Meaning() string { return closes[c] }

// Resumable reports whether a client that was closed with c should come back by itself and resume.
func (c CloseCode) Resumable() bool {
	switch c {
	case CloseGoingAway, CloseServiceRestart, CloseOverload, CloseSlowReader, ClosePongMissing, 1006:
		return true
	}
	return false
}
