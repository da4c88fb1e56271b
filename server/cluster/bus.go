package cluster

import (
	"context"
	"encoding/json"

	"foyer/protocol"
)

// Topic is an address on the Bus. A node subscribes to what it has devices for, so a message reaches only nodes with
// someone to tell.
type Topic string

// UserTopic reaches the nodes that a user's devices hang on.
func UserTopic(id string) Topic { return Topic("u:" + id) }

// SessionTopic reaches the nodes with devices in a session.
func SessionTopic(id string) Topic { return Topic("s:" + id) }

// PersonTopic reaches the nodes where someone watches a person: connections who are online, and open focus panels.
func PersonTopic(id string) Topic { return Topic("p:" + id) }

// Bus carries messages between nodes, the publishing node included. Delivery is at most once and in the order of
// publishing for one publisher and topic. All methods may be called concurrently.
type Bus interface {
	// Publish hands m to every node that subscribes to t. It never blocks for long and never fails loudly: a lost
	// message is made good by whoever notices. m must not be changed afterwards.
	Publish(t Topic, m *Message)
	// Wanted reports whether a message to t might reach anybody: false only where it is known that no node subscribes.
	Wanted(t Topic) bool
	// Subscribe counts one more interest in t and returns once messages published from now on will arrive.
	Subscribe(ctx context.Context, t Topic) error
	// Unsubscribe counts one interest less.
	Unsubscribe(t Topic)
	// Receive sets who gets the messages; called once, before the first Subscribe. The receiver must not block.
	Receive(func(Topic, *Message))
}

// Kind says what a Message is about.
type Kind string

// The kinds, by topic.
const (
	// To a user: a notification that has a revision of the log.
	KindChange Kind = "change"
	// To a user: a notification without one, to all devices but Except.
	KindPush Kind = "push"
	// To a user: whom User now hears, or no longer (Other, On): never shown to anybody.
	KindBlock Kind = "block"
	// To a user: the device Device of the start Incarnation is to be closed with Close.
	KindClose Kind = "close"
	// To a user: the devices Devices (all but companions when none is named) were taken out of Session, for Reason.
	KindEnded Kind = "ended"
	// To a user: the user is in Session now ("" for none); Device, if named, was put there without having asked.
	KindPlaced Kind = "placed"

	// To a session: a roster frame of Version, about Users with their Numbers.
	KindRoster Kind = "roster"
	// To a session: a session.message of User's device Except to Users (all, when none is named).
	KindMessage Kind = "message"
	// To a session: session.updated.
	KindUpdated Kind = "updated"
	// To a session: the States that devices of the node Incarnation wrote since its last tick.
	KindStates Kind = "states"
	// To a session: the node Incarnation has nobody's state yet.
	KindStatesWanted Kind = "states_wanted"

	// To those who watch a person: the person's presence, whole, as the node Incarnation read it; viewers get what they may
	// see of it.
	KindPresence Kind = "presence"
	// To those who watch a person: something that a focus panel shows may have changed.
	KindTouched Kind = "touched"
)

// Message is what travels. Which fields are set depends on Kind.
type Message struct {
	Kind        Kind               `json:"kind"`
	User        string             `json:"user,omitempty"`
	Other       string             `json:"other,omitempty"`
	On          bool               `json:"on,omitempty"`
	Rev         int64              `json:"rev,omitempty"`
	Version     int64              `json:"version,omitempty"`
	Stamp       int64              `json:"stamp,omitempty"` // of the stay that ended
	Session     string             `json:"session,omitempty"`
	Device      string             `json:"device,omitempty"`
	Devices     []string           `json:"devices,omitempty"`
	Except      string             `json:"except,omitempty"`
	Users       []string           `json:"users,omitempty"`
	Numbers     []uint16           `json:"numbers,omitempty"`
	Left        []uint16           `json:"left,omitempty"` // those of Numbers that nobody has any more
	Reason      protocol.EndReason `json:"reason,omitempty"`
	Close       protocol.CloseCode `json:"close,omitempty"`
	Incarnation string             `json:"incarnation,omitempty"`
	Frame       json.RawMessage    `json:"frame,omitempty"` // ready for the socket
	Presence    json.RawMessage    `json:"presence,omitempty"`
	At          int64              `json:"at,omitempty"` // when the States were written, Unix milliseconds, or the Presence was read, microseconds (0: it was not)
	States      [][]byte           `json:"-"`            // binary frames of ticks, each less than 64 kB
}
