package invitation

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"

	"foyer/protocol"
)

// Lists name a place in their order, not a number of rows, so that whoever is there all along is listed exactly once.

const (
	pageDefault = 50
	pageMax     = 200
)

// pageLimit returns how many rows a page has.
func pageLimit(limit *int) (int, error) {
	switch {
	case limit == nil:
		return pageDefault, nil
	case *limit < 1 || *limit > pageMax:
		return 0, protocol.InvalidParams("limit", "must be from 1 to 200")
	}
	return *limit, nil
}

func optional(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// cursors writes and reads the cursors of one list. One of another list, or of nothing, is refused.
type cursors struct{ list uint32 }

// cursorFor returns the cursors of the list that these words select.
func cursorFor(words ...string) cursors {
	h := fnv.New32a()
	for _, w := range words {
		_, _ = h.Write([]byte(w))
		_, _ = h.Write([]byte{0})
	}
	return cursors{h.Sum32()}
}

// sum binds a place to its list.
func (c cursors) sum(body []byte) []byte {
	h := fnv.New32a()
	_, _ = h.Write(body)
	return binary.BigEndian.AppendUint32(nil, h.Sum32()^c.list)
}

func (c cursors) encode(place any) string {
	body, err := json.Marshal(place)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(c.sum(body), body...))
}

// decode reads a place; "" is the beginning.
func (c cursors) decode(cursor string, place any) error {
	if cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < 4 || string(c.sum(b[4:])) != string(b[:4]) || json.Unmarshal(b[4:], place) != nil {
		return protocol.InvalidParams("cursor", "must be the next_cursor of the same list")
	}
	return nil
}
