package session

import (
	"bytes"
	"encoding/json"
	"strconv"
	"sync"

	"foyer/protocol"
)

// restChunk is how many members one frame of a join's rest has, if versions allow.
const restChunk = 200

// View is a roster at one version, from which all joins of a flush are answered. It is immutable, safe for concurrent
// use, and encodes each member once however many answers have it.
//
// A roster of more than MembersInAnswer is answered in parts: the answer has the first members and the one asking, at a
// version that is as much lower than the roster's as frames follow. So versions go up by 1 from the answer on, through
// those frames, to what is published next.
type View struct {
	sessionID string
	version   int64
	ended     bool
	members   []*Member
	wire      []protocol.Member
	at        map[string]int // index in members by user

	encode  sync.Once
	encoded [][]byte // of wire, after the head
	shared  []sharedFrame
}

// sharedFrame is the part of a rest that is the same for all who aren't in it.
type sharedFrame struct {
	once  sync.Once
	bytes []byte
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
	if len(v.wire) > MembersInAnswer {
		v.shared = make([]sharedFrame, len(v.chunks()))
	}
	return v
}

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
	j := Joined{Member: *v.members[i], Count: len(v.members), Members: v.wire, Version: v.version, Through: v.version}
	if len(v.wire) <= MembersInAnswer {
		return j, nil
	}
	head := v.head()
	j.Members = v.wire[:head:head]
	if i >= head {
		j.Members = append(j.Members, v.wire[i])
	}
	chunks := v.chunks()
	j.Version -= int64(len(chunks))
	for n, c := range chunks {
		version := j.Version + int64(n) + 1
		if i >= c[0] && i < c[1] {
			j.Rest = append(j.Rest, v.frame(c, i, version))
			continue
		}
		same := &v.shared[n]
		same.once.Do(func() { same.bytes = v.frame(c, -1, version) })
		j.Rest = append(j.Rest, same.bytes)
	}
	return j, nil
}

// head is how many members every answer has: one less than fit, so that the one asking does too.
func (v *View) head() int { return MembersInAnswer - 1 }

// chunks divides the members after the head, into so few parts that the answer's version stays at least 1.
func (v *View) chunks() [][2]int {
	head, rest := v.head(), len(v.wire)-v.head()
	count := (rest + restChunk - 1) / restChunk
	count = max(1, min(count, int(min(v.version-1, int64(count)))))
	chunks := make([][2]int, count)
	for n := range chunks {
		chunks[n] = [2]int{head + rest*n/count, head + rest*(n+1)/count}
	}
	return chunks
}

// frame returns a session.roster with the members of chunk, leaving out the one at index without.
func (v *View) frame(chunk [2]int, without int, version int64) []byte {
	v.encode.Do(v.encodeMembers)
	parts := v.encoded[chunk[0]-v.head() : chunk[1]-v.head()]
	size := 256 + len(v.sessionID)
	for _, p := range parts {
		size += len(p) + 1
	}
	out := bytes.NewBuffer(make([]byte, 0, size))
	out.WriteString(`{"jsonrpc":"2.0","method":"session.roster","params":{"session_id":`)
	out.Write(encodeJSON(v.sessionID))
	out.WriteString(`,"version":`)
	out.WriteString(strconv.FormatInt(version, 10))
	out.WriteString(`,"joined":[`)
	first := true
	for n, p := range parts {
		if chunk[0]+n == without {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		out.Write(p)
	}
	out.WriteString(`],"updated":[],"left":[]}}`)
	return out.Bytes()
}

func (v *View) encodeMembers() {
	for _, w := range v.wire[v.head():] {
		v.encoded = append(v.encoded, encodeJSON(w))
	}
}

// encodeJSON returns v as it is on the wire. v is one of the protocol's own types, which always encode.
func encodeJSON(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("session: " + err.Error())
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
