// Package directory knows the users: who they are by their tokens, what they chose, and how they are found.
//
// Its callers are the server (hello, settings, presence.set, the server API) and, through the server, people.
// The Service holds the transactions; the Store is behind it.
//
// Invariants:
//   - A user is known once they said hello or were put here. Nobody else can be found, focused or invited by id.
//   - What a token says takes the place of what was known; what it leaves out stays.
//   - A username addresses at most one user: the one whose token was the last to bring it anew.
//   - An update of settings that changes something raises the user's revision by 1 and logs it; any other, nothing.
//   - Search never finds the searcher, nor by name who doesn't let themselves be found by name, nor by an address
//     what its owner hasn't allowed and proved.
package directory
