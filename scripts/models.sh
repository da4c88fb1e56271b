#!/usr/bin/env bash
# The tests that hold the rules against a model: pair, presence, roster, resume. $CHECKS is how many random runs each has.
. "$(dirname "$0")/lib.sh"

checks=${CHECKS:-1000}
say "model tests, $checks runs each"
# Not the whole packages: other tests would take as many times longer.
while read -r package tests; do
	go test -count=1 -timeout 24h -run "^($tests)\$" "./$package" -rapid.checks="$checks" -rapid.nofailfile
done <<'LIST'
invitation TestWhateverHappensThePairIsSound|TestHiddenLooksLikePending
presence TestInvisibleIsOfflineByteForByte|TestPrivateSessionIsNamedToItsMembersOnly|TestDeltaTellsExactlyTheDifference|TestPaceHoldsForAnySequence
presence TestFoldIgnoresTheOrderOfDevices|TestNothingChangesByItselfBeforeNext|TestADropWithinGraceIsSeenByNobodyElse
session TestWhoAppliesEveryChangeHasTheRoster
server/store TestWhoeverResumesIsToldAllOrRefused
server TestWhateverIsLostOnTheWayADeviceIsToldEachChangeOnce
LIST
