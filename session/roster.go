package session

import (
	"maps"
	"slices"

	"foyer/protocol"
)

// Roster is all that a Registry knows of one session, as a deterministic state machine: calls in, changes out. It has
// no clock, no lock and does no I/O; times are Unix milliseconds given by the caller. The Registry in the process holds
// Rosters, another one must do the same steps.
type Roster struct {
	ID      string
	Version int64 // of the last change that Take returned

	rules      Rules
	members    map[string]*Member
	numbers    numbers
	gone       map[string]gone
	host       string
	dropped    int // members with a device in grace
	emptySince int64
	ended      bool
	stamps     int64

	// What Take will compare: those touched since, as they were then; nil if they were not there.
	before  map[string]*Member
	reasons map[string]protocol.LeaveReason

	// How members are written: never changed in place. As a change makes a new Member, that holds for as long as one is there.
	coded map[*Member]string
}

// gone is who left lately.
type gone struct {
	at     int64
	role   protocol.Role
	reason protocol.LeaveReason
}

// NewRoster returns the empty roster of a session. Its versions begin as high as a View of a full session needs, as
// hundreds may come with the very first Take.
func NewRoster(id string, r Rules, now int64) *Roster {
	return &Roster{
		ID: id, Version: MaxMembers / MembersInAnswer, rules: r, emptySince: now,
		members: map[string]*Member{}, gone: map[string]gone{},
		before: map[string]*Member{}, reasons: map[string]protocol.LeaveReason{},
	}
}

// Clone returns a roster of its own that is as r is. What waits for Take must have been taken.
func (r *Roster) Clone() *Roster {
	c := *r
	c.members, c.gone = maps.Clone(r.members), maps.Clone(r.gone)
	c.numbers.slots = slices.Clone(r.numbers.slots)
	c.before, c.reasons = map[string]*Member{}, map[string]protocol.LeaveReason{}
	return &c
}

// Len counts the members, those in grace too.
func (r *Roster) Len() int { return len(r.members) }

// Ended reports whether nobody gets in any more.
func (r *Roster) Ended() bool { return r.ended }

// Member returns a member, nil if the user is none.
func (r *Roster) Member(userID string) *Member { return r.members[userID] }

// HasLeft reports whether a member, as another roster of the session has them, has left since they joined, as far as this one knows:
// of the last RecentFor.
func (r *Roster) HasLeft(m Member) bool { return r.gone[m.User.ID].at > m.JoinedAt }

// SetRules makes rules hold unless newer ones do.
func (r *Roster) SetRules(rules Rules) {
	if rules.Rev > r.rules.Rev {
		r.rules = rules
	}
}

// Join adds a user or a member's device. It refuses without having changed anything.
func (r *Roster) Join(j Join) (m *Member, arrived bool, err error) {
	if r.ended {
		return nil, false, protocol.Refuse(protocol.SessionNotFound)
	}
	r.SetRules(j.Rules)
	if m := r.members[j.User.ID]; m != nil {
		return r.attach(m, j.Device), false, nil
	}
	if err := r.admit(j); err != nil {
		return nil, false, err
	}
	j.User.Email = ""
	delete(r.gone, j.User.ID)
	m = &Member{User: j.User, Role: protocol.RoleMember, Attributes: protocol.Attributes{}, Devices: []Device{j.Device}, JoinedAt: j.At}
	m.Number = r.numberFor(j.User.ID, j.At)
	switch {
	case r.rules.Heir && j.User.ID == r.rules.Creator:
		r.standDown()
		m.Role = protocol.RoleHost
	case r.rules.Heir && r.host == "":
		m.Role, m.Former = protocol.RoleHost, protocol.RoleMember
	}
	r.put(m)
	return m, true, nil
}

