package session

import (
	"bytes"
	"encoding/json"
	"maps"

	"foyer/protocol"
)

// muted is the one attribute that hosts and cohosts may set for others.
const muted = "muted"

// mergeAttributes returns old with each key of change set, or deleted where its value is null.
func mergeAttributes(old, change protocol.Attributes) (protocol.Attributes, *protocol.Error) {
	merged := maps.Clone(old)
	if merged == nil {
		merged = protocol.Attributes{}
	}
	size := 0
	for key, value := range change {
		var compact bytes.Buffer
		if err := json.Compact(&compact, value); err != nil {
			return nil, protocol.InvalidParams("attributes."+key, "must be JSON")
		}
		if compact.String() == "null" {
			delete(merged, key)
			continue
		}
		merged[key] = compact.Bytes()
	}
	for key, value := range merged {
		size += len(key) + len(`"":,`) + len(value)
	}
	if size+1 > attributesBytes {
		return nil, protocol.InvalidParams("attributes", "must have at most 1024 bytes as JSON, together with those set before")
	}
	return merged, nil
}

// mutes reads the attribute muted from a change. given is false if the change leaves it alone.
func mutes(change protocol.Attributes) (on, given bool, err *protocol.Error) {
	raw, given := change[muted]
	if !given {
		return false, false, nil
	}
	switch string(bytes.TrimSpace(raw)) {
	case "true":
		return true, true, nil
	case "false", "null":
		return false, true, nil
	}
	return false, true, protocol.InvalidParams("attributes.muted", "must be true, false or null")
}

// attributesEdit decides what setting change on target's attributes does when actor asks for it.
func attributesEdit(actor, target standingIn, t *Member, change protocol.Attributes) (MemberEdit, *protocol.Error) {
	edit := MemberEdit{UserID: target.userID}
	on, given, err := mutes(change)
	if err != nil {
		return edit, err
	}
	if actor.userID == target.userID {
		if given && !on && t.Muted && t.Role != protocol.RoleHost {
			return edit, protocol.Refuse(protocol.Forbidden)
		}
	} else {
		if err := actor.mayMute(target); err != nil {
			return edit, err
		}
		for key := range change {
			if key != muted {
				return edit, protocol.Refuse(protocol.Forbidden)
			}
		}
		edit.Muted = &on
	}
	edit.Attributes, err = mergeAttributes(t.Attributes, change)
	return edit, err
}
