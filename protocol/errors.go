package protocol

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Code is the class of an error: JSON-RPC 2.0's own codes and six of Foyer's.
type Code int

// The codes.
const (
	CodeParse          Code = -32700
	CodeInvalidRequest Code = -32600
	CodeMethodNotFound Code = -32601
	CodeInvalidParams  Code = -32602
	CodeInternal       Code = -32603

	CodeUnauthenticated Code = -32001
	CodeForbidden       Code = -32002
	CodeNotFound        Code = -32003
	CodeConflict        Code = -32004
	CodeLimited         Code = -32005
	CodeUnavailable     Code = -32006
)

// Reason is the exact cause of a refusal, for programs.
type Reason string

// The reasons, by class.
const (
	Unauthenticated Reason = "unauthenticated"
	TokenInvalid    Reason = "token_invalid"
	TokenExpired    Reason = "token_expired"

	Forbidden          Reason = "forbidden"
	NotInSession       Reason = "not_in_session"
	FeatureUnavailable Reason = "feature_unavailable"
	Banned             Reason = "banned"
	WrongPassword      Reason = "wrong_password"

	UserNotFound       Reason = "user_not_found"
	InvitationNotFound Reason = "invitation_not_found"
	SessionNotFound    Reason = "session_not_found"

	InvitationAlreadyAccepted Reason = "invitation_accepted"
	InvitationNotPending      Reason = "invitation_not_pending"
	StaleInvitation           Reason = "stale_invitation"
	AlreadyConnected          Reason = "already_connected"
	CannotInviteSelf          Reason = "cannot_invite_self"
	NotAcceptingInvitations   Reason = "not_accepting_invitations"
	SharedSessionRequired     Reason = "shared_session_required"
	EmailRequired             Reason = "email_required"
	ReinviteCooldown          Reason = "reinvite_cooldown"
	UnblockFirst              Reason = "unblock_first"
	SessionFull               Reason = "session_full"
	SessionLocked             Reason = "session_locked"
	ConnectionLimit           Reason = "connection_limit"
	SessionLimit              Reason = "session_limit"
	OpIDConflict              Reason = "op_id_conflict"

	RateLimited        Reason = "rate_limited"
	InvitationLimit    Reason = "invitation_limit"
	TooManyOutstanding Reason = "too_many_outstanding"

	Unavailable Reason = "unavailable"
)

// refusals is what each reason is answered with: its class and a sentence that says what to do.
var refusals = map[Reason]struct {
	code    Code
	message string
}{
	Unauthenticated:           {CodeUnauthenticated, "Say hello with a token first."},
	TokenInvalid:              {CodeUnauthenticated, "The token is not valid here. Sign in again."},
	TokenExpired:              {CodeUnauthenticated, "The token has expired. Sign in again."},
	Forbidden:                 {CodeForbidden, "You may not do this."},
	NotInSession:              {CodeForbidden, "Join the session first."},
	FeatureUnavailable:        {CodeForbidden, "This feature is not available to you."},
	Banned:                    {CodeForbidden, "You are banned from this session."},
	WrongPassword:             {CodeForbidden, "The session's password is not this one."},
	UserNotFound:              {CodeNotFound, "There is no such user."},
	InvitationNotFound:        {CodeNotFound, "There is no such invitation."},
	SessionNotFound:           {CodeNotFound, "There is no such session."},
	InvitationAlreadyAccepted: {CodeConflict, "The invitation has been accepted already. You can remove the connection instead."},
	InvitationNotPending:      {CodeConflict, "The invitation is no longer open."},
	StaleInvitation:           {CodeConflict, "This is an old invitation; a newer one to the same person is open."},
	AlreadyConnected:          {CodeConflict, "You are already connected."},
	CannotInviteSelf:          {CodeConflict, "You cannot invite yourself."},
	NotAcceptingInvitations:   {CodeConflict, "This person does not accept invitations."},
	SharedSessionRequired:     {CodeConflict, "This person accepts invitations only from people they share a session with."},
	EmailRequired:             {CodeConflict, "Invite this person by their e-mail address."},
	ReinviteCooldown:          {CodeConflict, "You invited this person recently. Try again later."},
	UnblockFirst:              {CodeConflict, "You have blocked this person. Unblock them first."},
	SessionFull:               {CodeConflict, "The session is full."},
	SessionLocked:             {CodeConflict, "The session is locked."},
	ConnectionLimit:           {CodeConflict, "You have as many connections as you can have. Remove one first."},
	SessionLimit:              {CodeConflict, "You have as many sessions as you can have. Close one first."},
	OpIDConflict:              {CodeConflict, "This op_id was used for another request. Choose a new one."},
	RateLimited:               {CodeLimited, "Too many requests. Wait a moment."},
	InvitationLimit:           {CodeLimited, "You have sent as many invitations as you can for now. Try again later."},
	TooManyOutstanding:        {CodeLimited, "You have too many of these. Take some back first."},
	Unavailable:               {CodeUnavailable, "This is not available right now. Try again."},
}

