package protocol

// ConnectionListParams filters one's connections.
type ConnectionListParams struct {
	Query  string `json:"query,omitempty" rule:"chars=0-256"`
	Status Status `json:"status,omitempty" rule:"oneof=online|away|busy|offline"`
	Page
}

// ConnectionListResult lists one's connections by name.
type ConnectionListResult struct {
	People     []Person `json:"people"`
	Total      int      `json:"total"`
	Rev        int64    `json:"rev"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// UserParams names one user in a durable change.
type UserParams struct {
	UserID string `json:"user_id" rule:"bytes=1-255"`
	Op
}

// SettingsUpdateParams changes what is given and leaves the rest.
type SettingsUpdateParams struct {
	InvitableBy     *InvitableBy `json:"invitable_by,omitempty"`
	FindableByName  *bool        `json:"findable_by_name,omitempty"`
	FindableByEmail *bool        `json:"findable_by_email,omitempty"`
	EmailReminders  *bool        `json:"email_reminders,omitempty"`
	RecentPeople    *bool        `json:"recent_people,omitempty"`
	Op
}

// SettingsResult is one's settings as of Rev.
type SettingsResult struct {
	Settings Settings `json:"settings"`
	Rev      int64    `json:"rev"`
}

// PeopleSearchParams looks people up by the beginning of a name or by an exact e-mail address; at least 2 characters.
type PeopleSearchParams struct {
	Query string `json:"query" rule:"chars=2-256"`
	Page
}

// PeopleResult is a page of people.
type PeopleResult struct {
	People     []Person `json:"people"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// MemberSort orders the people of a session.
type MemberSort string

// The orders; joined when left out.
const (
	SortJoined MemberSort = "joined"
	SortName   MemberSort = "name"
	SortRole   MemberSort = "role"
	SortDevice MemberSort = "device"
)

// PeopleInSessionParams lists the members of the session that the caller is in.
type PeopleInSessionParams struct {
	SessionID string     `json:"session_id" rule:"bytes=1-255"`
	Query     string     `json:"query,omitempty" rule:"chars=0-256"`
	Sort      MemberSort `json:"sort,omitempty"`
	Page
}

// PeopleInSessionResult is a page of people with the total that the filter finds.
type PeopleInSessionResult struct {
	People     []Person `json:"people"`
	Total      int      `json:"total"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// FocusParams names the person whose panel opens.
type FocusParams struct {
	UserID string `json:"user_id" rule:"bytes=1-255"`
}

// PresenceSetParams sets this device's status, and the user's note and invisibility. A note given as "" is removed.
type PresenceSetParams struct {
	Status    Status  `json:"status" rule:"oneof=online|away|busy|invisible"`
	Note      *string `json:"note,omitempty" rule:"chars=0-128,plain"`
	NoteUntil *Time   `json:"note_until,omitempty"`
}

// PresenceSetResult is one's presence as others now see it.
type PresenceSetResult struct {
	Presence Presence `json:"presence"`
}
