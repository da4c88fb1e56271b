package session

import (
	"crypto/sha256"
	"encoding/base64"
	"runtime"

	"golang.org/x/crypto/bcrypt"
)

// passwords hashes and checks sessions' passwords, so many at once that the processor has time for other things.
type passwords struct {
	cost  int
	slots chan struct{}
}

func newPasswords(cost int) *passwords {
	if cost == 0 {
		cost = bcrypt.DefaultCost
	}
	return &passwords{cost: cost, slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// digest makes a password of any length one that bcrypt takes whole.
func digest(password string) []byte {
	sum := sha256.Sum256([]byte(password))
	return base64.StdEncoding.AppendEncode(nil, sum[:])
}

// hash returns what is kept of password; "" for none.
func (p *passwords) hash(password string) (string, error) {
	if password == "" {
		return "", nil
	}
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	h, err := bcrypt.GenerateFromPassword(digest(password), p.cost)
	return string(h), err
}

// right reports whether password is the one that hash was made of.
func (p *passwords) right(hash, password string) bool {
	if password == "" {
		return false
	}
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	return bcrypt.CompareHashAndPassword([]byte(hash), digest(password)) == nil
}
