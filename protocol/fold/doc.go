// Package fold says which texts count as the same: names in a search, usernames, e-mail addresses and phone numbers.
//
// Its callers are the domain packages and the store, so that a key written by one is found by another. It has no
// state and knows no rule of the product's.
//
// Invariants:
//   - Folding what is folded already changes nothing.
//   - A name that another begins with is, folded, what the folded other begins with, whenever it ends at a letter
//     that later marks don't change.
package fold
