package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func generate(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run("..", "", &out))
	return out.Bytes()
}

func TestDocumentIsCurrentAndAlwaysTheSame(t *testing.T) {
	first := generate(t)
	require.Equal(t, string(first), string(generate(t)))
	committed, err := os.ReadFile(filepath.Join("..", "..", "docs", "asyncapi.json"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(committed, first), "run make generate")
}

func TestDocumentIsWrittenToTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	require.NoError(t, run("..", path, nil))
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(generate(t)), string(written))
	require.Error(t, run(t.TempDir(), "", nil), "no sources there")
}

func TestDocumentSaysEverything(t *testing.T) {
	notes, err := readComments("..")
	require.NoError(t, err)
	examples, err := readExamples("..")
	require.NoError(t, err)
	d := newDocument(notes, examples)
	for _, m := range protocol.Methods() {
		op, ok := d.Operations[string(m.Method)]
		require.True(t, ok, m.Method)
		require.Equal(t, "receive", op.Action)
		require.Len(t, op.Reply.Messages, 2)
		require.Equal(t, m.Durable, strings.Contains(op.Summary, "op_id"))
	}
	for _, n := range protocol.Notifications() {
		require.Equal(t, "send", d.Operations[string(n.Method)].Action, n.Method)
	}
	for name, m := range d.Components.Messages {
		require.NotEmpty(t, m.Summary, name)
		if m.ContentType == jsonType {
			require.NotEmpty(t, m.Examples, name)
		}
	}
	require.Len(t, d.Reasons, len(protocol.Reasons()))
	require.Len(t, d.CloseCodes, len(protocol.CloseCodes()))
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	var root any
	require.NoError(t, json.Unmarshal(generate(t), &root))
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if to, ok := v["$ref"].(string); ok {
				at := root
				for _, part := range strings.Split(strings.TrimPrefix(to, "#/"), "/") {
					next, found := at.(map[string]any)[part]
					require.True(t, found, to)
					at = next
				}
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(root)
}
