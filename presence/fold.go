package presence

import (
	"slices"
	"time"

	"foyer/protocol"
)

// Device is one socket of a person, as far as presence is concerned.
type Device struct {
	ID        string
	Kind      protocol.Kind
	Companion bool
	// Status is online, away or busy; "" means online. StatusSet says that presence.set has chosen it.
	Status    protocol.Status
	StatusSet bool
	// Since is when the device came, or when its status last changed if that was later. It stays over a grace.
	Since time.Time
	// GraceUntil is zero while the device is connected. A dropped device counts until then and no longer.
	GraceUntil time.Time
}

// Account is what a person has chosen for all devices; it outlives them.
type Account struct {
	Note      string
	NoteUntil time.Time // zero: until changed
	Invisible bool
	// VisibleSince is when the person last stopped being invisible; zero if they never were.
	VisibleSince time.Time
}

// Session is the session that a person is in. A private one is named to its members only.
type Session struct {
	ID, Name string
	Private  bool
}

// Full is all that could be seen of a person, before it is decided who sees it. It is made by Fold.
type Full struct {
	Status protocol.Status
	Note   string
	// NoteUntil is when Note ends; zero: until changed, or there is none.
	NoteUntil time.Time `json:",omitzero"`
	Session   *Session
	// Devices has the kinds of all devices but companions, headsets first.
	Devices []protocol.Kind
	// Since is from when on some device of the person has had Status without a break, and at the earliest when the
	// person became visible: it never tells that someone was there invisibly.
	Since     time.Time
	Invisible bool
	// Next is when Fold would answer something else though nothing happened (a note ends, a grace is over); zero: never.
	Next time.Time `json:"-"`
}

// Fold returns what could be seen of a person at now. The order of devices does not matter.
func Fold(devices []Device, account Account, session *Session, now time.Time) Full {
	present, next := stillThere(devices, now)
	if len(present) == 0 {
		return Full{Status: protocol.StatusOffline, Devices: []protocol.Kind{}}
	}
	full := Full{Devices: kinds(present), Session: session, Invisible: account.Invisible, Next: next}
	full.Status, full.Since = foldStatus(present)
	if account.VisibleSince.After(full.Since) {
		full.Since = account.VisibleSince
	}
	if account.Note != "" {
		full.Note, full.NoteUntil = account.Note, account.NoteUntil
	}
	full = full.At(now)
	full.Next = sooner(full.Next, full.NoteUntil)
	return full
}

// At returns f without its note, if that has ended at now. Whoever has f needs nobody else to know that.
func (f Full) At(now time.Time) Full {
	if !f.NoteUntil.IsZero() && !now.Before(f.NoteUntil) {
		f.Note, f.NoteUntil = "", time.Time{}
	}
	return f
}

// Offline reports whether nobody at all sees f as anything but offline. The zero Full is so too.
func (f Full) Offline() bool { return f.Status == protocol.StatusOffline || f.Status == "" }

func stillThere(devices []Device, now time.Time) (present []Device, next time.Time) {
	for _, d := range devices {
		if !d.GraceUntil.IsZero() {
			if !now.Before(d.GraceUntil) {
				continue
			}
			next = sooner(next, d.GraceUntil)
		}
		present = append(present, d)
	}
	return present, next
}

// foldStatus returns the status of those devices that count: all but companions, companions that chose one, and
// companions that are alone.
func foldStatus(present []Device) (status protocol.Status, since time.Time) {
	alone := !slices.ContainsFunc(present, func(d Device) bool { return !d.Companion || d.StatusSet })
	for _, d := range present {
		if d.Companion && !d.StatusSet && !alone {
			continue
		}
		own := d.Status
		if rank(own) == 0 {
			own = protocol.StatusOnline
		}
		switch {
		case rank(own) > rank(status):
			status, since = own, d.Since
		case own == status && d.Since.Before(since):
			since = d.Since
		}
	}
	return status, since
}

// rank orders the statuses of devices: the highest is the person's.
func rank(s protocol.Status) int {
	switch s {
	case protocol.StatusBusy:
		return 3
	case protocol.StatusOnline:
		return 2
	case protocol.StatusAway:
		return 1
	}
	return 0
}

// order is that in which kinds are listed.
var order = []protocol.Kind{
	protocol.KindHeadset, protocol.KindDesktop, protocol.KindTablet, protocol.KindMobile, protocol.KindWeb, protocol.KindBot,
}

func kinds(present []Device) []protocol.Kind {
	list := []protocol.Kind{}
	for _, d := range present {
		if !d.Companion && d.Kind != "" {
			list = append(list, d.Kind)
		}
	}
	slices.SortFunc(list, func(a, b protocol.Kind) int { return slices.Index(order, a) - slices.Index(order, b) })
	return list
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Unchanged reports whether nobody sees a difference between a and b, now or when a note ends.
func Unchanged(a, b Full) bool {
	return a.Status == b.Status && a.Note == b.Note && a.NoteUntil.Equal(b.NoteUntil) && a.Invisible == b.Invisible && a.Since.Equal(b.Since) &&
		slices.Equal(a.Devices, b.Devices) && (a.Session == nil) == (b.Session == nil) && (a.Session == nil || *a.Session == *b.Session)
}
