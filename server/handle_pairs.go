package server

import (
	"context"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
)

// call says who asks for a durable change of a pair, and by which name of the client's.
func (d *Device) call(op protocol.Op, p any) invitation.Call {
	d.mu.Lock()
	features := d.claims.Features
	d.mu.Unlock()
	c := invitation.Call{UserID: d.userID, Features: features, OpID: op.OpID}
	if op.OpID != "" {
		c.Digest = digest(p)
	}
	return c
}

// pairHandlers carry out what concerns two users: invitations, connections, blocks.
func (s *Server) pairHandlers(t map[protocol.Method]handler) {
	in := s.invitations
	t[protocol.MethodInvitationSend] = typed(func(ctx context.Context, d *Device, p *protocol.InvitationSendParams, fx *effects) (any, error) {
		r, e, err := in.Send(ctx, d.call(p.Op, p), *p)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodInvitationWithdraw] = typed(func(ctx context.Context, d *Device, p *protocol.InvitationWithdrawParams, fx *effects) (any, error) {
		r, e, err := in.Withdraw(ctx, d.call(p.Op, p), *p)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodInvitationWithdrawMany] = typed(func(ctx context.Context, d *Device, p *protocol.InvitationWithdrawManyParams, fx *effects) (any, error) {
		r, e, err := in.WithdrawMany(ctx, d.call(p.Op, p), *p)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodInvitationAccept] = typed(func(ctx context.Context, d *Device, p *protocol.InvitationParams, fx *effects) (any, error) {
		r, e, err := in.Accept(ctx, d.call(p.Op, p), p.InvitationID)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodInvitationDecline] = typed(func(ctx context.Context, d *Device, p *protocol.InvitationDeclineParams, fx *effects) (any, error) {
		r, e, err := in.Decline(ctx, d.call(p.Op, p), *p)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodInvitationUndoDecline] = typed(func(ctx context.Context, d *Device, p *protocol.InvitationParams, fx *effects) (any, error) {
		r, e, err := in.UndoDecline(ctx, d.call(p.Op, p), p.InvitationID)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodInvitationMarkSeen] = typed(func(ctx context.Context, d *Device, p *protocol.InvitationMarkSeenParams, fx *effects) (any, error) {
		r, e, err := in.MarkSeen(ctx, d.call(p.Op, p), p.Rev)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodConnectionRemove] = typed(func(ctx context.Context, d *Device, p *protocol.UserParams, fx *effects) (any, error) {
		r, e, err := in.Remove(ctx, d.call(p.Op, p), p.UserID)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodUserBlock] = typed(func(ctx context.Context, d *Device, p *protocol.UserParams, fx *effects) (any, error) {
		r, e, err := in.Block(ctx, d.call(p.Op, p), p.UserID)
		fx.pair(e)
		return r, err
	})
	t[protocol.MethodUserUnblock] = typed(func(ctx context.Context, d *Device, p *protocol.UserParams, fx *effects) (any, error) {
		r, e, err := in.Unblock(ctx, d.call(p.Op, p), p.UserID)
		fx.pair(e)
		return r, err
	})
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
