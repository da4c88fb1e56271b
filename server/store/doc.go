// Package store keeps what must outlive the process, in SQL: the same text for SQLite, which is in the binary, and
// for PostgreSQL. It implements the Store interfaces that the domain packages declare; each noun has a file here.
//
// Its callers are the services, which put all that one request decides into one call of Update or View.
//
// Invariants:
//   - Update answers only after the commit. Requests that wait share one transaction (group commit), so that
//     one fsync serves many, and a refusal undoes only itself: by a savepoint where there was one lately, else by
//     running the others again.
//   - A store that is out of reach answers protocol.Unavailable and has changed nothing, or says that it can't be known.
//   - A user's revision moves by exactly 1 with each AppendChange, and the log has an entry for each revision.
//   - View reads one snapshot: a list and the revision beside it belong together.
package store
