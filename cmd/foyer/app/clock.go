package app

import "time"

// clockOffset is how far this program takes the machine's clock to be off, as a duration. Only the linker sets it, for
// tests of nodes whose clocks disagree (-ldflags "-X foyer/cmd/foyer/app.clockOffset=90s").
var clockOffset string

// now is the clock that nodes go by.
func now() time.Time { return time.Now().Add(offset) }

var offset, _ = time.ParseDuration(clockOffset) // none unless set
