package protocol

import (
	"encoding/json"
)

// The golden frames: one of every message, with every member that it can have, in one small story.

func ptr[T any](v T) *T { return &v }

var (
	sampleTime = AtMillis(1_769_851_800_123)
	later      = AtMillis(1_772_443_800_123)
	ada        = User{ID: "u-ada", Name: "Ada <3 & co", Username: "ada", AvatarURL: "https://img.example/ada.png"}
	bob        = User{ID: "u-bob", Name: "Bob \"B\" Ünal"}

	sampleInvitation = Invitation{
		ID: "inv-1", Direction: Sent, User: &bob, Message: "Fancy a game? 🎲", Channel: ChannelInApp,
		SessionID: "ses-1", SentAt: sampleTime, ExpiresAt: later, State: InvitationPending,
	}
	stubInvitation = Invitation{
		ID: "inv-2", Direction: Sent, Address: "bob@example.org", Channel: ChannelEmail,
		SentAt: sampleTime, ExpiresAt: later, State: InvitationExpired, ResolvedAt: &later,
	}
	sentRelation      = Relation{State: RelationSent, Invitation: &sampleInvitation}
	connectedRelation = Relation{State: RelationConnected, Since: &sampleTime}
	noRelation        = Relation{State: RelationNone}
	sampleSession     = Session{
		ID: "ses-1", Name: "Lobby", Visibility: VisibilityPublic, Capacity: 50, HasPassword: true, Persistent: true,
		MemberCount: 1, Metadata: json.RawMessage(`{"map":"garden","seed":null}`), TickHz: 20, CreatedAt: sampleTime,
	}
	sampleMember = Member{
		User: bob, Number: 7, Role: RoleHost, Attributes: Attributes{"muted": json.RawMessage("true"), "hand": json.RawMessage(`{"up":1}`)},
		Devices: []Kind{KindHeadset, KindMobile}, Connected: true, JoinedAt: sampleTime,
	}
	samplePresence = Presence{
		Status: StatusBusy, Note: "back at 5", Session: &SessionName{ID: "ses-1", Name: "Lobby"}, Devices: []Kind{KindHeadset}, Since: &sampleTime,
	}
	samplePerson = Person{User: &bob, Relation: connectedRelation, Presence: &samplePresence, Member: &sampleMember}
	sampleFocus  = Focus{Person: samplePerson, Actions: []Action{
		{Action: ActionRemoveConnection, Enabled: true},
		{Action: ActionInvite, Reason: ReinviteCooldown, RetryAt: &later},
	}}
	sampleSettings = DefaultSettings()
	sampleJoin     = SessionJoinResult{Session: sampleSession, Number: 7, Members: []Member{sampleMember}, Version: 3, Missed: true}
	samplePage     = Page{Cursor: "bzE", Limit: ptr(20)}
	sampleOp       = Op{OpID: "op-1"}
)

