package server

import (
	"context"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
)

// durable are the params of a change that the client may have a name for.
type durable interface{ OperationID() string }

// call says who asks for a durable change of a pair, and by which name of the client's.
func (d *Device) call(p durable) invitation.Call {
	d.mu.Lock()
	features := d.claims.Features
	d.mu.Unlock()
	c := invitation.Call{UserID: d.userID, Features: features, OpID: p.OperationID()}
	if c.OpID != "" {
		c.Digest = digest(p)
	}
	return c
}

// change makes a handler of what the service does to pairs when asked with params P.
func change[P durable, R any](do func(context.Context, invitation.Call, P) (R, invitation.Effects, error)) handler {
	return typed(func(ctx context.Context, d *Device, p *P, fx *effects) (any, error) {
		r, e, err := do(ctx, d.call(*p), *p)
		fx.pair(e)
		return r, err
	})
}

// changeInvitation is change for what needs to know the invitation alone.
func changeInvitation[R any](do func(context.Context, invitation.Call, string) (R, invitation.Effects, error)) handler {
	return change(func(ctx context.Context, by invitation.Call, p protocol.InvitationParams) (R, invitation.Effects, error) {
		return do(ctx, by, p.InvitationID)
	})
}

// changeUser is change for what needs to know the other user alone.
func changeUser[R any](do func(context.Context, invitation.Call, string) (R, invitation.Effects, error)) handler {
	return change(func(ctx context.Context, by invitation.Call, p protocol.UserParams) (R, invitation.Effects, error) {
		return do(ctx, by, p.UserID)
	})
}

// pairHandlers carry out what concerns two users: invitations, connections, blocks.
func (s *Server) pairHandlers(t map[protocol.Method]handler) {
	in := s.invitations
	t[protocol.MethodInvitationSend] = change(in.Send)
	t[protocol.MethodInvitationWithdraw] = change(in.Withdraw)
	t[protocol.MethodInvitationWithdrawMany] = change(in.WithdrawMany)
	t[protocol.MethodInvitationAccept] = changeInvitation(in.Accept)
	t[protocol.MethodInvitationDecline] = change(in.Decline)
	t[protocol.MethodInvitationUndoDecline] = changeInvitation(in.UndoDecline)
	t[protocol.MethodInvitationMarkSeen] = change(func(ctx context.Context, by invitation.Call, p protocol.InvitationMarkSeenParams) (protocol.UnseenResult, invitation.Effects, error) {
		return in.MarkSeen(ctx, by, p.Rev)
	})
	t[protocol.MethodConnectionRemove] = changeUser(in.Remove)
	t[protocol.MethodUserBlock] = changeUser(in.Block)
	t[protocol.MethodUserUnblock] = changeUser(in.Unblock)
	t[protocol.MethodInvitationList] = typed(func(ctx context.Context, d *Device, p *protocol.InvitationListParams, _ *effects) (any, error) {
		return in.List(ctx, d.userID, *p)
	})
	t[protocol.MethodRelationList] = typed(func(ctx context.Context, d *Device, p *protocol.Page, _ *effects) (any, error) {
		return in.RelationList(ctx, d.userID, *p)
	})
}

// settingHandlers carry out what a user decides about themselves.
func (s *Server) settingHandlers(t map[protocol.Method]handler) {
	t[protocol.MethodSettingsGet] = typed(func(ctx context.Context, d *Device, _ *protocol.Empty, _ *effects) (any, error) {
		return s.directory.Settings(ctx, d.userID)
	})
	t[protocol.MethodSettingsUpdate] = typed(func(ctx context.Context, d *Device, p *protocol.SettingsUpdateParams, fx *effects) (any, error) {
		op := directory.Operation{UserID: d.userID, OpID: p.OpID, Method: protocol.MethodSettingsUpdate}
		if p.OpID != "" {
			op.Digest = digest(p)
		}
		r, e, err := s.directory.UpdateSettings(ctx, op, *p)
		fx.setting(e)
		return r, err
	})
	t[protocol.MethodTokenRefresh] = typed(s.refreshToken)
	t[protocol.MethodPresenceSet] = typed(s.setPresence)
}
