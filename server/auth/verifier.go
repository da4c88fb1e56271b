package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"foyer/protocol"

	"github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"
)

// tokenBytes is the longest token that is looked at.
const tokenBytes = 8 << 10

// keyTries is how many keys a token without a key id is tried with.
const keyTries = 8

// Options say which tokens are good. At least one of Secret, Keys and Address is needed.
type Options struct {
	Secret   []byte      // for HS256, at least MinSecret bytes
	Keys     []PublicKey // for RS256, ES256, EdDSA; see ReadKeys
	Address  string      // of a JWK set: https, or http on this machine
	Issuer   string      // required iss; empty: any
	Audience string      // required aud; empty: any

	Now      func() time.Time // time.Now unless given
	Problems func(error)      // told when the keys can't be fetched; may be nil
}

// Verifier decides on tokens. It is safe for concurrent use.
type Verifier struct {
	secret   []byte
	keys     []PublicKey
	remote   *remoteKeys // nil without an address
	expected jwt.Expected
	now      func() time.Time
	// header is the first part of the last good token that was signed with the secret: most have the same.
	header atomic.Pointer[string]
	macs   sync.Pool // of hash.Hash, with the secret
}

// compact is the encoding of a token's parts.
var compact = base64.RawURLEncoding.Strict()

// New returns a Verifier, or an error that says which option can't be.
func New(o Options) (*Verifier, error) {
	v := &Verifier{secret: o.Secret, keys: o.Keys, now: o.Now, expected: jwt.Expected{Issuer: o.Issuer}}
	if v.now == nil {
		v.now = time.Now
	}
	if o.Audience != "" {
		v.expected.AnyAudience = jwt.Audience{o.Audience}
	}
	if len(o.Secret) > 0 {
		if err := CheckSecret(o.Secret); err != nil {
			return nil, err
		}
	}
	if o.Address != "" {
		remote, err := newRemoteKeys(o.Address, o.Problems, v.now)
		if err != nil {
			return nil, err
		}
		v.remote = remote
	}
	if len(o.Secret) == 0 && len(o.Keys) == 0 && v.remote == nil {
		return nil, errors.New("no way to check tokens: neither a secret nor keys nor an address of keys")
	}
	return v, nil
}

// Run keeps the keys of an address fresh until ctx ends. Without an address it just waits.
func (v *Verifier) Run(ctx context.Context) {
	if v.remote != nil {
		v.remote.run(ctx)
		return
	}
	<-ctx.Done()
}

// Ready returns why no token with a public key can be checked yet, nil if it can.
func (v *Verifier) Ready() error {
	if v.remote == nil {
		return nil
	}
	return v.remote.ready()
}

// Verify returns what a good token says. For any other it returns a *protocol.Error: token_expired if all but the time is
// right, unavailable if the provider's keys could not be fetched yet, else token_invalid.
func (v *Verifier) Verify(ctx context.Context, token string) (*Claims, error) {
	if len(token) > tokenBytes || strings.ContainsFunc(token, notCompact) {
		return nil, protocol.Refuse(protocol.TokenInvalid)
	}
	var p payload
	if err := v.read(ctx, token, &p); err != nil {
		return nil, err
	}
	if p.Expiry == nil || !goodTime(p.Expiry) || !goodSubject(p.Subject) {
		return nil, protocol.Refuse(protocol.TokenInvalid)
	}
	switch err := p.ValidateWithLeeway(v.expected.WithTime(v.now()), Leeway); {
	case errors.Is(err, jwt.ErrExpired):
		return nil, protocol.Refuse(protocol.TokenExpired)
	case err != nil:
		return nil, protocol.Refuse(protocol.TokenInvalid)
	}
	return p.claims(), nil
}

// read checks a token's header and signature and decodes its body.
func (v *Verifier) read(ctx context.Context, token string, p *payload) error {
	header, rest, _ := strings.Cut(token, ".")
	if known := v.header.Load(); known != nil && *known == header {
		body, signature, _ := strings.Cut(rest, ".")
		return opened(v.openBySecret(token[:len(header)+1+len(body)], body, signature, p))
	}
	parsed, err := jwt.ParseSigned(token, v.algorithms())
	if err != nil || len(parsed.Headers) != 1 || !goodType(parsed.Headers[0]) {
		return protocol.Refuse(protocol.TokenInvalid)
	}
	if err := v.open(ctx, parsed, p); err != nil {
		return err
	}
	if parsed.Headers[0].Algorithm == string(jose.HS256) {
		header = strings.Clone(header)
		v.header.Store(&header)
	}
	return nil
}

