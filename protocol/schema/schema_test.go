package schema_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/protocol/schema"
)

func lines(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "testdata", name))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	var all []string
	in := bufio.NewScanner(file)
	for in.Scan() {
		all = append(all, in.Text())
	}
	require.NoError(t, in.Err())
	return all
}

// asMethod takes the id of a golden answer for the method it answers.
func asMethod(id string) protocol.Method {
	var m protocol.Method
	if json.Unmarshal([]byte(id), &m) != nil {
		return ""
	}
	return m
}

func TestGoldenFramesAreValid(t *testing.T) {
	for _, line := range lines(t, "requests.jsonl") {
		require.NoError(t, schema.ValidateRequest([]byte(line)))
	}
	for _, name := range []string{"results.jsonl", "notifications.jsonl", "errors.jsonl"} {
		for _, line := range lines(t, name) {
			require.NoError(t, schema.Validate([]byte(line), asMethod))
		}
	}
	batch := "[" + strings.Join(lines(t, "results.jsonl"), ",") + "]"
	require.NoError(t, schema.Validate([]byte(batch), asMethod))
	for _, line := range lines(t, "states.hex")[1:] {
		frame, err := hex.DecodeString(line)
		require.NoError(t, err)
		require.NoError(t, schema.ValidateBinary(frame))
	}
}

