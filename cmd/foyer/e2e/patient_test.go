package e2e_test

import (
	"context"
	"errors"
	"time"

	"foyer/protocol"
)

// patiently asks again while the answer is unavailable, as clients should: on a busy machine the database or Redis may be
// out of reach for a moment at any time, and nobody new is let in for a moment after Redis was empty.
func patiently[P, R any](ctx context.Context, ask func(context.Context, P) (R, error), params P) (R, error) {
	for until := time.Now().Add(time.Minute); ; <-time.After(100 * time.Millisecond) {
		r, err := ask(ctx, params)
		if !errors.Is(err, protocol.Refuse(protocol.Unavailable)) || time.Now().After(until) {
			return r, err
		}
	}
}

func (g *guest) CreateSession(ctx context.Context, p protocol.SessionCreateParams) (protocol.SessionJoinResult, error) {
	return patiently(ctx, g.Client.CreateSession, p)
}

func (g *guest) JoinSession(ctx context.Context, p protocol.SessionJoinParams) (protocol.SessionJoinResult, error) {
	return patiently(ctx, g.Client.JoinSession, p)
}

func (g *guest) SetRole(ctx context.Context, p protocol.SessionSetRoleParams) (protocol.MemberResult, error) {
	return patiently(ctx, g.Client.SetRole, p)
}

func (g *guest) SendInvitation(ctx context.Context, p protocol.InvitationSendParams) (protocol.InvitationSendResult, error) {
	return patiently(ctx, g.Client.SendInvitation, p)
}
