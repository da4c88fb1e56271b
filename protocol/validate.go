package protocol

import (
	"strings"
	"unicode"
)

// What the rules in the struct tags can't say: members that depend on each other, and addresses.

// Validate checks that one address is given, and its form.
func (p *InvitationSendParams) Validate() *Error {
	given := 0
	for _, s := range []string{p.To.UserID, p.To.Username, p.To.Email, p.To.Phone} {
		if s != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return InvalidParams("to", "must have exactly one of user_id, username, email, phone")
	case p.To.Email != "" && !isEmail(p.To.Email):
		return InvalidParams("to.email", "must be an e-mail address")
	case p.To.Phone != "" && !isPhone(p.To.Phone):
		return InvalidParams("to.phone", "must be a phone number")
	}
	return nil
}

// isEmail asks for no more than something around an @ and no spaces or invisible characters: mail servers know the
// rest.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf) })
}

// isPhone accepts 5 to 15 digits after an optional plus, with the usual separators between them.
func isPhone(s string) bool {
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -.()/", r):
		default:
			return false
		}
	}
	return digits >= 5 && digits <= 15
}

// Validate checks that the invitation is named in one way.
func (p *InvitationWithdrawParams) Validate() *Error {
	switch {
	case p.InvitationID == "" && p.UserID == "":
		return InvalidParams("invitation_id", "must be given, or user_id instead")
	case p.InvitationID != "" && p.UserID != "":
		return InvalidParams("user_id", "must not be given together with invitation_id")
	}
	return nil
}

// Validate checks that the invitations are named in one way, and that older_than_ms comes with all only.
func (p *InvitationWithdrawManyParams) Validate() *Error {
	switch {
	case p.InvitationIDs != nil && p.All:
		return InvalidParams("all", "must not be given together with invitation_ids")
	case p.InvitationIDs == nil && !p.All:
		return InvalidParams("invitation_ids", "must be given, or all: true instead")
	case p.OlderThanMS != nil && !p.All:
		return InvalidParams("older_than_ms", "must come with all: true")
	}
	return nil
}
