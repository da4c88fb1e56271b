// Package storetest says what a database has to do for each room that keeps something in it. Every database's tests
// call its functions, each with a function that opens an empty store; so all of them keep the same promises.
package storetest
