// Package testservice gives tests a real PostgreSQL: the one that FOYER_TEST_POSTGRES names, else one of the test
// process's own (pgserver), which ends with it.
//
// A test without the service fails and says what is missing; it is never skipped.
package testservice
