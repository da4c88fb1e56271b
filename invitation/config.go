package invitation

import "time"

// Config holds the rules' numbers. Counts of 0 mean no limit.
type Config struct {
	// PerMinute and PerDay bound what one user sends in any 60 seconds and any 24 hours, Outstanding what a user has open.
	PerMinute   int
	PerDay      int
	Outstanding int
	// PairGap is the least time between two invitations from one user to the same person or address; PairMax is how
	// many there may be within PairWindow.
	PairGap    time.Duration
	PairMax    int
	PairWindow time.Duration
	// Expiry is how long an invitation stays open, Suppression how long a decline hides further ones from its sender.
	Expiry      time.Duration
	Suppression time.Duration
	// MessageLength is the longest message, in code points.
	MessageLength int
	// ReinviteAfterWithdrawal says what whoever withdrew has to know to invite the same person again.
	ReinviteAfterWithdrawal Reinvite
	// Connections and Blocks bound what one user has; Received is how many are shown to a recipient at once, more are hidden.
	Connections int
	Blocks      int
	Received    int
	// MailHold is how long the first message to an address is held back, Reminders how many follow it at most, and
	// ReminderAfter how long after the one before.
	MailHold      time.Duration
	Reminders     int
	ReminderAfter time.Duration
	// Retention is how long invitations that are over stay in the history. 0 keeps them.
	Retention time.Duration
	// Features are those that this server offers at all; nil means all.
	Features []string
}

// Reinvite is what inviting again after a withdrawal asks for.
type Reinvite string

// The choices for Reinvite: nothing more, or the recipient's address.
const (
	ReinviteAny   Reinvite = "any"
	ReinviteEmail Reinvite = "email"
)

// The features that a token or the configuration can withhold.
const (
	FeatureWithdrawMany = "withdraw_many"
	FeatureEmail        = "email"
	FeatureSMS          = "sms"
)

const day = 24 * time.Hour

// DefaultConfig returns the numbers that hold unless the configuration says otherwise.
func DefaultConfig() Config {
	return Config{
		PerMinute:               10,
		PerDay:                  100,
		Outstanding:             500,
		PairGap:                 time.Minute,
		PairMax:                 3,
		PairWindow:              21 * day,
		Expiry:                  30 * day,
		Suppression:             90 * day,
		MessageLength:           300,
		ReinviteAfterWithdrawal: ReinviteAny,
		Connections:             5000,
		Blocks:                  10000,
		Received:                1000,
		MailHold:                10 * time.Minute,
		Reminders:               2,
		ReminderAfter:           3 * day,
		Retention:               365 * day,
	}
}