// admit decides whether one more gets in.
func (r *Roster) admit(j Join) error {
	switch {
	case j.Returning || j.Rules.Rev < r.rules.Rev:
		return ErrRulesChanged
	case r.rules.Locked && j.User.ID != r.rules.Creator:
		return protocol.Refuse(protocol.SessionLocked)
	case len(r.members) >= min(r.rules.Capacity, MaxMembers):
		return protocol.Refuse(protocol.SessionFull)
	}
	return nil
}

// numberFor gives who is back before anybody saw them leave their old number, so that nobody sees two members of one user.
func (r *Roster) numberFor(userID string, now int64) uint16 {
	if was := r.before[userID]; was != nil && r.numbers.reserve(was.Number) {
		return was.Number
	}
	return r.numbers.take(now)
}

// standDown makes the host a host no more: one who inherited is again what they were.
func (r *Roster) standDown() {
	if h := r.members[r.host]; h != nil {
		role := protocol.RoleCohost
		if h.Inherited() {
			role = h.Former
		}
		r.rank(h, Rank{Role: role})
	}
}

func (r *Roster) rank(m *Member, to Rank) {
	c := *m
	c.Role, c.Former = to.Role, to.Former
	r.put(&c)
}

// attach makes d one of m's devices, in the place of the one with its id.
func (r *Roster) attach(m *Member, d Device) *Member {
	i := slices.IndexFunc(m.Devices, func(have Device) bool { return have.ID == d.ID })
	c := *m
	if i < 0 {
		c.Devices = append(slices.Clip(m.Devices), d)
	} else {
		if m.Devices[i] == d {
			return m
		}
		c.Devices = slices.Clone(m.Devices)
		c.Devices[i] = d
	}
	return r.put(&c)
}

// put stores m as it now is.
func (r *Roster) put(m *Member) *Member {
	id := m.User.ID
	r.touch(id)
	r.dropped += inGrace(m) - inGrace(r.members[id])
	r.stamps++
	m.Stamp = r.stamps
	r.members[id] = m
	switch {
	case m.Role == protocol.RoleHost:
		r.host = id
	case r.host == id:
		r.host = ""
	}
	return m
}

// touch remembers how a user last was for everybody.
func (r *Roster) touch(userID string) {
	if _, ok := r.before[userID]; !ok {
		r.before[userID] = r.members[userID]
	}
}

func inGrace(m *Member) int {
	if m != nil && slices.ContainsFunc(m.Devices, func(d Device) bool { return !d.Connected }) {
		return 1
	}
	return 0
}

// Attach says that a member's device is there again; false if it is none of this session's.
func (r *Roster) Attach(userID string, d Device) bool {
	m := r.members[userID]
	if m == nil || !slices.ContainsFunc(m.Devices, func(have Device) bool { return have.ID == d.ID }) {
		return false
	}
	r.attach(m, d)
	return true
}

// Detach says that a member's device dropped, unless it has another socket by now.
func (r *Roster) Detach(userID string, d Device, at, graceUntil int64) {
	m := r.members[userID]
	if m == nil {
		return
	}
	for _, have := range m.Devices {
		if have.ID == d.ID && have.Link == d.Link && have.Connected {
			have.Connected, have.DroppedAt, have.GraceUntil = false, at, graceUntil
			r.attach(m, have)
		}
	}
}

// Leave takes a device, or with none named the user, out. It returns what there was of it.
func (r *Roster) Leave(l Leave) (Left, error) {
	left := Left{}
	if !r.holds(l.Holds) {
		return left, ErrMemberChanged
	}
	m := r.members[l.UserID]
	if m == nil {
		return left, nil
	}
	if l.DeviceID != "" {
		i := slices.IndexFunc(m.Devices, func(d Device) bool { return d.ID == l.DeviceID })
		if i < 0 {
			return left, nil
		}
		left.SessionID = r.ID
		if len(m.Devices) > 1 {
			left.Device = &m.Devices[i]
			c := *m
			c.Devices = slices.Delete(slices.Clone(m.Devices), i, i+1)
			r.put(&c)
			return left, nil
		}
	}
	left.SessionID = r.ID
	left.Departure = r.remove(m, l.Reason, l.At)
	return left, nil
}

