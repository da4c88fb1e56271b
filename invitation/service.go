package invitation

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"foyer/protocol"
)

// Options are the Service's seams. The zero value is what production uses.
type Options struct {
	Now   func() time.Time // time.Now when nil
	NewID func() string    // a UUID of version 7 when nil
}

// Service carries the rules out. It is safe for concurrent use and holds no state of its own.
type Service struct {
	store  Store
	config Config
	now    func() time.Time
	newID  func() string
}

// New returns a Service over store.
func New(store Store, config Config, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	return &Service{store: store, config: config, now: o.Now, newID: o.NewID}
}

// Call says who asks for a durable change, and under which name the client remembers it.
type Call struct {
	UserID string
	// Features are those of the caller's token; nil means all that the configuration allows.
	Features []string
	// OpID is the client's op_id, "" for none; Digest identifies the decoded params.
	OpID   string
	Digest string
}

// Support says on whose behalf and why support staff act.
type Support struct {
	By  string
	Why string
}

// ConnectionQuery selects and pages connections.
type ConnectionQuery struct {
	Query  string // the beginning of a name, a word of it or a username
	Cursor string
	Limit  int                      // 50 when 0
	Only   func(userID string) bool // keeps those for which it is true; nil keeps all
}

// ConnectionPage is a page of connections by name, without presence.
type ConnectionPage struct {
	People     []protocol.Person
	Total      int
	Rev        int64
	NextCursor string
}

// Standing is what a viewer sees of a person and may do about the pair, from one snapshot.
type Standing struct {
	Relation protocol.Relation
	Actions  []protocol.Action
	// Next is when the actions change by themselves (the end of a cooldown or of a limit); zero if never.
	Next time.Time
}

// Blocks are the users whom a user blocks, and those who block that user.
type Blocks struct {
	Of []string // blocked by the user
	By []string // who block the user
}

// Logged is one entry of a user's log, of kind LogKind.
type Logged struct {
	Rev  int64
	Body []byte
}

// LogKind marks the entries of the log that Render understands.
const LogKind = "relation"

var errUnwritten = errors.New("not written yet")

// Send invites p.To. It answers the open invitation, unchanged, if there is one, and connects if the other one
// invited first. The refusals, in order: cannot_invite_self, user_not_found, already_connected, unblock_first,
// not_accepting_invitations, shared_session_required, email_required, reinvite_cooldown, invitation_limit,
// too_many_outstanding. An invitation to an address is refused for the sender's own limits only.
func (s *Service) Send(ctx context.Context, by Call, p protocol.InvitationSendParams) (protocol.InvitationSendResult, Effects, error) {
	return protocol.InvitationSendResult{}, Effects{}, errUnwritten
}

// Withdraw takes back the sender's open invitation, by id or by person. Doing it again, or after the expiry, succeeds
// and changes nothing. Refusals: invitation_accepted, stale_invitation, forbidden, invitation_not_found, user_not_found.
func (s *Service) Withdraw(ctx context.Context, by Call, p protocol.InvitationWithdrawParams) (protocol.RelationResult, Effects, error) {
	return protocol.RelationResult{}, Effects{}, errUnwritten
}

// WithdrawMany withdraws each invitation in a transaction of its own and answers for each id in exactly one list.
func (s *Service) WithdrawMany(ctx context.Context, by Call, p protocol.InvitationWithdrawManyParams) (protocol.InvitationWithdrawManyResult, Effects, error) {
	return protocol.InvitationWithdrawManyResult{}, Effects{}, errUnwritten
}

// Accept connects the recipient with the sender. Refusals: invitation_not_pending with the relation as it stands,
// connection_limit (the caller's own), forbidden, invitation_not_found.
func (s *Service) Accept(ctx context.Context, by Call, invitationID string) (protocol.RelationResult, Effects, error) {
	return protocol.RelationResult{}, Effects{}, errUnwritten
}

// Decline hides the invitation from its recipient and further ones for the suppression; its sender sees no difference.
// Within a minute of a withdrawal or expiry it still succeeds.
func (s *Service) Decline(ctx context.Context, by Call, p protocol.InvitationDeclineParams) (protocol.RelationResult, Effects, error) {
	return protocol.RelationResult{}, Effects{}, errUnwritten
}

// UndoDecline shows a declined invitation to its recipient again. Refusals: unblock_first, invitation_not_pending.
func (s *Service) UndoDecline(ctx context.Context, by Call, invitationID string) (protocol.RelationOnly, Effects, error) {
	return protocol.RelationOnly{}, Effects{}, errUnwritten
}

