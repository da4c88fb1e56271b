// Package ws is the transport: it accepts WebSockets, reads messages from them and writes messages to them. It is the
// only importer of gorilla/websocket and knows nothing of what the messages say.
//
// The server calls Acceptor.Upgrade in an HTTP handler, then Socket.Start with its Handler. From there on:
//
//   - Handler methods are called one at a time, in the order in which the messages came: Text on a goroutine of the socket's
//     own, Binary also on one that reads for many sockets, as long as it is Quick. Closed comes last and exactly once.
//   - Sending never blocks. Messages wait in a bounded queue and are written in the order in which they were queued,
//     several in one write. Over its bounds, Send answers false and the owner closes the socket with 4000.
//   - States are newest-only: one that the device has not taken when the next comes is dropped, never sent late.
//   - A queue is never closed; Done is.
//   - A socket that has nothing to say costs no goroutine (on Linux; elsewhere a parked one), no buffer, no timer, nothing of
//     the HTTP request; one that writes states has no goroutine either. Pings come from one wheel for all.
//   - After Close nothing more is delivered but Closed. What was queued before is still written, then the close frame,
//     except where the device reads too slowly (4000): then the queue is dropped.
//
// All timing uses package time, so it runs in a testing/synctest bubble over the in-memory network in wstest.
package ws