// remove takes m out and finds a new host if that was the host.
func (r *Roster) remove(m *Member, reason protocol.LeaveReason, at int64) *Departure {
	id := m.User.ID
	r.touch(id)
	r.dropped -= inGrace(m)
	delete(r.members, id)
	r.numbers.release(m.Number, at)
	r.gone[id] = gone{at: at, role: m.Role, reason: reason}
	r.reasons[id] = reason
	if len(r.members) == 0 {
		r.emptySince = at
	}
	if r.host == id {
		r.host = ""
		r.inherit()
	}
	return &Departure{SessionID: r.ID, Member: *m, Reason: reason, At: at, SeenAt: m.lastSeen(at)}
}

// inherit makes the oldest cohost, else the oldest member, the host.
func (r *Roster) inherit() {
	if !r.rules.Heir {
		return
	}
	var heir *Member
	for _, m := range r.members {
		if heir == nil || rankOf(m) > rankOf(heir) || rankOf(m) == rankOf(heir) && older(m, heir) < 0 {
			heir = m
		}
	}
	if heir == nil {
		return
	}
	to := Rank{Role: protocol.RoleHost, Former: heir.Role}
	if heir.User.ID == r.rules.Creator {
		to.Former = ""
	}
	r.rank(heir, to)
}

func rankOf(m *Member) int {
	if m.Role == protocol.RoleCohost {
		return 1
	}
	return 0
}

// Edit changes members, all or none.
func (r *Roster) Edit(e Edit) ([]Member, error) {
	if !r.holds(e.Holds) {
		return nil, ErrMemberChanged
	}
	for _, edit := range e.Members {
		if r.members[edit.UserID] == nil {
			return nil, ErrMemberChanged
		}
	}
	out := make([]Member, 0, len(e.Members))
	for _, edit := range e.Members {
		c := *r.members[edit.UserID]
		if edit.User != nil {
			c.User = *edit.User
			c.User.Email = ""
		}
		if edit.Rank != nil {
			c.Role, c.Former = edit.Rank.Role, edit.Rank.Former
		}
		if edit.Attributes != nil {
			c.Attributes = edit.Attributes
		}
		if edit.Muted != nil {
			c.Muted = *edit.Muted
		}
		out = append(out, *r.put(&c))
	}
	return out, nil
}

func (r *Roster) holds(stamps []Stamp) bool {
	for _, s := range stamps {
		if m := r.members[s.UserID]; m == nil || m.Stamp != s.Stamp {
			return false
		}
	}
	return true
}

// End takes everybody out and lets nobody in any more. Take has nothing to tell of it.
func (r *Roster) End(at int64) []Departure {
	var out []Departure
	for _, m := range r.sorted() {
		out = append(out, Departure{SessionID: r.ID, Member: *m, At: at, SeenAt: m.lastSeen(at)})
	}
	r.ended, r.host, r.dropped, r.emptySince = true, "", 0, at
	r.numbers = numbers{}
	clear(r.members)
	clear(r.before)
	clear(r.reasons)
	return out
}

// Restore puts members of before a restart back, their devices in grace. It leaves out whose number is taken or who is
// there already, and returns who was put back.
func (r *Roster) Restore(members []Member) []Member {
	var back []Member
	for _, m := range members {
		if r.ended || r.members[m.User.ID] != nil || !r.numbers.reserve(m.Number) {
			continue
		}
		if m.Role == protocol.RoleHost && r.host != "" {
			m.Role, m.Former = protocol.RoleCohost, ""
		}
		back = append(back, *r.put(&m))
	}
	if r.host == "" {
		r.inherit()
	}
	return back
}

// sorted returns the members in the order of joining.
func (r *Roster) sorted() []*Member {
	return slices.SortedFunc(maps.Values(r.members), older)
}