// sampleParams has the params of every method; where a choice excludes members, several.
var sampleParams = map[Method][]any{
	MethodHello: {&HelloParams{
		Token: "eyJ…", Client: &HelloClient{Client: Client{Name: "quest", Version: "1.2", Kind: KindTablet, Companion: true}, States: true},
		Resume: &Resume{Epoch: "e-1", Rev: 41, DeviceID: "dev-1"},
	}, &HelloParams{}},
	MethodTokenRefresh: {&TokenRefreshParams{Token: "eyJ…"}},
	MethodInvitationSend: {
		&InvitationSendParams{To: To{UserID: "u-bob"}, Message: "Fancy a game? 🎲", SessionID: "ses-1", Op: sampleOp},
		&InvitationSendParams{To: To{Username: "bob"}},
		&InvitationSendParams{To: To{Email: "bob@example.org"}},
		&InvitationSendParams{To: To{Phone: "+49151234567"}},
	},
	MethodInvitationWithdraw: {&InvitationWithdrawParams{InvitationID: "inv-1", Op: sampleOp}, &InvitationWithdrawParams{UserID: "u-bob"}},
	MethodInvitationWithdrawMany: {
		&InvitationWithdrawManyParams{InvitationIDs: []string{"inv-1", "inv-2"}, Op: sampleOp},
		&InvitationWithdrawManyParams{InvitationIDs: []string{}},
		&InvitationWithdrawManyParams{All: true, OlderThanMS: ptr(int64(86_400_000))},
	},
	MethodInvitationAccept:      {&InvitationParams{InvitationID: "inv-1", Op: sampleOp}},
	MethodInvitationDecline:     {&InvitationDeclineParams{InvitationID: "inv-1", Block: true, Op: sampleOp}},
	MethodInvitationUndoDecline: {&InvitationParams{InvitationID: "inv-1", Op: sampleOp}},
	MethodInvitationList:        {&InvitationListParams{Box: Received, State: ListHistory, Query: "bo", Page: samplePage}},
	MethodInvitationMarkSeen:    {&InvitationMarkSeenParams{Rev: ptr(int64(41)), Op: sampleOp}, &InvitationMarkSeenParams{}},
	MethodConnectionList:        {&ConnectionListParams{Query: "bo", Status: StatusOnline, Page: samplePage}},
	MethodConnectionRemove:      {&UserParams{UserID: "u-bob", Op: sampleOp}},
	MethodRelationList:          {&samplePage},
	MethodUserBlock:             {&UserParams{UserID: "u-bob", Op: sampleOp}},
	MethodUserUnblock:           {&UserParams{UserID: "u-bob", Op: sampleOp}},
	MethodSettingsGet:           {&Empty{}},
	MethodSettingsUpdate: {&SettingsUpdateParams{
		InvitableBy: ptr(InvitableByNobody), FindableByName: ptr(false), FindableByEmail: ptr(true),
		EmailReminders: ptr(false), RecentPeople: ptr(false), Op: sampleOp,
	}},
	MethodPeopleSearch:    {&PeopleSearchParams{Query: "bo", Page: samplePage}},
	MethodPeopleInSession: {&PeopleInSessionParams{SessionID: "ses-1", Query: "bo", Sort: SortRole, Page: samplePage}},
	MethodPeopleRecent:    {&samplePage},
	MethodPeopleFocus:     {&FocusParams{UserID: "u-bob"}},
	MethodPeopleUnfocus:   {&Empty{}},
	MethodPresenceSet:     {&PresenceSetParams{Status: StatusInvisible, Note: ptr("back at 5"), NoteUntil: &later}, &PresenceSetParams{Status: StatusAway, Note: ptr("")}},
	MethodSessionCreate: {&SessionCreateParams{
		Name: "Lobby", Visibility: VisibilityConnections, Capacity: ptr(50), Password: ptr("sesame"), Persistent: true,
		Metadata: json.RawMessage(`{"map":"garden"}`), TickHz: ptr(30), Op: sampleOp,
	}},
	MethodSessionList:  {&SessionListParams{Query: "lob", Page: samplePage}},
	MethodSessionJoin:  {&SessionJoinParams{SessionID: "ses-1", Password: ptr("sesame")}},
	MethodSessionLeave: {&SessionParams{SessionID: "ses-1"}},
	MethodSessionUpdate: {&SessionUpdateParams{
		SessionID: "ses-1", Name: ptr("Hall"), Capacity: ptr(60), Locked: ptr(true), Password: ptr(""),
		Visibility: ptr(VisibilityPrivate), Metadata: json.RawMessage(`{}`),
	}},
	MethodSessionSetAttributes: {&SessionSetAttributesParams{
		SessionID: "ses-1", UserID: "u-bob", Attributes: Attributes{"muted": json.RawMessage("true"), "hand": json.RawMessage("null")},
	}},
	MethodSessionSetRole: {&SessionSetRoleParams{SessionID: "ses-1", UserID: "u-bob", Role: RoleCohost}},
	MethodSessionKick:    {&SessionKickParams{SessionID: "ses-1", UserID: "u-bob", Ban: true, Reason: "spam"}},
	MethodSessionUnban:   {&SessionUserParams{SessionID: "ses-1", UserID: "u-bob"}},
	MethodSessionBans:    {&SessionBansParams{SessionID: "ses-1", Page: samplePage}},
	MethodSessionSend: {
		&SessionSendParams{SessionID: "ses-1", To: []string{"u-bob"}, Kind: "chat", Data: json.RawMessage(`{"text":"hi"}`)},
		&SessionSendParams{SessionID: "ses-1", Kind: "ping", Data: json.RawMessage(`null`)},
	},
	MethodSessionSubscribe: {
		&SessionSubscribeParams{SessionID: "ses-1", Numbers: []uint16{1, 4, 9}, OthersHz: ptr(2)},
		&SessionSubscribeParams{SessionID: "ses-1", Numbers: []uint16{}},
		&SessionSubscribeParams{SessionID: "ses-1"},
	},
	MethodSessionClose: {&SessionCloseParams{SessionID: "ses-1", Reason: "good night"}},
}

