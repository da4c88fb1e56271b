package protocol

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden frames; commit the changes only if you understand what caused them")

// golden compares frames, one a line, with a file in testdata.
func golden(t *testing.T, name string, frames []string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got := strings.Join(frames, "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func request(t testing.TB, m Method, params any) string {
	out, err := appendValue(nil, params)
	require.NoError(t, err)
	return `{"jsonrpc":"2.0","id":1,"method":"` + string(m) + `","params":` + string(out) + `}`
}

func TestGoldenRequests(t *testing.T) {
	var frames []string
	for _, info := range Methods() {
		require.NotEmpty(t, sampleParams[info.Method], info.Method)
		for _, params := range sampleParams[info.Method] {
			require.IsType(t, info.NewParams(), params)
			frame := request(t, info.Method, params)
			frames = append(frames, frame)

			items, _, refusal := ParseFrame([]byte(frame))
			require.Nil(t, refusal)
			require.Nil(t, items[0].Err)
			decoded := info.NewParams()
			require.Nil(t, DecodeParams(items[0].Params, decoded), frame)
			require.Equal(t, frame, request(t, info.Method, decoded))
		}
	}
	golden(t, "requests.jsonl", frames)
}

func TestGoldenResults(t *testing.T) {
	var frames []string
	for _, info := range Methods() {
		result := sampleResults[info.Method]
		require.IsType(t, info.NewResult(), result, info.Method)
		frame, err := AppendResult(nil, json.RawMessage(`"`+string(info.Method)+`"`), result)
		require.NoError(t, err)
		frames = append(frames, string(frame))

		m, err := ParseServerFrame(frame)
		require.NoError(t, err)
		decoded := info.NewResult()
		require.NoError(t, json.Unmarshal(m.Result, decoded))
		again, err := AppendResult(nil, m.ID, decoded)
		require.NoError(t, err)
		require.Equal(t, string(frame), string(again))
	}
	golden(t, "results.jsonl", frames)
}

func TestGoldenNotifications(t *testing.T) {
	var frames []string
	for _, info := range Notifications() {
		params := sampleNotifications[info.Method]
		require.IsType(t, info.NewParams(), params, info.Method)
		frame, err := EncodeNotification(info.Method, params)
		require.NoError(t, err)
		frames = append(frames, string(frame))

		m, err := ParseServerFrame(frame)
		require.NoError(t, err)
		require.Equal(t, info.Method, m.Method)
		decoded := info.NewParams()
		require.NoError(t, json.Unmarshal(m.Params, decoded))
		again, err := EncodeNotification(m.Method, decoded)
		require.NoError(t, err)
		require.Equal(t, string(frame), string(again))
	}
	golden(t, "notifications.jsonl", frames)
}

func TestGoldenErrors(t *testing.T) {
	var frames []string
	for i, e := range sampleErrors() {
		id := json.RawMessage("1")
		if i < 2 {
			id = nil
		}
		frame := AppendError(nil, id, e)
		frames = append(frames, string(frame))

		m, err := ParseServerFrame(frame)
		require.NoError(t, err)
		require.Equal(t, e, m.Error)
	}
	golden(t, "errors.jsonl", frames)
}

// What encoding/json makes of the same values is the same, but for what its users escape and leave null.
func TestEncoderAgreesWithTheStandardLibrary(t *testing.T) {
	compare := func(v any) {
		got, err := appendValue(nil, v)
		require.NoError(t, err)
		want, err := json.Marshal(v)
		require.NoError(t, err)
		text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&",
			`"devices":null`, `"devices":[]`, `"updated":null`, `"updated":[]`, `"people":null`, `"people":[]`).Replace(string(want))
		require.Equal(t, text, string(got))
	}
	for _, all := range sampleParams {
		for _, v := range all {
			compare(v)
		}
	}
	for _, v := range sampleResults {
		compare(v)
	}
	for _, v := range sampleNotifications {
		compare(v)
	}
	for _, e := range sampleErrors() {
		compare(e)
	}
	compare(&UsersResult{Users: []User{{Name: "\x00\x1f\x7f\"\\/\b\f\n\r\t\u2027"}}})

	out, err := appendValue(nil, &User{Name: "a\xffb\xe2\x82"})
	require.NoError(t, err)
	require.Contains(t, string(out), "a\uFFFDb\uFFFD\uFFFD", "what is not UTF-8 never goes out")
}

func TestNothingOnTheWireIsNull(t *testing.T) {
	for _, info := range Methods() {
		for _, v := range []any{info.NewParams(), info.NewResult()} {
			out, err := appendValue(nil, v)
			require.NoError(t, err)
			require.NotContains(t, string(out), "null", info.Method)
		}
	}
	for _, info := range Notifications() {
		out, err := appendValue(nil, info.NewParams())
		require.NoError(t, err)
		require.NotContains(t, string(out), "null", info.Method)
	}
}
