package server

import (
	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session"
)

// PublishRosters returns what a Registry in this process publishes with: what happened to a session's members within a
// tick goes to every node with devices there.
func PublishRosters(bus cluster.Bus) session.Publish {
	return func(f session.Flush) { bus.Publish(RosterMessage(f)) }
}

// RosterMessage returns what a flush is published as, and where.
func RosterMessage(f session.Flush) (cluster.Topic, *cluster.Message) {
	m := &cluster.Message{Kind: cluster.KindRoster, Session: f.SessionID, Version: f.Version, Frame: f.Frame}
	for _, list := range [][]protocol.Member{f.Change.Joined, f.Change.Updated} {
		for _, v := range list {
			m.Users, m.Numbers = append(m.Users, v.User.ID), append(m.Numbers, v.Number)
		}
	}
	for _, v := range f.Change.Left {
		m.Users, m.Numbers, m.Left = append(m.Users, v.UserID), append(m.Numbers, v.Number), append(m.Left, v.Number)
	}
	return cluster.SessionTopic(f.SessionID), m
}