// sampleResults has a result of every method.
var sampleResults = map[Method]any{
	MethodHello: &HelloResult{
		User: User{ID: "u-ada", Name: "Ada", Email: "ada@example.org"}, DeviceID: "dev-1", Epoch: "e-1", Rev: 42, Resumed: true, Unseen: 2,
		SessionID: "ses-1", Features: []string{"email", "withdraw_many"}, Time: sampleTime, Server: ServerInfo{Version: "1.0.0", Node: "n1"},
		Limits: Limits{MessageBytes: 32768, StateBytes: 512, RequestsPerSecond: 20, PingMS: 25000, GraceMS: 10000},
	},
	MethodTokenRefresh:       &TokenRefreshResult{ExpiresAt: later},
	MethodInvitationSend:     &InvitationSendResult{Relation: noRelation, Invitation: &stubInvitation},
	MethodInvitationWithdraw: &RelationResult{Relation: noRelation, Unchanged: true},
	MethodInvitationWithdrawMany: &InvitationWithdrawManyResult{
		Withdrawn: []string{"inv-1"}, Failed: []WithdrawFailed{{InvitationID: "inv-2", Error: Refuse(InvitationAlreadyAccepted).WithRelation(connectedRelation)}},
	},
	MethodInvitationAccept:      &RelationResult{Relation: connectedRelation},
	MethodInvitationDecline:     &RelationResult{Relation: Relation{State: RelationBlocked, Since: &sampleTime}},
	MethodInvitationUndoDecline: &RelationOnly{Relation: sentRelation},
	MethodInvitationList: &InvitationListResult{
		Invitations: []Invitation{sampleInvitation, stubInvitation}, Total: 2, Unseen: 1, Rev: 42, NextCursor: "bzI",
	},
	MethodInvitationMarkSeen:   &UnseenResult{},
	MethodConnectionList:       &ConnectionListResult{People: []Person{samplePerson}, Total: 1, Rev: 42, NextCursor: "bzI"},
	MethodConnectionRemove:     &RelationResult{Relation: noRelation},
	MethodRelationList:         &RelationListResult{Relations: map[string]Relation{"u-bob": sentRelation, "u-ada": connectedRelation}, Rev: 42, NextCursor: "bzI"},
	MethodUserBlock:            &RelationResult{Relation: Relation{State: RelationBlocked, Since: &sampleTime}},
	MethodUserUnblock:          &RelationResult{Relation: noRelation},
	MethodSettingsGet:          &SettingsResult{Settings: sampleSettings, Rev: 42},
	MethodSettingsUpdate:       &SettingsResult{Settings: sampleSettings, Rev: 43},
	MethodPeopleSearch:         &PeopleResult{People: []Person{samplePerson, {Address: "bob@example.org", Relation: sentRelation}}, NextCursor: "bzI"},
	MethodPeopleInSession:      &PeopleInSessionResult{People: []Person{samplePerson}, Total: 1},
	MethodPeopleRecent:         &PeopleResult{},
	MethodPeopleFocus:          &sampleFocus,
	MethodPeopleUnfocus:        &Empty{},
	MethodPresenceSet:          &PresenceSetResult{Presence: Presence{Status: StatusOffline, Invisible: true}},
	MethodSessionCreate:        &sampleJoin,
	MethodSessionList:          &SessionListResult{Sessions: []Session{sampleSession}, NextCursor: "bzI"},
	MethodSessionJoin:          &sampleJoin,
	MethodSessionLeave:         &Empty{},
	MethodSessionUpdate:        &SessionResult{Session: sampleSession},
	MethodSessionSetAttributes: &MemberResult{Member: sampleMember},
	MethodSessionSetRole:       &MemberResult{Member: sampleMember},
	MethodSessionKick:          &Empty{},
	MethodSessionUnban:         &Empty{},
	MethodSessionBans:          &UsersResult{Users: []User{ada, bob}, NextCursor: "bzI"},
	MethodSessionSend:          &SeqResult{Seq: 9},
	MethodSessionSubscribe:     &Empty{},
	MethodSessionClose:         &Empty{},
}

