package protocol

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// seeds adds the lines of a file of golden frames to a corpus.
func seeds(f *testing.F, name string, add func(line []byte)) {
	file, err := os.Open(filepath.Join("testdata", name))
	require.NoError(f, err)
	defer func() { require.NoError(f, file.Close()) }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		add(bytes.Clone(lines.Bytes()))
	}
	require.NoError(f, lines.Err())
}

// Whatever comes, each item is a request with an id that can be sent back, or a refusal; and what was accepted is JSON.
func FuzzParseFrame(f *testing.F) {
	seeds(f, "requests.jsonl", func(line []byte) { f.Add(line) })
	for _, s := range []string{
		``, `[]`, `[{},5,null]`, `{"jsonrpc":"2.0","id":"\ud83d\ude00","method":"a"}`, `{"jsonrpc":"2.0","id":-1e5,"method":"\u0000"}`,
		`{"jsonrpc":"2.0","method":"x","params":null,"params":[[[[]]]]}`, "\xff", `{"a":"\u12`, `[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		items, _, refusal := ParseFrame(b)
		require.Equal(t, before, b, "the frame is left as it is")
		if refusal != nil {
			require.Empty(t, items)
			require.Contains(t, []Code{CodeParse, CodeInvalidRequest}, refusal.Code)
			if refusal.Code == CodeParse {
				require.False(t, json.Valid(b) && ValidUTF8(b))
			}
			return
		}
		require.True(t, json.Valid(b))
		require.NotEmpty(t, items)
		for _, it := range items {
			if it.Err != nil {
				require.Contains(t, []Code{CodeInvalidParams, CodeInvalidRequest}, it.Err.Code)
				_, err := ParseServerFrame(AppendError(nil, it.ID, it.Err))
				require.NoError(t, err)
				continue
			}
			answer, err := AppendResult(nil, it.ID, Empty{})
			require.NoError(t, err)
			m, err := ParseServerFrame(answer)
			require.NoError(t, err)
			if it.ID != nil {
				require.Equal(t, string(it.ID), string(m.ID))
			}
			require.True(t, it.Params == nil || it.Params[0] == '{')
		}
	})
}

// Whatever the params, a method either gets what can be written and read again to the same, or -32602 with a field.
func FuzzDecodeParams(f *testing.F) {
	seeds(f, "requests.jsonl", func(line []byte) {
		items, _, _ := ParseFrame(line)
		for i, info := range Methods() {
			if info.Method == items[0].Method {
				f.Add(uint8(i), []byte(items[0].Params))
			}
		}
	})
	f.Add(uint8(0), []byte(`{"resume":{"epoch":"e","rev":1e3},"client":{"kind":5,"kind":6}}`))
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		info := Methods()[int(which)%len(Methods())]
		params := info.NewParams()
		if refusal := DecodeParams(b, params); refusal != nil {
			require.Equal(t, CodeInvalidParams, refusal.Code)
			require.NotEmpty(t, refusal.Data.Field)
			return
		}
		require.True(t, json.Valid(b))
		if !ValidUTF8(b) { // ParseFrame lets none of these through
			return
		}
		out, err := appendValue(nil, params)
		require.NoError(t, err)
		again := info.NewParams()
		require.Nil(t, DecodeParams(out, again), "%s → %s", b, out)
		twice, err := appendValue(nil, again)
		require.NoError(t, err)
		require.Equal(t, string(out), string(twice))

		lenient := info.NewParams()
		require.NoError(t, json.Unmarshal(out, lenient))
		require.Equal(t, params, lenient, "the standard library reads the same")
	})
}

// Whatever a client gets, it is one of the three kinds of message or an error.
func FuzzServerFrame(f *testing.F) {
	for _, name := range []string{"results.jsonl", "notifications.jsonl", "errors.jsonl"} {
		seeds(f, name, func(line []byte) { f.Add(line) })
	}
	f.Add([]byte(`[{"jsonrpc":"2.0","id":1,"result":{}}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseServerFrame(b)
		if err != nil {
			return
		}
		kinds := 0
		for _, is := range []bool{m.IsNotification(), m.IsResponse(), m.Batch != nil} {
			if is {
				kinds++
			}
		}
		require.Equal(t, 1, kinds)
		for _, part := range m.Batch {
			require.True(t, part.IsResponse())
		}
	})
}

// Whatever the bytes, a frame of states holds what it says, and is written again as it was.
func FuzzState(f *testing.F) {
	seeds(f, "states.hex", func(line []byte) {
		frame, err := hex.DecodeString(string(line))
		require.NoError(f, err)
		f.Add(frame)
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		if state, ok := ParseState(b); ok {
			require.Equal(t, b, AppendState(nil, state))
		}
		frame, err := ParseStates(b)
		if err != nil {
			return
		}
		var w StateWriter
		w.Start(frame.Kind, frame.Tick, nil)
		n := 0
		for number, state := range frame.All() {
			if !w.Add(number, state) {
				return
			}
			n++
		}
		require.Equal(t, frame.Count, n)
		var joined []byte
		frames := w.Finish(nil)
		for _, part := range frames {
			require.LessOrEqual(t, len(part), MaxFrame)
			joined = append(joined, part...)
		}
		if len(frames) == 1 {
			require.Equal(t, b, joined)
		}
	})
}
