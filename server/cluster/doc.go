// Package cluster says what nodes need from what is between them: a Bus that carries hints and notifications by
// address, and Devices, which knows the devices of each user on every node. The Registry of sessions is declared by
// package session. memory/ has them for nodes in one process.
//
// Its caller is package server. What is true stands in the store; nothing here is the only copy of anything durable,
// and a lost message is made good by the log of changes.
package cluster
