package protocol

import (
	"encoding/json"
	"fmt"
	"time"
)

// Kind says what a device is. It is shown to others as given in hello.
type Kind string

// The kinds of device.
const (
	KindHeadset Kind = "headset"
	KindTablet  Kind = "tablet"
	KindDesktop Kind = "desktop"
	KindMobile  Kind = "mobile"
	KindWeb     Kind = "web"
	KindBot     Kind = "bot"
)

// Time is an instant on the wire: RFC 3339 in UTC with exactly three digits of milliseconds.
type Time struct{ time.Time }

// At returns t as it goes on the wire, cut to the millisecond.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// AtMillis returns the instant ms milliseconds after the Unix epoch.
func AtMillis(ms int64) Time { return Time{time.UnixMilli(ms).UTC()} }

// OptionalAtMillis returns nil for 0, else AtMillis.
func OptionalAtMillis(ms int64) *Time {
	if ms == 0 {
		return nil
	}
	t := AtMillis(ms)
	return &t
}

// MarshalJSON writes the instant as RFC 3339 UTC with milliseconds.
func (t Time) MarshalJSON() ([]byte, error) { return t.appendJSON(nil), nil }

func (t Time) appendJSON(dst []byte) []byte {
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, time.RFC3339) // the library is quick with this layout alone
	ms := t.Nanosecond() / int(time.Millisecond)
	return append(dst[:len(dst)-len("Z")], '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10), 'Z', '"')
}

// UnmarshalJSON reads any RFC 3339 instant and keeps its milliseconds.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	v, ok := parseTime(s)
	if !ok {
		return fmt.Errorf("time: %q is no RFC 3339 time", s)
	}
	*t = v
	return nil
}

// User is a person as others see them. Email is set only where users are shown to themselves.
type User struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Username  string `json:"username,omitempty"`
	AvatarURL string `json:"avatar_url,omitempty"`
	Email     string `json:"email,omitempty"`
}

// Status is how available a person is.
type Status string

// The statuses. Invisible is asked for in presence.set and never shown to anyone.
const (
	StatusOnline    Status = "online"
	StatusAway      Status = "away"
	StatusBusy      Status = "busy"
	StatusOffline   Status = "offline"
	StatusInvisible Status = "invisible"
)

// Presence is what a viewer may see of a person's availability. Offline is {status, devices: []} and nothing else.
type Presence struct {
	Status  Status       `json:"status" rule:"oneof=online|away|busy|offline"`
	Note    string       `json:"note,omitempty"`
	Session *SessionName `json:"session,omitempty"`
	Devices []Kind       `json:"devices"`
	Since   *Time        `json:"since,omitempty"`
	// Invisible is true only in what the invisible person's own devices get.
	Invisible bool `json:"invisible,omitempty"`
}

// SessionName is a session as presence names it.
type SessionName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Direction tells a viewer whether an invitation is theirs or came to them.
type Direction string

// The directions.
const (
	Sent     Direction = "sent"
	Received Direction = "received"
)

// Channel is how an invitation was addressed.
type Channel string

// The channels.
const (
	ChannelInApp Channel = "in_app"
	ChannelEmail Channel = "email"
	ChannelSMS   Channel = "sms"
)

// InvitationState is the state of an invitation as its viewer may see it.
type InvitationState string

// The states. Declined is shown to its recipient only, withdrawn and expired to its sender only.
const (
	InvitationPending   InvitationState = "pending"
	InvitationAccepted  InvitationState = "accepted"
	InvitationDeclined  InvitationState = "declined"
	InvitationWithdrawn InvitationState = "withdrawn"
	InvitationExpired   InvitationState = "expired"
)

// Invitation is a request to connect as one of its two sides may see it; User is the other side.
type Invitation struct {
	ID         string          `json:"id"`
	Direction  Direction       `json:"direction"`
	User       *User           `json:"user,omitempty"`
	Address    string          `json:"address,omitempty"`
	Message    string          `json:"message,omitempty"`
	Channel    Channel         `json:"channel"`
	SessionID  string          `json:"session_id,omitempty"`
	SentAt     Time            `json:"sent_at"`
	ExpiresAt  Time            `json:"expires_at"`
	State      InvitationState `json:"state"`
	ResolvedAt *Time           `json:"resolved_at,omitempty"`
}

// RelationState is a pair's state as one of the two sees it.
type RelationState string

// The relation states. Blocked means blocked by the viewer; being blocked is never shown.
const (
	RelationSelf      RelationState = "self"
	RelationNone      RelationState = "none"
	RelationSent      RelationState = "invitation_sent"
	RelationReceived  RelationState = "invitation_received"
	RelationConnected RelationState = "connected"
	RelationBlocked   RelationState = "blocked"
)

