// Package schema describes the wire as JSON Schema, made from the Go types of package protocol: their members, the
// rules in their tags, and what depends on each other. Two things are built from it: the AsyncAPI document (see
// protocol/asyncapi), and Validate, with which end-to-end tests hold every frame that a server really sent against the
// schemas. No production code imports it.
//
// Params are closed: the server refuses a member it does not know. Results and notifications are open in the document,
// since the protocol may grow, and closed in Validate, since a member that nobody described is a mistake today.
package schema
