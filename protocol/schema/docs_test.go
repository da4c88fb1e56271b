package schema_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/protocol/schema"
)

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "protocol.md"))
	require.NoError(t, err)
	return string(text)
}

// row returns the guide's table row that begins with a name in code.
func row(t *testing.T, name string) string {
	t.Helper()
	for line := range strings.SplitSeq(guide(t), "\n") {
		if strings.HasPrefix(line, "| `"+name+"`") {
			return line
		}
	}
	require.Fail(t, "no row in docs/protocol.md", name)
	return ""
}

// requireMembers looks for each member of a wire struct in a row; in place of cursor and limit stands page.
func requireMembers(t *testing.T, row string, v any) {
	t.Helper()
	for _, f := range protocol.FieldsOf(reflect.TypeOf(v).Elem()) {
		switch f.Name {
		case "cursor", "limit":
			require.Contains(t, row, "page")
		case "op_id":
			require.Contains(t, row, "ⓘ")
		default:
			require.Regexp(t, "[`, ]"+f.Name+"[`?,: ]", row)
		}
	}
}

func TestGuideHasEveryMethodWithItsMembers(t *testing.T) {
	for _, m := range protocol.Methods() {
		r := row(t, string(m.Method))
		require.Equal(t, m.Durable, strings.Contains(r, "ⓘ"), m.Method)
		requireMembers(t, r, m.NewParams())
		switch m.NewResult().(type) {
		case *protocol.Focus: // named as such
			require.Contains(t, r, "`Focus`")
		default:
			if m.Method == protocol.MethodSessionCreate {
				require.Contains(t, r, "as `session.join`")
				continue
			}
			requireMembers(t, r, m.NewResult())
		}
	}
}

func TestGuideHasEveryNotificationWithItsMembers(t *testing.T) {
	for _, n := range protocol.Notifications() {
		r := row(t, string(n.Method))
		switch n.Method {
		case protocol.NotifyFocusChanged, protocol.NotifySessionResync:
			require.Contains(t, r, "as ")
		default:
			requireMembers(t, r, n.NewParams())
		}
	}
}

func TestGuideHasEveryObjectWithItsMembers(t *testing.T) {
	for _, v := range []any{
		&protocol.User{}, &protocol.Presence{}, &protocol.Invitation{}, &protocol.Relation{}, &protocol.Person{}, &protocol.Session{},
		&protocol.Member{}, &protocol.Action{}, &protocol.Focus{}, &protocol.Settings{},
	} {
		typ := reflect.TypeOf(v).Elem()
		r := row(t, typ.Name())
		requireMembers(t, r, v)
		for _, f := range protocol.FieldsOf(typ) {
			require.Equal(t, f.Optional, strings.Contains(r, "`"+f.Name+"?`"), "%s.%s", typ.Name(), f.Name)
			if f.Name == "devices" || f.Name == "reason" { // listed where they come from
				continue
			}
			for _, value := range f.Rules.Values {
				require.Contains(t, r, "`"+value+"`", "%s.%s", typ.Name(), f.Name)
			}
		}
	}
}

func TestGuideHasEveryErrorAndCloseCode(t *testing.T) {
	_, errors, _ := strings.Cut(guide(t), "\n## Errors")
	errors, closes, _ := strings.Cut(errors, "\n## Close codes")
	for _, r := range protocol.Reasons() {
		require.Contains(t, errors, "`"+string(r)+"`")
		require.Contains(t, errors, "| "+strconv.Itoa(int(protocol.Refuse(r).Code))+" |")
	}
	closes, _, _ = strings.Cut(closes, "\n## ")
	for _, c := range protocol.CloseCodes() {
		found := false
		for line := range strings.SplitSeq(closes, "\n") {
			codes, rest, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
			for code := range strings.SplitSeq(codes, ", ") {
				if code == strconv.Itoa(int(c)) {
					found = true
					require.Equal(t, c.Resumable(), strings.Contains(rest, "| yes"), line)
				}
			}
		}
		require.True(t, found, c)
	}
}

// blocks returns the lines of the guide's code blocks of a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var all []string
	in := false
	for line := range strings.SplitSeq(guide(t), "\n") {
		switch {
		case line == "```"+language:
			in = true
		case line == "```":
			in = false
		case in:
			all = append(all, line)
		}
	}
	require.NotEmpty(t, all)
	return all
}

func TestGuideShowsRealFrames(t *testing.T) {
	var c schema.Checker
	for _, line := range blocks(t, "json") {
		if strings.Contains(line, `"method"`) {
			require.NoError(t, schema.ValidateRequest([]byte(line)))
			c.Sent([]byte(line))
			continue
		}
		require.NoError(t, c.Received([]byte(line)))
	}
}

func TestGuideShowsRealBytes(t *testing.T) {
	var frames [][]byte
	for _, line := range blocks(t, "hex") {
		frame, err := hex.DecodeString(strings.ReplaceAll(line, " ", ""))
		require.NoError(t, err)
		frames = append(frames, frame)
	}
	require.Equal(t, protocol.AppendState(nil, []byte("pose")), frames[0])
	var w protocol.StateWriter
	w.Start(protocol.FrameTick, 258, nil)
	w.Add(7, []byte("pose"))
	w.Add(300, nil)
	require.Equal(t, w.Finish(nil), frames[1:])
}
