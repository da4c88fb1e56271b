package protocol

import (
	"bytes"
	"encoding/json"
)

// appendValue appends v as JSON to dst.
func appendValue(dst []byte, v any) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	b := out.Bytes()
	return b[:len(b)-1], nil
}