// Reasons lists all reasons, by class in the order of the classes' codes, then by name.
func Reasons() []Reason {
	all := slices.Collect(maps.Keys(refusals))
	slices.SortFunc(all, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(refusals[b].code, refusals[a].code), cmp.Compare(a, b))
	})
	return all
}

// Error is a refusal as it goes on the wire. It is a Go error, so that services return it as such.
type Error struct {
	Code    Code       `json:"code"`
	Message string     `json:"message"`
	Data    *ErrorData `json:"data,omitempty"`
}

// ErrorData says exactly what is wrong; a conflict on a pair carries the relation as it now stands.
type ErrorData struct {
	Reason       Reason    `json:"reason,omitempty"`
	Field        string    `json:"field,omitempty"`
	TraceID      string    `json:"trace_id,omitempty"`
	Relation     *Relation `json:"relation,omitempty"`
	RetryAt      *Time     `json:"retry_at,omitempty"`
	RetryAfterMS int64     `json:"retry_after_ms,omitempty"`
	Limit        int       `json:"limit,omitempty"`
	Unknown      bool      `json:"unknown,omitempty"`
}

func (e *Error) Error() string {
	if e.Data != nil && e.Data.Reason != "" {
		return string(e.Data.Reason) + ": " + e.Message
	}
	return e.Message
}

// Reason returns the exact cause, or "" for JSON-RPC's own errors.
func (e *Error) Reason() Reason {
	if e.Data == nil {
		return ""
	}
	return e.Data.Reason
}

// Is makes errors.Is compare by code and reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Reason() == e.Reason()
}

// retryAfterMS is how long to wait before the same request can succeed where nobody knows better.
const retryAfterMS = 1000

// Refuse returns a new error for a reason, with the class and the sentence that go with it. Where the client is to wait,
// it says for how long: a second, unless WithRetryAfter knows better.
func Refuse(r Reason) *Error {
	f := refusals[r]
	e := &Error{Code: f.code, Message: f.message, Data: &ErrorData{Reason: r}}
	if r == RateLimited || r == Unavailable {
		e.Data.RetryAfterMS = retryAfterMS
	}
	return e
}

// WithRelation adds the relation as it now stands to e and returns e.
func (e *Error) WithRelation(r Relation) *Error { e.Data.Relation = &r; return e }

// WithRetryAt adds the time from which the same call can succeed to e and returns e.
func (e *Error) WithRetryAt(t Time) *Error { e.Data.RetryAt = &t; return e }

// WithRetryAfter adds a wait in milliseconds to e and returns e.
func (e *Error) WithRetryAfter(ms int64) *Error { e.Data.RetryAfterMS = ms; return e }

// WithLimit adds the limit that was reached to e and returns e.
func (e *Error) WithLimit(n int) *Error { e.Data.Limit = n; return e }

// InPart has a refusal for what is out of reach not say that nothing was changed: some of it may have been done.
func InPart(err error) error {
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != CodeUnavailable || refused.Data == nil {
		return err
	}
	unknown, data := *refused, *refused.Data
	data.Unknown = true
	unknown.Data = &data
	return fmt.Errorf("%w: %w", &unknown, err)
}

// InvalidParams says that the member at field (a path with dots) is wrong, and how.
func InvalidParams(field, problem string) *Error {
	return &Error{Code: CodeInvalidParams, Message: field + ": " + problem, Data: &ErrorData{Field: field}}
}

// UnknownMethod says that there is no such method.
func UnknownMethod(m Method) *Error {
	return &Error{Code: CodeMethodNotFound, Message: "There is no method " + strconv.Quote(clip(string(m))) + "."}
}

// InvalidRequest says that the envelope is no request that can be carried out.
func InvalidRequest(problem string) *Error {
	return &Error{Code: CodeInvalidRequest, Message: problem}
}

// Internal hides what went wrong behind an id that the log has too.
func Internal(traceID string) *Error {
	return &Error{Code: CodeInternal, Message: "Something went wrong on our side.", Data: &ErrorData{TraceID: traceID}}
}
