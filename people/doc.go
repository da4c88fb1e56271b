// Package people is what one user sees of another: rows of lists, hits of a search, and the focus panel with the
// actions that its viewer may take.
//
// Its caller is the server. It holds nothing and decides little: relations and refusals come from the pair's room,
// members and refusals from the session's, presence from the runtime, profiles from the directory, each through a
// small interface declared here.
//
// Invariants:
//   - An action is enabled exactly when the call would succeed: both ask the same function. Taking a decline back is
//     the one exception: it looks possible whatever the sender has done since, so that it tells nothing.
//   - Being blocked changes no row and no action; presence alone ends, as the presence room decides.
//   - A page costs the same number of reads whether it has one row or 200.
//   - A cursor names a place in an order, not a number of rows: whoever is there all along is listed exactly once,
//     whoever comes and goes meanwhile.
package people
