package auth

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/jwt"
)

// Leeway is how far clocks may differ: a token is good for so long after its end.
const Leeway = time.Minute

// subjectBytes is the longest user id, as in OpenID Connect.
const subjectBytes = 255

// Claims are what a token says about its user, as it says it: names are cleaned and addresses folded by the directory.
type Claims struct {
	Subject       string
	Name          string
	Username      string
	Email         string
	EmailVerified bool
	Phone         string
	PhoneVerified bool
	Picture       string
	Features      []string // nil: all that the configuration allows
	Roles         []string
	ExpiresAt     time.Time // the token's exp
}

// EndsAt is when the token is no longer accepted, and a device that has no newer one ends.
func (c Claims) EndsAt() time.Time { return c.ExpiresAt.Add(Leeway) }

// payload is a token's body: the standard claims and Foyer's own.
type payload struct {
	jwt.Claims

	Name          string      `json:"name,omitempty"`
	Username      string      `json:"preferred_username,omitempty"`
	Email         string      `json:"email,omitempty"`
	EmailVerified truth       `json:"email_verified,omitempty"`
	Phone         string      `json:"phone_number,omitempty"`
	PhoneVerified truth       `json:"phone_number_verified,omitempty"`
	Picture       string      `json:"picture,omitempty"`
	Foyer         *foyerClaim `json:"foyer,omitempty"`
}

type foyerClaim struct {
	Features []string `json:"features,omitempty"`
	Roles    []string `json:"roles,omitempty"`
}

// truth is a boolean that some providers write as a string.
type truth bool

// UnmarshalJSON accepts true, false and the same in quotes.
func (t *truth) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `true`, `"true"`:
		*t = true
	case `false`, `"false"`, `null`:
		*t = false
	default:
		return fmt.Errorf("no boolean: %q", text)
	}
	return nil
}

func (p *payload) claims() *Claims {
	c := &Claims{
		Subject: p.Subject, Name: p.Name, Username: p.Username, Picture: p.Picture, ExpiresAt: p.Expiry.Time(),
		Email: p.Email, EmailVerified: bool(p.EmailVerified), Phone: p.Phone, PhoneVerified: bool(p.PhoneVerified),
	}
	if p.Foyer != nil {
		c.Features, c.Roles = p.Foyer.Features, p.Foyer.Roles
	}
	return c
}

func (c Claims) payload() payload {
	p := payload{
		Claims: jwt.Claims{Subject: c.Subject, Expiry: jwt.NewNumericDate(c.ExpiresAt)},
		Name:   c.Name, Username: c.Username, Picture: c.Picture,
		Email: c.Email, EmailVerified: truth(c.EmailVerified), Phone: c.Phone, PhoneVerified: truth(c.PhoneVerified),
	}
	if c.Features != nil || c.Roles != nil {
		p.Foyer = &foyerClaim{Features: c.Features, Roles: c.Roles}
	}
	return p
}

// goodSubject reports whether a subject can be a user id: not empty, not long, printable.
func goodSubject(s string) bool {
	if s == "" || len(s) > subjectBytes || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
