package protocol

// To addresses an invitation; exactly one member is set.
type To struct {
	UserID   string `json:"user_id,omitempty" rule:"bytes=1-255"`
	Username string `json:"username,omitempty" rule:"bytes=1-255"`
	Email    string `json:"email,omitempty" rule:"bytes=1-254"`
	Phone    string `json:"phone,omitempty" rule:"bytes=1-64"`
}

// InvitationSendParams asks to connect. Message has at most 300 characters.
type InvitationSendParams struct {
	To        To     `json:"to"`
	Message   string `json:"message,omitempty" rule:"plain"`
	SessionID string `json:"session_id,omitempty" rule:"bytes=1-255"`
	Op
}

// RelationResult is how every change of one relation is answered. Unchanged is true when it already stood so.
type RelationResult struct {
	Relation  Relation `json:"relation"`
	Unchanged bool     `json:"unchanged"`
}

// InvitationSendResult is RelationResult with the invitation itself, which for an address is not in any relation.
type InvitationSendResult struct {
	Relation   Relation    `json:"relation"`
	Invitation *Invitation `json:"invitation,omitempty"`
	Unchanged  bool        `json:"unchanged"`
}

// InvitationWithdrawParams names what to take back: exactly one member besides OpID.
type InvitationWithdrawParams struct {
	InvitationID string `json:"invitation_id,omitempty" rule:"bytes=1-255"`
	UserID       string `json:"user_id,omitempty" rule:"bytes=1-255"`
	Op
}

// InvitationWithdrawManyParams names either up to 500 ids, or all (older than a duration).
type InvitationWithdrawManyParams struct {
	InvitationIDs []string `json:"invitation_ids,omitzero" rule:"max=500,bytes=1-255"`
	All           bool     `json:"all,omitempty"`
	OlderThanMS   *int64   `json:"older_than_ms,omitempty" rule:"min=0"`
	Op
}

// InvitationWithdrawManyResult has each id in exactly one of its lists.
type InvitationWithdrawManyResult struct {
	Withdrawn []string         `json:"withdrawn"`
	Failed    []WithdrawFailed `json:"failed"`
}

// WithdrawFailed is one invitation that could not be withdrawn, and why.
type WithdrawFailed struct {
	InvitationID string `json:"invitation_id"`
	Error        *Error `json:"error"`
}

// InvitationParams names one invitation.
type InvitationParams struct {
	InvitationID string `json:"invitation_id" rule:"bytes=1-255"`
	Op
}

// InvitationDeclineParams declines, and with Block blocks the sender in the same change.
type InvitationDeclineParams struct {
	InvitationID string `json:"invitation_id" rule:"bytes=1-255"`
	Block        bool   `json:"block,omitempty"`
	Op
}

// RelationOnly is the result of undo_decline.
type RelationOnly struct {
	Relation Relation `json:"relation"`
}

// ListState selects invitations in a list.
type ListState string

// The selections; pending when left out.
const (
	ListPending  ListState = "pending"
	ListDeclined ListState = "declined"
	ListHistory  ListState = "history"
)

// InvitationListParams selects from one box.
type InvitationListParams struct {
	Box   Direction `json:"box"`
	State ListState `json:"state,omitempty"`
	Query string    `json:"query,omitempty" rule:"chars=0-256"`
	Page
}

// InvitationListResult is newest first; Total counts what the filter finds.
type InvitationListResult struct {
	Invitations []Invitation `json:"invitations"`
	Total       int          `json:"total"`
	Unseen      int          `json:"unseen"`
	Rev         int64        `json:"rev"`
	NextCursor  string       `json:"next_cursor,omitempty"`
}

// InvitationMarkSeenParams marks what was received up to Rev as seen; all of it when left out.
type InvitationMarkSeenParams struct {
	Rev *int64 `json:"rev,omitempty" rule:"min=0"`
	Op
}

// UnseenResult counts the received pending invitations not yet marked seen.
type UnseenResult struct {
	Unseen int `json:"unseen"`
}

// RelationListResult has every relation that is not none, by user id.
type RelationListResult struct {
	Relations  map[string]Relation `json:"relations"`
	Rev        int64               `json:"rev"`
	NextCursor string              `json:"next_cursor,omitempty"`
}
