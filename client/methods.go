package client

import (
	"context"

	"foyer/protocol"
)

// RefreshToken replaces the token in place by a newer one of the same user. The client does so by itself when the token
// is about to end.
func (c *Client) RefreshToken(ctx context.Context, token string) (protocol.TokenRefreshResult, error) {
	return Call[protocol.TokenRefreshResult](ctx, c, protocol.MethodTokenRefresh, protocol.TokenRefreshParams{Token: token})
}

// SendInvitation asks a person to connect; if they asked first, both are connected at once.
func (c *Client) SendInvitation(ctx context.Context, p protocol.InvitationSendParams) (protocol.InvitationSendResult, error) {
	return durable[protocol.InvitationSendResult](ctx, c, protocol.MethodInvitationSend, &p, &p.Op)
}

// Withdraw takes an open invitation back, by its id or by the person. Withdrawing what is gone already changes nothing
// and succeeds.
func (c *Client) Withdraw(ctx context.Context, p protocol.InvitationWithdrawParams) (protocol.RelationResult, error) {
	return durable[protocol.RelationResult](ctx, c, protocol.MethodInvitationWithdraw, &p, &p.Op)
}

// WithdrawMany takes many invitations back, with a result for each.
func (c *Client) WithdrawMany(ctx context.Context, p protocol.InvitationWithdrawManyParams) (protocol.InvitationWithdrawManyResult, error) {
	return durable[protocol.InvitationWithdrawManyResult](ctx, c, protocol.MethodInvitationWithdrawMany, &p, &p.Op)
}

// Accept accepts a received invitation; invitation_not_pending if it is gone.
func (c *Client) Accept(ctx context.Context, p protocol.InvitationParams) (protocol.RelationResult, error) {
	return durable[protocol.RelationResult](ctx, c, protocol.MethodInvitationAccept, &p, &p.Op)
}

// Decline declines a received invitation, of which its sender learns nothing.
func (c *Client) Decline(ctx context.Context, p protocol.InvitationDeclineParams) (protocol.RelationResult, error) {
	return durable[protocol.RelationResult](ctx, c, protocol.MethodInvitationDecline, &p, &p.Op)
}

// UndoDecline takes a decline back.
func (c *Client) UndoDecline(ctx context.Context, p protocol.InvitationParams) (protocol.RelationOnly, error) {
	return durable[protocol.RelationOnly](ctx, c, protocol.MethodInvitationUndoDecline, &p, &p.Op)
}

// Invitations lists one box, newest first.
func (c *Client) Invitations(ctx context.Context, p protocol.InvitationListParams) (protocol.InvitationListResult, error) {
	return Call[protocol.InvitationListResult](ctx, c, protocol.MethodInvitationList, p)
}

// MarkSeen marks received invitations as seen.
func (c *Client) MarkSeen(ctx context.Context, p protocol.InvitationMarkSeenParams) (protocol.UnseenResult, error) {
	return Call[protocol.UnseenResult](ctx, c, protocol.MethodInvitationMarkSeen, p)
}

// Connections lists the user's connections by name.
func (c *Client) Connections(ctx context.Context, p protocol.ConnectionListParams) (protocol.ConnectionListResult, error) {
	return Call[protocol.ConnectionListResult](ctx, c, protocol.MethodConnectionList, p)
}

// RemoveConnection ends a connection, silently.
func (c *Client) RemoveConnection(ctx context.Context, p protocol.UserParams) (protocol.RelationResult, error) {
	return durable[protocol.RelationResult](ctx, c, protocol.MethodConnectionRemove, &p, &p.Op)
}

// Relations lists every relation that is not none.
func (c *Client) Relations(ctx context.Context, p protocol.Page) (protocol.RelationListResult, error) {
	return Call[protocol.RelationListResult](ctx, c, protocol.MethodRelationList, p)
}

// Block blocks a person, who is not told.
func (c *Client) Block(ctx context.Context, p protocol.UserParams) (protocol.RelationResult, error) {
	return durable[protocol.RelationResult](ctx, c, protocol.MethodUserBlock, &p, &p.Op)
}

// Unblock ends a block; nothing else comes back.
func (c *Client) Unblock(ctx context.Context, p protocol.UserParams) (protocol.RelationResult, error) {
	return durable[protocol.RelationResult](ctx, c, protocol.MethodUserUnblock, &p, &p.Op)
}

// UpdateSettings changes the settings given and leaves the rest.
func (c *Client) UpdateSettings(ctx context.Context, p protocol.SettingsUpdateParams) (protocol.SettingsResult, error) {
	return durable[protocol.SettingsResult](ctx, c, protocol.MethodSettingsUpdate, &p, &p.Op)
}

