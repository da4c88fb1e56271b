package session

import (
	"encoding/base64"
	"strconv"
	"strings"

	"foyer/protocol"
)

// The lists that cursors belong to; one of another list is no cursor here.
const (
	cursorSessions = "s"
	cursorBans     = "b"
)

const (
	defaultLimit = 50
	maxLimit     = 200
)

// encodeCursor returns the cursor for what comes after p in a list.
func encodeCursor(list string, p Position) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + strconv.FormatInt(p.At, 10) + ":" + p.ID))
}

// readPage returns where a page begins and how long it is.
func readPage(list string, page protocol.Page) (after Position, limit int, err *protocol.Error) {
	limit = defaultLimit
	if page.Limit != nil {
		limit = *page.Limit
	}
	if limit < 1 || limit > maxLimit {
		return after, 0, protocol.InvalidParams("limit", "must be 1 to 200")
	}
	if page.Cursor == "" {
		return after, limit, nil
	}
	bad := protocol.InvalidParams("cursor", "must be the next_cursor of the page before")
	raw, decodeErr := base64.RawURLEncoding.Strict().DecodeString(page.Cursor)
	if decodeErr != nil {
		return after, 0, bad
	}
	kind, rest, _ := strings.Cut(string(raw), ":")
	at, id, found := strings.Cut(rest, ":")
	after.At, decodeErr = strconv.ParseInt(at, 10, 64)
	if kind != list || !found || id == "" || decodeErr != nil || after.At <= 0 {
		return after, 0, bad
	}
	after.ID = id
	return after, limit, nil
}
