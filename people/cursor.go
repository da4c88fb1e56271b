package people

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"

	"foyer/protocol"
)

const (
	limitDefault = 50
	limitMax     = 200
)

// cursor is a place in a list. On the wire it is opaque.
type cursor struct {
	// Of names the list and what it was asked for: a cursor of another list is none.
	Of uint32 `json:"o"`
	// Rank, Name and ID are the last row's in the order of the list.
	Rank int64  `json:"r,omitempty"`
	Name string `json:"n,omitempty"`
	ID   string `json:"i,omitempty"`
	// Place is the directory's, and Served how many hits came before it.
	Place  string `json:"p,omitempty"`
	Served int    `json:"s,omitempty"`
}

// list returns the name of a list for the cursors in it.
func list(parts ...string) uint32 {
	h := fnv.New32a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum32()
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers and strings can always be encoded
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

var (
	errCursor = protocol.InvalidParams("cursor", "is not a cursor of this list")
	errLimit  = protocol.InvalidParams("limit", "must be from 1 to 200")
)

// open reads the page that p asks for of a list: where it starts (nil: at the beginning) and how many rows it has.
func open(p protocol.Page, of uint32) (*cursor, int, error) {
	limit := limitDefault
	if p.Limit != nil {
		limit = *p.Limit
	}
	if limit < 1 || limit > limitMax {
		return nil, 0, errLimit
	}
	if p.Cursor == "" {
		return nil, limit, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return nil, 0, errCursor
	}
	var c cursor
	if json.Unmarshal(b, &c) != nil || c.Of != of || c.Served < 0 {
		return nil, 0, errCursor
	}
	return &c, limit, nil
}