// openBySecret is open for a token with a known header, which has said all that a header can: that the signature is
// HS256's over the signed part, as it was sent.
func (v *Verifier) openBySecret(signed, body, signature string, p *payload) error {
	given, err := compact.DecodeString(signature)
	if err != nil {
		return err
	}
	mac, _ := v.macs.Get().(hash.Hash)
	if mac == nil {
		mac = hmac.New(sha256.New, v.secret)
	}
	defer v.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(signed))
	if !hmac.Equal(given, mac.Sum(nil)) {
		return errors.New("another signature")
	}
	text, err := compact.DecodeString(body)
	if err != nil {
		return err
	}
	return josejson.Unmarshal(text, p)
}

// open checks the signature and decodes the body. The algorithm is one of those configured already.
func (v *Verifier) open(ctx context.Context, token *jwt.JSONWebToken, p *payload) error {
	header := token.Headers[0]
	alg := jose.SignatureAlgorithm(header.Algorithm)
	if alg == jose.HS256 {
		return opened(token.Claims(v.secret, p))
	}
	if matching := pick(v.keys, alg, header.KeyID); len(matching) > 0 {
		if err := tryKeys(token, matching, p); err == nil || v.remote == nil {
			return opened(err)
		}
	}
	if v.remote == nil {
		return protocol.Refuse(protocol.TokenInvalid)
	}
	matching, err := v.remote.find(ctx, alg, header.KeyID)
	if err != nil {
		return protocol.Refuse(protocol.Unavailable).WithRetryAfter(1000)
	}
	return opened(tryKeys(token, matching, p))
}

func opened(err error) error {
	if err != nil {
		return protocol.Refuse(protocol.TokenInvalid)
	}
	return nil
}

func tryKeys(token *jwt.JSONWebToken, keys []PublicKey, p *payload) error {
	err := errors.New("no key for this token")
	for _, k := range keys[:min(len(keys), keyTries)] {
		*p = payload{}
		if err = token.Claims(k.key, p); err == nil {
			return nil
		}
	}
	return err
}

func (v *Verifier) algorithms() []jose.SignatureAlgorithm {
	algs := make([]jose.SignatureAlgorithm, 0, 4)
	if len(v.secret) > 0 {
		algs = append(algs, jose.HS256)
	}
	if len(v.keys) > 0 || v.remote != nil {
		algs = append(algs, jose.RS256, jose.ES256, jose.EdDSA)
	}
	return algs
}

// notCompact is true for what no compact token has; go-jose would skip white space.
func notCompact(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// goodType refuses tokens that were made for something else than access.
func goodType(h jose.Header) bool {
	given, ok := h.ExtraHeaders[jose.HeaderType]
	if !ok {
		return true
	}
	typ, ok := given.(string)
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	return ok && (typ == "jwt" || typ == "at+jwt")
}

// goodTime refuses an end that is no time a calendar has.
func goodTime(d *jwt.NumericDate) bool {
	const year9999 = 253402300799
	return *d >= 0 && *d <= year9999
}

// Sign returns a token with these claims, signed with the secret, good for ttl from now. Issuer and audience are those of o.
func Sign(o Options, c Claims, ttl time.Duration) (string, error) {
	if err := CheckSecret(o.Secret); err != nil {
		return "", err
	}
	if !goodSubject(c.Subject) {
		return "", fmt.Errorf("user id %q: empty, longer than %d bytes, or not printable", c.Subject, subjectBytes)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: o.Secret}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("signer: %w", err)
	}
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	c.ExpiresAt = now().Add(ttl)
	p := c.payload()
	p.IssuedAt, p.Issuer = jwt.NewNumericDate(now()), o.Issuer
	if o.Audience != "" {
		p.Audience = jwt.Audience{o.Audience}
	}
	token, err := jwt.Signed(signer).Claims(p).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return token, nil
}
