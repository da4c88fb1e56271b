// Package testservice gives tests a real PostgreSQL: the one that FOYER_TEST_POSTGRES names, else one of the test
// process's own, started from the installed package in a temporary folder. It is not for programs that serve anybody:
// commits are not on the disk, and whoever may open the folder may do everything.
//
// A test without the service fails and says what is missing; it is never skipped.
//
// A server started here ends with the process that started it, whichever way that ends: a small shell holds it, and
// clears up when its standard input closes.
package testservice