// Search finds people by the beginning of a name, or by an exact address.
func (c *Client) Search(ctx context.Context, p protocol.PeopleSearchParams) (protocol.PeopleResult, error) {
	return Call[protocol.PeopleResult](ctx, c, protocol.MethodPeopleSearch, p)
}

// InSession lists the people of the session that the user is in.
func (c *Client) InSession(ctx context.Context, p protocol.PeopleInSessionParams) (protocol.PeopleInSessionResult, error) {
	return Call[protocol.PeopleInSessionResult](ctx, c, protocol.MethodPeopleInSession, p)
}

// Recent lists people met in sessions lately.
func (c *Client) Recent(ctx context.Context, p protocol.Page) (protocol.PeopleResult, error) {
	return Call[protocol.PeopleResult](ctx, c, protocol.MethodPeopleRecent, p)
}

// SetPresence sets this device's status, and the user's note.
func (c *Client) SetPresence(ctx context.Context, p protocol.PresenceSetParams) (protocol.PresenceSetResult, error) {
	return Call[protocol.PresenceSetResult](ctx, c, protocol.MethodPresenceSet, p)
}

// Sessions lists the sessions that the user may join.
func (c *Client) Sessions(ctx context.Context, p protocol.SessionListParams) (protocol.SessionListResult, error) {
	return Call[protocol.SessionListResult](ctx, c, protocol.MethodSessionList, p)
}

// UpdateSession changes what is given of a session.
func (c *Client) UpdateSession(ctx context.Context, p protocol.SessionUpdateParams) (protocol.SessionResult, error) {
	return Call[protocol.SessionResult](ctx, c, protocol.MethodSessionUpdate, p)
}

// SetAttributes merges attributes into the user's own, or mutes another.
func (c *Client) SetAttributes(ctx context.Context, p protocol.SessionSetAttributesParams) (protocol.MemberResult, error) {
	return Call[protocol.MemberResult](ctx, c, protocol.MethodSessionSetAttributes, p)
}

// SetRole gives a member a role; host hands the session over.
func (c *Client) SetRole(ctx context.Context, p protocol.SessionSetRoleParams) (protocol.MemberResult, error) {
	return Call[protocol.MemberResult](ctx, c, protocol.MethodSessionSetRole, p)
}

// Bans lists who is banned from a session.
func (c *Client) Bans(ctx context.Context, p protocol.SessionBansParams) (protocol.UsersResult, error) {
	return Call[protocol.UsersResult](ctx, c, protocol.MethodSessionBans, p)
}

// SendMessage sends a message to a session's members, at most once: it is not repeated when the socket breaks
// (ErrInterrupted).
func (c *Client) SendMessage(ctx context.Context, p protocol.SessionSendParams) (protocol.SeqResult, error) {
	return Call[protocol.SeqResult](ctx, c, protocol.MethodSessionSend, p)
}

// Settings returns the user's settings.
func (c *Client) Settings(ctx context.Context) (protocol.SettingsResult, error) {
	return Call[protocol.SettingsResult](ctx, c, protocol.MethodSettingsGet, protocol.Empty{})
}

// Focus opens this device's focus panel on a person and keeps it live by *protocol.Focus events. It is to be opened
// again after Online: a panel ends with the socket.
func (c *Client) Focus(ctx context.Context, userID string) (protocol.Focus, error) {
	return Call[protocol.Focus](ctx, c, protocol.MethodPeopleFocus, protocol.FocusParams{UserID: userID})
}

// Unfocus closes this device's focus panel.
func (c *Client) Unfocus(ctx context.Context) error {
	_, err := Call[protocol.Empty](ctx, c, protocol.MethodPeopleUnfocus, protocol.Empty{})
	return err
}

// Kick removes a member with all devices, and with Ban keeps them out.
func (c *Client) Kick(ctx context.Context, p protocol.SessionKickParams) error {
	_, err := Call[protocol.Empty](ctx, c, protocol.MethodSessionKick, p)
	return err
}

// Unban lifts a ban.
func (c *Client) Unban(ctx context.Context, p protocol.SessionUserParams) error {
	_, err := Call[protocol.Empty](ctx, c, protocol.MethodSessionUnban, p)
	return err
}

// CloseSession ends a session for everybody.
func (c *Client) CloseSession(ctx context.Context, p protocol.SessionCloseParams) error {
	_, err := Call[protocol.Empty](ctx, c, protocol.MethodSessionClose, p)
	return err
}