// sampleNotifications has the params of every notification.
var sampleNotifications = map[Method]any{
	NotifyRelationChanged: &RelationChanged{
		Rev: 43, User: &bob, Relation: sentRelation, InvitationID: "inv-1", Cause: CauseSent, Notify: true, Unseen: 1,
	},
	NotifyInvitationSeen:  &UnseenResult{Unseen: 0},
	NotifySettingsChanged: &SettingsChanged{Rev: 44, Settings: sampleSettings},
	NotifyFocusChanged:    &sampleFocus,
	NotifyPresenceChanged: &PresenceChanged{People: []PersonPresence{
		{UserID: "u-bob", Presence: samplePresence}, {UserID: "u-eve", Presence: Presence{Status: StatusOffline}},
	}},
	NotifySessionRoster: &SessionRoster{
		SessionID: "ses-1", Version: 4, Joined: []Member{sampleMember}, Left: []Left{{UserID: "u-eve", Number: 65535, Reason: LeftDropped}},
	},
	NotifySessionResync:  &sampleJoin,
	NotifySessionUpdated: &SessionResult{Session: sampleSession},
	NotifySessionMessage: &SessionMessage{SessionID: "ses-1", From: "u-bob", Seq: 9, Kind: "chat", Data: json.RawMessage(`{"text":"<hi>"}`)},
	NotifySessionEnded:   &SessionEnded{SessionID: "ses-1", Reason: EndedMoved},
	NotifyServerDraining: &ServerDraining{ReconnectAfterMS: 4321},
	NotifyTokenExpiring:  &TokenExpiring{ExpiresAt: later},
}

// sampleErrors has JSON-RPC's own errors and every refusal, with what comes along.
func sampleErrors() []*Error {
	all := []*Error{
		parseError("The frame is not JSON."),
		InvalidRequest("The batch is empty."),
		UnknownMethod("invitation.unsend"),
		InvalidParams("to.foo", "unknown member"),
		Internal("tr-1"),
	}
	for _, r := range Reasons() {
		e := Refuse(r)
		switch {
		case r == ReinviteCooldown || r == InvitationLimit:
			e = e.WithRetryAt(later)
		case r == TooManyOutstanding:
			e = e.WithLimit(500)
		case r == RateLimited:
			e = e.WithRetryAfter(1500)
		case r == Unavailable:
			e = e.WithRetryAfter(1000)
			e.Data.Unknown = true
		case e.Code == CodeConflict && r != OpIDConflict:
			e = e.WithRelation(sentRelation)
		}
		all = append(all, e)
	}
	return all
}
