package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"foyer/protocol"
)

// rosterCode is a Roster between two flushes, as nodes hand it to each other.
type rosterCode struct {
	ID         string
	Version    int64
	Rules      Rules
	Members    []*Member `json:",omitempty"`
	Numbers    []int64   `json:",omitempty"`
	Gone       map[string]goneCode
	EmptySince int64
	Ended      bool `json:",omitempty"`
	Stamps     int64
}

type goneCode struct {
	At     int64
	Role   string
	Reason string `json:",omitempty"`
}

// Encode writes the roster down, for DecodeRoster. What waits for Take must have been taken. The same roster always
// gives the same bytes.
func (r *Roster) Encode() []byte {
	code := rosterCode{
		ID: r.ID, Version: r.Version, Rules: r.rules, Numbers: r.numbers.slots,
		Gone: make(map[string]goneCode, len(r.gone)), EmptySince: r.emptySince, Ended: r.ended, Stamps: r.stamps,
	}
	for id, g := range r.gone {
		code.Gone[id] = goneCode{g.at, string(g.role), string(g.reason)}
	}
	head := encodeJSON(code) // it was decoded from JSON or made here, so it encodes
	if len(r.members) == 0 {
		return head
	}
	members, size := r.encodeMembers()
	out := append(make([]byte, 0, len(head)+size+32), head[:len(head)-1]...)
	out = append(out, membersBegin...)
	for i, text := range members {
		if i > 0 {
			out = append(out, memberNext...)
		}
		out = append(out, text...)
	}
	return append(out, membersEnd...)
}

// Each member has a line of the text, so that they are told apart without being read. There are no other lines: what is
// encoded has none.
const (
	membersBegin = `,"Members":[` + "\n"
	memberNext   = ",\n"
	membersEnd   = "\n]}"
)

// encodeMembers returns the members in the order of joining, and the length of it all. Those who did not change since the
// last time cost nothing: of a thousand, mostly one did.
func (r *Roster) encodeMembers() (texts []string, size int) {
	coded := make(map[*Member]string, len(r.members))
	for _, m := range r.sorted() {
		text, ok := r.coded[m]
		if !ok {
			text = string(encodeJSON(m))
		}
		coded[m] = text
		texts = append(texts, text)
		size += len(text) + len(memberNext)
	}
	r.coded = coded
	return texts, size
}

// DecodeRoster reads what Encode wrote.
func DecodeRoster(text []byte) (*Roster, error) { return (*Roster)(nil).DecodeNext(text) }

// DecodeNext reads what Encode wrote of the same session at another time. Members who are written as they are in r, which
// may be nil, are taken from there.
func (r *Roster) DecodeNext(text []byte) (*Roster, error) {
	code, coded, err := r.decode(text)
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	next, err := code.roster()
	if err != nil {
		return nil, err
	}
	next.coded = coded
	return next, nil
}

// decode reads a text, and returns how the members are written in it.
func (r *Roster) decode(text []byte) (code rosterCode, coded map[*Member]string, err error) {
	head, members, _ := bytes.Cut(text, []byte(membersBegin))
	members, whole := bytes.CutSuffix(members, []byte(membersEnd))
	if !whole {
		err = json.Unmarshal(text, &code)
		return code, nil, err
	}
	if err := json.Unmarshal(append(slices.Clip(head), '}'), &code); err != nil {
		return code, nil, err
	}
	known := map[string]*Member{}
	if r != nil {
		for m, text := range r.coded {
			known[text] = m
		}
	}
	coded = make(map[*Member]string, len(known))
	for line := range bytes.SplitSeq(members, []byte(memberNext)) {
		m := known[string(line)]
		if m != nil {
			coded[m] = r.coded[m]
		} else {
			m = &Member{}
			if err := json.Unmarshal(line, m); err != nil {
				return code, nil, err
			}
			coded[m] = string(line)
		}
		code.Members = append(code.Members, m)
	}
	return code, coded, nil
}

// roster returns the roster that was written down.
func (code *rosterCode) roster() (*Roster, error) {
	if len(code.Numbers) > MaxMembers {
		return nil, errors.New("roster: too many numbers")
	}
	r := NewRoster(code.ID, code.Rules, code.EmptySince)
	r.Version, r.ended, r.stamps = code.Version, code.Ended, code.Stamps
	r.numbers.slots = code.Numbers
	for id, g := range code.Gone {
		r.gone[id] = gone{at: g.At, role: protocol.Role(g.Role), reason: protocol.LeaveReason(g.Reason)}
	}
	owned := make([]bool, len(code.Numbers)+1)
	for _, m := range code.Members {
		if m == nil || m.User.ID == "" || r.members[m.User.ID] != nil {
			return nil, errors.New("roster: a member without a name of its own")
		}
		if m.Number == 0 || int(m.Number) > len(code.Numbers) || code.Numbers[m.Number-1] != taken || owned[m.Number] {
			return nil, errors.New("roster: a member without a number of its own")
		}
		owned[m.Number] = true
		r.members[m.User.ID] = m
		r.dropped += inGrace(m)
		if m.Role == protocol.RoleHost {
			r.host = m.User.ID
		}
	}
	for i, slot := range code.Numbers {
		if slot == taken && !owned[i+1] {
			return nil, errors.New("roster: a number that nobody has is taken")
		}
	}
	return r, nil
}

// DueAt is when Sweep, Idle or Forgettable may answer otherwise than now if nothing else happens; 0 is never. Unix
// milliseconds.
func (r *Roster) DueAt(emptyAfter int64) int64 {
	at := int64(0)
	sooner := func(ms int64) {
		if at == 0 || ms < at {
			at = max(ms, 1)
		}
	}
	for _, m := range r.members {
		for _, d := range m.Devices {
			if !d.Connected {
				sooner(d.GraceUntil)
			}
		}
	}
	for _, g := range r.gone {
		sooner(g.at + RecentFor)
	}
	switch {
	case len(r.members) > 0:
	case r.ended || r.rules.Persistent:
		sooner(r.emptySince + RecentFor)
	default:
		sooner(r.emptySince + emptyAfter)
	}
	return at
}
