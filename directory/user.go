package directory

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"foyer/protocol"
	"foyer/protocol/fold"
)

// User is all that is kept of a person.
type User struct {
	ID            string
	Name          string
	Username      string
	AvatarURL     string
	Email         string
	EmailVerified bool
	Phone         string
	PhoneVerified bool
	// HoldsUsername says that Username addresses this user and not another one who has the same.
	HoldsUsername bool
	Settings      protocol.Settings
	Note          string
	NoteUntil     time.Time // zero: until changed
	Invisible     bool
	VisibleSince  time.Time // when Invisible last ended; zero: it never was
	ShownRev      int64     // greater with each change of the four before it
	Suspended     bool
	Rev           int64
	CreatedAt     time.Time
	// SeenAt is when the user last said hello, up to seenEvery too old; zero if they never did.
	SeenAt time.Time
}

// Public is u as others see them.
func (u User) Public() protocol.User {
	return protocol.User{ID: u.ID, Name: u.Name, Username: u.Username, AvatarURL: u.AvatarURL}
}

// Own is u as they see themselves: with their e-mail address.
func (u User) Own() protocol.User {
	p := u.Public()
	p.Email = u.Email
	return p
}

// Claims is what a token, or the server API, says about a user. A member left empty says nothing.
type Claims struct {
	Subject       string
	Name          string
	Username      string
	Email         string
	EmailVerified bool
	Phone         string
	PhoneVerified bool
	Picture       string
}

const (
	maxSubject = 255  // bytes
	maxPicture = 2048 // bytes
	maxPhone   = 40   // bytes, with the spaces and brackets it was given with
)

// CheckSubject returns token_invalid for a subject that can't be a user's id: empty, longer than 255 bytes, or with
// control characters.
func CheckSubject(sub string) error {
	if sub == "" || len(sub) > maxSubject || !utf8.ValidString(sub) || strings.ContainsFunc(sub, unicode.IsControl) {
		return protocol.Refuse(protocol.TokenInvalid)
	}
	return nil
}

// apply returns u as c describes them.
func (u User) apply(c Claims) User {
	u.ID = c.Subject
	if name := protocol.CleanName(c.Username); name != "" {
		u.Username = name
	}
	switch name := protocol.CleanName(c.Name); {
	case name != "":
		u.Name = name
	case u.Name != "":
	case u.Username != "":
		u.Name = u.Username
	default:
		u.Name = protocol.CleanName(u.ID)
	}
	if picture := cleanPicture(c.Picture); picture != "" {
		u.AvatarURL = picture
	}
	if fold.Address(c.Email) != "" {
		u.Email, u.EmailVerified = strings.TrimSpace(c.Email), c.EmailVerified
	}
	if len(c.Phone) <= maxPhone && fold.Phone(c.Phone) != "" {
		u.Phone, u.PhoneVerified = strings.TrimSpace(c.Phone), c.PhoneVerified
	}
	return u
}

// cleanPicture returns the address of a picture that clients may load, "" for any other.
func cleanPicture(s string) string {
	if len(s) > maxPicture || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return s
}

// Words returns what a search by name can match u by, none if they don't let themselves be found so.
func (u User) Words() []string {
	if !u.Settings.FindableByName {
		return nil
	}
	words := fold.Starts(u.Name)
	if username := fold.Name(u.Username); username != "" {
		words = append(words, username)
	}
	for i, w := range words {
		words[i] = cut(w)
	}
	return words
}

// maxWord is how much of a folded name is kept for searching, in code points. Longer queries find nothing.
const maxWord = 128

func cut(s string) string {
	n := 0
	for i := range s {
		if n++; n > maxWord {
			return s[:i]
		}
	}
	return s
}