// MarkSeen marks as seen what viewer received up to revision rev, or all of it when rev is nil.
func (s *Service) MarkSeen(ctx context.Context, by Call, rev *int64) (protocol.UnseenResult, Effects, error) {
	return protocol.UnseenResult{}, Effects{}, errUnwritten
}

// Remove ends a connection, silently for the other one.
func (s *Service) Remove(ctx context.Context, by Call, userID string) (protocol.RelationResult, Effects, error) {
	return protocol.RelationResult{}, Effects{}, errUnwritten
}

// Block blocks userID, who is never told. Refusals: user_not_found, too_many_outstanding with the limit.
func (s *Service) Block(ctx context.Context, by Call, userID string) (protocol.RelationResult, Effects, error) {
	return protocol.RelationResult{}, Effects{}, errUnwritten
}

// Unblock ends a block. Nothing that the block ended comes back.
func (s *Service) Unblock(ctx context.Context, by Call, userID string) (protocol.RelationResult, Effects, error) {
	return protocol.RelationResult{}, Effects{}, errUnwritten
}

// List returns a page of viewer's invitations, newest first, with the revision that it belongs to.
func (s *Service) List(ctx context.Context, viewer string, p protocol.InvitationListParams) (protocol.InvitationListResult, error) {
	return protocol.InvitationListResult{}, errUnwritten
}

// Connections returns a page of viewer's connections by name.
func (s *Service) Connections(ctx context.Context, viewer string, q ConnectionQuery) (ConnectionPage, error) {
	return ConnectionPage{}, errUnwritten
}

// ConnectionIDs returns the ids of all of userID's connections.
func (s *Service) ConnectionIDs(ctx context.Context, userID string) ([]string, error) {
	return nil, errUnwritten
}

// RelationList returns a page of all viewer's relations that are not none.
func (s *Service) RelationList(ctx context.Context, viewer string, p protocol.Page) (protocol.RelationListResult, error) {
	return protocol.RelationListResult{}, errUnwritten
}

// Relation returns the pair as viewer sees it: self for oneself, none for whoever is unknown.
func (s *Service) Relation(ctx context.Context, viewer, other string) (protocol.Relation, error) {
	return protocol.Relation{}, errUnwritten
}

// Relations returns the relation to each of others, in a fixed number of queries.
func (s *Service) Relations(ctx context.Context, viewer string, others []string) (map[string]protocol.Relation, error) {
	return nil, errUnwritten
}

// RelationToAddress returns viewer's open invitation to an address as a relation, nil if there is none. It does not
// say whose the address is.
func (s *Service) RelationToAddress(ctx context.Context, viewer, address string) (*protocol.Relation, error) {
	return nil, errUnwritten
}

// Standing returns the relation to other and the pair's part of a focus panel's actions. Whether an action is enabled,
// its reason and its time are decided by the code that decides the call.
func (s *Service) Standing(ctx context.Context, viewer, other string) (Standing, error) {
	return Standing{}, errUnwritten
}

// Unseen counts the received invitations that userID has not seen.
func (s *Service) Unseen(ctx context.Context, userID string) (int, error) {
	return 0, errUnwritten
}

// Blocks returns who does not hear whom, for filtering messages and states.
func (s *Service) Blocks(ctx context.Context, userID string) (Blocks, error) {
	return Blocks{}, errUnwritten
}

// ClaimAddresses shows userID what was sent to that user's verified addresses before. Call it at each hello.
func (s *Service) ClaimAddresses(ctx context.Context, userID string) (Effects, error) {
	return Effects{}, errUnwritten
}

// ClaimAddress shows what was sent to an address to its owner, if there is one. See Effects.Addressed.
func (s *Service) ClaimAddress(ctx context.Context, key string) (Effects, error) {
	return Effects{}, errUnwritten
}

// ExpireDue ends up to limit invitations whose time is over. next is when the next one is due, zero if none is open.
func (s *Service) ExpireDue(ctx context.Context, limit int) (e Effects, next time.Time, err error) {
	return Effects{}, time.Time{}, errUnwritten
}

// WithdrawAllOnBehalf withdraws all that userID has open, with the same silent effects, and records in the audit log
// who did it and why. It returns how many there were.
func (s *Service) WithdrawAllOnBehalf(ctx context.Context, staff Support, userID string) (int, Effects, error) {
	return 0, Effects{}, errUnwritten
}

// Render turns viewer's log entries into notifications with today's names and messages. notify stays true only in
// what still holds at the end of entries.
func (s *Service) Render(ctx context.Context, viewer string, entries []Logged) ([]protocol.RelationChanged, error) {
	return nil, errUnwritten
}

// Purge forgets up to limit invitations that have been over for longer than the retention, and returns how many.
func (s *Service) Purge(ctx context.Context, limit int) (int, error) {
	return 0, errUnwritten
}