// Relation is a pair as one of the two sees it. Invitation is there exactly in invitation_sent and invitation_received.
type Relation struct {
	State      RelationState `json:"state"`
	Invitation *Invitation   `json:"invitation,omitempty"`
	Since      *Time         `json:"since,omitempty"`
}

// Person is one row of a list of people: who it is, the relation, and where it is known, presence and membership.
type Person struct {
	User     *User     `json:"user,omitempty"`
	Address  string    `json:"address,omitempty"`
	Relation Relation  `json:"relation"`
	Presence *Presence `json:"presence,omitempty"`
	Member   *Member   `json:"member,omitempty"`
}

// Visibility says who finds a session and may join it.
type Visibility string

// The visibilities. A private session is listed for nobody; whoever has its id may join.
const (
	VisibilityPublic      Visibility = "public"
	VisibilityConnections Visibility = "connections"
	VisibilityPrivate     Visibility = "private"
)

// Session is a shared place. TickHz is how often a second its states go out, 1 to 60.
type Session struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Visibility  Visibility      `json:"visibility"`
	Capacity    int             `json:"capacity"`
	Locked      bool            `json:"locked"`
	HasPassword bool            `json:"has_password"`
	Persistent  bool            `json:"persistent"`
	MemberCount int             `json:"member_count"`
	Metadata    json.RawMessage `json:"metadata" rule:"object"` // at most 4 KiB
	TickHz      int             `json:"tick_hz"`
	CreatedAt   Time            `json:"created_at"`
}

// Role is what a member may do in a session.
type Role string

// The roles. A session has one host while it has members.
const (
	RoleHost   Role = "host"
	RoleCohost Role = "cohost"
	RoleMember Role = "member"
)

// Attributes are a member's small properties, kept for the stay: at most 1 KiB as JSON. A null value deletes a key when merging.
type Attributes map[string]json.RawMessage

// Member is a user in a session. Number is small, the member's own while in the session, and names it in the state lane.
type Member struct {
	User       User       `json:"user"`
	Number     uint16     `json:"number"`
	Role       Role       `json:"role"`
	Attributes Attributes `json:"attributes"`
	Devices    []Kind     `json:"devices"`
	Connected  bool       `json:"connected"`
	JoinedAt   Time       `json:"joined_at"`

	written []byte // all of it as JSON, once WriteMembers has been called
}

// ActionName names something a viewer may do to a person.
type ActionName string

// The actions of a focus panel.
const (
	ActionInvite           ActionName = "invite"
	ActionWithdraw         ActionName = "withdraw"
	ActionAccept           ActionName = "accept"
	ActionDecline          ActionName = "decline"
	ActionUndoDecline      ActionName = "undo_decline"
	ActionRemoveConnection ActionName = "remove_connection"
	ActionBlock            ActionName = "block"
	ActionUnblock          ActionName = "unblock"
	ActionJoinSession      ActionName = "join_session"
	ActionKick             ActionName = "kick"
	ActionBan              ActionName = "ban"
	ActionSetRole          ActionName = "set_role"
	ActionMute             ActionName = "mute"
)

// Action is one thing a viewer could do; when it is not enabled, Reason and RetryAt are those of the refusal that the call would get.
type Action struct {
	Action  ActionName `json:"action"`
	Enabled bool       `json:"enabled"`
	Reason  Reason     `json:"reason,omitempty"`
	RetryAt *Time      `json:"retry_at,omitempty"`
}

// Focus is all that a focus panel shows of one person to one viewer.
type Focus struct {
	Person  Person   `json:"person"`
	Actions []Action `json:"actions"`
}

// InvitableBy says who may invite a user.
type InvitableBy string

// The choices for InvitableBy.
const (
	InvitableByEveryone      InvitableBy = "everyone"
	InvitableBySharedSession InvitableBy = "shared_session"
	InvitableByEmail         InvitableBy = "email"
	InvitableByNobody        InvitableBy = "nobody"
)

// Settings are a user's own choices.
type Settings struct {
	InvitableBy     InvitableBy `json:"invitable_by"`
	FindableByName  bool        `json:"findable_by_name"`
	FindableByEmail bool        `json:"findable_by_email"`
	EmailReminders  bool        `json:"email_reminders"`
	RecentPeople    bool        `json:"recent_people"`
}

// DefaultSettings are the settings of a user who has changed none.
func DefaultSettings() Settings {
	return Settings{InvitableBy: InvitableByEveryone, FindableByName: true, EmailReminders: true, RecentPeople: true}
}
