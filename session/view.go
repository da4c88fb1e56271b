package session

import (
	"bytes"
	"encoding/json"
	"sync"

	"foyer/protocol"
)

// View is a roster at one version, from which all joins of a flush are answered. It is immutable, safe for concurrent
// use, and encodes each member once however many answers have it.
//
// A roster of more than MembersInAnswer is answered in parts: the answer has the part with the one asking, at a version
// that is as much lower than the roster's as parts follow. So versions go up by 1 from the answer on, through those parts,
// to what is published next.
type View struct {
	sessionID string
	version   int64
	ended     bool
	members   []*Member
	wire      []protocol.Member
	at        map[string]int // index in members by user

	encode sync.Once // what follows, and the encoding of wire
	parts  [][2]*Part
}

// Part is a session.roster with some of the members of a large session. All who join at once, but for those in it, get
// the same one.
type Part struct {
	Text []byte

	once sync.Once
	made any
}

// Made returns what whoever sends the part makes of its text, which they make once.
func (p *Part) Made(of func(text []byte) any) any {
	p.once.Do(func() { p.made = of(p.Text) })
	return p.made
}

// View returns the roster as it is. What waits for Take must have been taken.
func (r *Roster) View() *View {
	v := &View{sessionID: r.ID, version: r.Version, ended: r.ended, members: r.sorted()}
	v.wire = make([]protocol.Member, len(v.members))
	v.at = make(map[string]int, len(v.members))
	for i, m := range v.members {
		v.wire[i] = m.Wire()
		v.at[m.User.ID] = i
	}
	return v
}

// few members are encoded for each answer: with so few, hardly ever more than one is made of a View.
const few = 16

// Joined returns the answer for a member; session_not_found if the session has ended, not_in_session if the user is
// no member.
func (v *View) Joined(userID string) (Joined, error) {
	i, ok := v.at[userID]
	switch {
	case v.ended:
		return Joined{}, protocol.Refuse(protocol.SessionNotFound)
	case !ok:
		return Joined{}, protocol.Refuse(protocol.NotInSession)
	}
	v.encode.Do(v.encodeAll)
	count := v.count()
	j := Joined{Member: *v.members[i], Count: len(v.members), Version: v.version - int64(count-1), Through: v.version}
	after := 0
	for n := range count {
		from, to := v.bounds(n)
		if i >= from && i < to {
			j.Members = v.wire[from:to:to]
			after = 1
			continue
		}
		j.Rest = append(j.Rest, v.parts[n][after])
	}
	return j, nil
}

// count is how many parts the members are divided into.
func (v *View) count() int { return max(1, (len(v.wire)+MembersInAnswer-1)/MembersInAnswer) }

// bounds returns which members part n has.
func (v *View) bounds(n int) (from, to int) {
	return len(v.wire) * n / v.count(), len(v.wire) * (n + 1) / v.count()
}

// encodeAll encodes the members, and each part twice: it has a version higher by 1 where those in a later one are told.
func (v *View) encodeAll() {
	if len(v.wire) <= few {
		return
	}
	if err := protocol.WriteMembers(v.wire); err != nil {
		panic("session: " + err.Error()) // what they consist of was decoded from JSON or made here
	}
	count := v.count()
	if count == 1 {
		return
	}
	v.parts = make([][2]*Part, count)
	for n := range v.parts {
		from, to := v.bounds(n)
		for after := range v.parts[n] {
			version := v.version - int64(count-1) + int64(n+1-after)
			v.parts[n][after] = &Part{Text: rosterOf(v.sessionID, version, v.wire[from:to])}
		}
	}
}

func rosterOf(sessionID string, version int64, joined []protocol.Member) []byte {
	text, err := protocol.EncodeNotification(protocol.NotifySessionRoster, protocol.SessionRoster{SessionID: sessionID, Version: version, Joined: joined})
	if err != nil {
		panic("session: " + err.Error()) // as above
	}
	return text
}

// encodeJSON returns v as nodes hand it to each other. v is one of this package's own types, which always encode.
func encodeJSON(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("session: " + err.Error())
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
