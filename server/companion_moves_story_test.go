package server_test

import "testing"

// TestCompanionsMoveShowsTheNewPlaceOnce has the tablet take its user's headset to another session: the headset is told
// once that it left and once where it is.
func TestCompanionsMoveShowsTheNewPlaceOnce(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ben, headset := w.arrives("ben"), w.arrives("ada")
		tablet := w.arrives("ada", companion)
		there := ben.creates()
		headset.silent()

		tablet.joins(there)
		headset.hears("resync v2 members=2 missed=false")
		tablet.joins(there)
		headset.silent()

		forget(tablet, headset)
		tablet.creates(obj{"name": "Elsewhere"})
		pass(second)
		headset.hears("ended moved", "resync v1 members=1 missed=false")
	})
}
