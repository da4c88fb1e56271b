package protocol

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMembersThatAreWrittenLookTheSameInEveryMessage(t *testing.T) {
	other := sampleMember
	other.User.Name, other.Attributes, other.Devices = `<"&>`, nil, nil
	members := []Member{sampleMember, other}
	messages := func() (out []string) {
		for _, v := range []any{
			SessionJoinResult{Members: members}, SessionRoster{Joined: members[:1], Updated: members[1:]}, Person{Member: &members[1]}, Person{Member: &members[0]},
		} {
			frame, err := AppendResult(nil, json.RawMessage("1"), v)
			require.NoError(t, err)
			out = append(out, string(frame))
		}
		return out
	}
	before := messages()
	require.NoError(t, WriteMembers(members))
	require.Equal(t, before, messages())
	members[0].User.Name = "changed"
	require.Equal(t, before, messages(), "they are written already")

	broken := []Member{{Attributes: Attributes{"x": json.RawMessage("{")}}}
	require.Error(t, WriteMembers(broken))
}
