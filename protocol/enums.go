package protocol

import "reflect"

// enums lists the values of each string type that has no others.
var enums = map[reflect.Type][]string{
	typeOf(KindHeadset):         words(KindHeadset, KindTablet, KindDesktop, KindMobile, KindWeb, KindBot),
	typeOf(StatusOnline):        words(StatusOnline, StatusAway, StatusBusy, StatusOffline, StatusInvisible),
	typeOf(Sent):                words(Sent, Received),
	typeOf(ChannelInApp):        words(ChannelInApp, ChannelEmail, ChannelSMS),
	typeOf(InvitationPending):   words(InvitationPending, InvitationAccepted, InvitationDeclined, InvitationWithdrawn, InvitationExpired),
	typeOf(RelationNone):        words(RelationSelf, RelationNone, RelationSent, RelationReceived, RelationConnected, RelationBlocked),
	typeOf(VisibilityPublic):    words(VisibilityPublic, VisibilityConnections, VisibilityPrivate),
	typeOf(RoleHost):            words(RoleHost, RoleCohost, RoleMember),
	typeOf(ActionInvite):        words(ActionInvite, ActionWithdraw, ActionAccept, ActionDecline, ActionUndoDecline, ActionRemoveConnection, ActionBlock, ActionUnblock, ActionJoinSession, ActionKick, ActionBan, ActionSetRole, ActionMute),
	typeOf(InvitableByEveryone): words(InvitableByEveryone, InvitableBySharedSession, InvitableByEmail, InvitableByNobody),
	typeOf(ListPending):         words(ListPending, ListDeclined, ListHistory),
	typeOf(SortJoined):          words(SortJoined, SortName, SortRole, SortDevice),
	typeOf(CauseSent):           words(CauseSent, CauseReceived, CauseAccepted, CauseCrossed, CauseWithdrawn, CauseExpired, CauseRemoved, CauseBlocked, CauseUnblocked, CauseDeclined, CauseUndone),
	typeOf(LeftByChoice):        words(LeftByChoice, LeftDropped, LeftMoved, LeftKicked, LeftBanned, LeftNodeLost),
	typeOf(EndedClosed):         words(EndedClosed, EndedKicked, EndedBanned, EndedMoved),
	typeOf(Unauthenticated):     words(Reasons()...),
}

// EnumOf returns the values of a string type that has no others, or nil.
func EnumOf(t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return enums[t]
}

func typeOf[T ~string](T) reflect.Type { return reflect.TypeFor[T]() }

func words[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