func TestWrongFramesAreCaught(t *testing.T) {
	answer := func(m protocol.Method, result string) string {
		return `{"jsonrpc":"2.0","id":"` + string(m) + `","result":` + result + `}`
	}
	refusal := func(code, data string) string {
		return `{"jsonrpc":"2.0","id":1,"error":{"code":` + code + `,"message":"m","data":` + data + `}}`
	}
	notification := func(m protocol.Method, params string) string {
		return `{"jsonrpc":"2.0","method":"` + string(m) + `","params":` + params + `}`
	}
	invitation := `{"id":"i","direction":"sent","channel":"in_app","sent_at":"2026-01-31T09:30:00.123Z","expires_at":"2026-01-31T09:30:00.123Z","state":"pending"}`
	for name, frame := range map[string]string{
		"nobody asked":                      `{"jsonrpc":"2.0","id":1,"result":{}}`,
		"no such notification":              notification("session.exploded", `{}`),
		"a member more":                     answer(protocol.MethodSessionLeave, `{"extra":1}`),
		"a member less":                     answer(protocol.MethodSessionSend, `{}`),
		"an inner member more":              answer(protocol.MethodInvitationUndoDecline, `{"relation":{"state":"none","blocked_by":"x"}}`),
		"an envelope member more":           `{"jsonrpc":"2.0","id":"session.leave","result":{},"extra":1}`,
		"null for a list":                   answer(protocol.MethodPeopleRecent, `{"people":null}`),
		"another value":                     answer(protocol.MethodInvitationUndoDecline, `{"relation":{"state":"blocked_by_them"}}`),
		"open without its invitation":       answer(protocol.MethodInvitationUndoDecline, `{"relation":{"state":"invitation_sent"}}`),
		"an invitation where none is open":  answer(protocol.MethodInvitationUndoDecline, `{"relation":{"state":"none","invitation":`+invitation+`}}`),
		"a negative count":                  answer(protocol.MethodInvitationMarkSeen, `{"unseen":-1}`),
		"a fraction":                        answer(protocol.MethodInvitationMarkSeen, `{"unseen":1.5}`),
		"time without milliseconds":         answer(protocol.MethodTokenRefresh, `{"expires_at":"2026-01-31T09:30:00Z"}`),
		"time in a zone":                    answer(protocol.MethodTokenRefresh, `{"expires_at":"2026-01-31T09:30:00.123+01:00"}`),
		"no date":                           answer(protocol.MethodTokenRefresh, `{"expires_at":"2026-02-31T09:30:00.123Z"}`),
		"offline, and yet somewhere":        answer(protocol.MethodPresenceSet, `{"presence":{"status":"offline","devices":[],"session":{"id":"s","name":"S"}}}`),
		"offline, and yet with a note":      answer(protocol.MethodPresenceSet, `{"presence":{"status":"offline","devices":[],"note":"psst"}}`),
		"offline, and yet with a device":    answer(protocol.MethodPresenceSet, `{"presence":{"status":"offline","devices":["web"]}}`),
		"invisible shown":                   answer(protocol.MethodPresenceSet, `{"presence":{"status":"invisible","devices":[]}}`),
		"a person without a name":           answer(protocol.MethodPeopleRecent, `{"people":[{"relation":{"state":"none"}}]}`),
		"enabled with a reason":             answer(protocol.MethodPeopleFocus, `{"person":{"address":"a","relation":{"state":"none"}},"actions":[{"action":"invite","enabled":true,"reason":"forbidden"}]}`),
		"disabled without":                  answer(protocol.MethodPeopleFocus, `{"person":{"address":"a","relation":{"state":"none"}},"actions":[{"action":"invite","enabled":false}]}`),
		"a number beyond 16 bits":           notification(protocol.NotifySessionRoster, `{"session_id":"s","version":1,"joined":[],"updated":[],"left":[{"user_id":"u","number":65536,"reason":"left"}]}`),
		"a code of no class":                refusal("-32099", `{"reason":"forbidden"}`),
		"a reason of another class":         refusal("-32004", `{"reason":"forbidden"}`),
		"a class without a reason":          refusal("-32004", `{}`),
		"an unknown reason":                 refusal("-32004", `{"reason":"bad_luck"}`),
		"invalid params without the field":  refusal("-32602", `{}`),
		"internal error without its trace":  refusal("-32603", `{}`),
		"internals shown":                   refusal("-32603", `{"trace_id":"t","sql":"SELECT"}`),
		"limited without an end":            refusal("-32005", `{"reason":"rate_limited"}`),
		"cooling down without an end":       refusal("-32004", `{"reason":"reinvite_cooldown"}`),
		"too many without saying how many":  refusal("-32005", `{"reason":"too_many_outstanding"}`),
		"unavailable without saying when":   refusal("-32006", `{"reason":"unavailable"}`),
		"a bad answer in a batch of others": `[` + answer(protocol.MethodSessionLeave, `{}`) + `,` + answer(protocol.MethodSessionSend, `{}`) + `]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := protocol.ParseServerFrame([]byte(frame))
			require.NoError(t, err, "the frame itself must be one")
			require.Error(t, schema.Validate([]byte(frame), asMethod))
		})
	}
	require.Error(t, schema.Validate([]byte(`{`), asMethod))
	require.Error(t, schema.ValidateBinary([]byte{2, 0, 0, 0, 0, 0, 0}), "a tick without states")
	require.Error(t, schema.ValidateBinary(make([]byte, protocol.MaxFrame+1)))
	require.Error(t, schema.ValidateBinary([]byte{1}))
}

// The schemas refuse what the decoder refuses, as far as a schema can tell.
func TestWrongRequestsAreCaught(t *testing.T) {
	for name, frame := range map[string]string{
		"no method of ours":   `{"jsonrpc":"2.0","id":1,"method":"invitation.unsend"}`,
		"a member more":       `{"jsonrpc":"2.0","id":1,"method":"people.unfocus","params":{"a":1}}`,
		"params missing":      `{"jsonrpc":"2.0","id":1,"method":"people.focus"}`,
		"empty id":            `{"jsonrpc":"2.0","id":1,"method":"people.focus","params":{"user_id":""}}`,
		"fraction as id":      `{"jsonrpc":"2.0","id":1.5,"method":"people.unfocus"}`,
		"limit of 201":        `{"jsonrpc":"2.0","id":1,"method":"relation.list","params":{"limit":201}}`,
		"to two":              `{"jsonrpc":"2.0","id":1,"method":"invitation.send","params":{"to":{"user_id":"a","email":"b@c"}}}`,
		"withdraw by both":    `{"jsonrpc":"2.0","id":1,"method":"invitation.withdraw","params":{"invitation_id":"a","user_id":"b"}}`,
		"withdraw none":       `{"jsonrpc":"2.0","id":1,"method":"invitation.withdraw","params":{}}`,
		"withdraw many, all":  `{"jsonrpc":"2.0","id":1,"method":"invitation.withdraw_many","params":{"invitation_ids":[],"all":true}}`,
		"age with ids":        `{"jsonrpc":"2.0","id":1,"method":"invitation.withdraw_many","params":{"invitation_ids":[],"older_than_ms":1}}`,
		"to set offline":      `{"jsonrpc":"2.0","id":1,"method":"presence.set","params":{"status":"offline"}}`,
		"metadata as a list":  `{"jsonrpc":"2.0","id":1,"method":"session.create","params":{"name":"a","metadata":[]}}`,
		"a name too long":     `{"jsonrpc":"2.0","id":1,"method":"session.create","params":{"name":"` + strings.Repeat("a", 81) + `"}}`,
		"no JSON":             `{`,
		"unknown in envelope": `{"jsonrpc":"2.0","id":1,"method":"people.unfocus","auth":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, schema.ValidateRequest([]byte(frame)))
		})
	}
}

func TestChecker(t *testing.T) {
	var c schema.Checker
	require.Error(t, c.Received([]byte(`{"jsonrpc":"2.0","id":1,"result":{}}`)))
	c.Sent([]byte(`{"jsonrpc":"2.0","id":1,"method":"session.leave","params":{"session_id":"s"}}`))
	c.Sent([]byte(`{"jsonrpc":"2.0","method":"session.leave"}`))
	c.Sent([]byte(`not JSON`))
	require.NoError(t, c.Received([]byte(`{"jsonrpc":"2.0","id":1,"result":{}}`)))
	require.NoError(t, c.Received([]byte(`{"jsonrpc":"2.0","method":"invitation.seen","params":{"unseen":0}}`)))
}
