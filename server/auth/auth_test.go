package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	"foyer/protocol"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	secret  = []byte("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	atNoon  = func() time.Time { return noon }
	invalid = protocol.Refuse(protocol.TokenInvalid)
	expired = protocol.Refuse(protocol.TokenExpired)
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// body is a good token's body with changes; a nil value takes a member away.
func body(changes ...any) map[string]any {
	b := map[string]any{"sub": "alice", "exp": noon.Add(time.Hour).Unix()}
	for i := 0; i < len(changes); i += 2 {
		b[changes[i].(string)] = changes[i+1]
	}
	maps.DeleteFunc(b, func(_ string, v any) bool { return v == nil })
	return b
}

// sign makes a token the way a foreign library would.
func sign(alg jose.SignatureAlgorithm, key any, header map[string]any, payload any) string {
	o := &jose.SignerOptions{}
	for k, v := range header {
		o.WithHeader(jose.HeaderKey(k), v)
	}
	signer := must(jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o))
	return must(must(signer.Sign(must(json.Marshal(payload)))).CompactSerialize())
}

func hs(header map[string]any, payload any) string { return sign(jose.HS256, secret, header, payload) }

func raw(parts ...string) string {
	for i := range parts {
		parts[i] = base64.RawURLEncoding.EncodeToString([]byte(parts[i]))
	}
	return strings.Join(parts, ".")
}

func publicPEM(key any) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key))})
}

func TestWhichTokensAreGood(t *testing.T) {
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	good := hs(nil, body())
	rows := []struct {
		name, token string
		want        error
	}{
		{"a good one", good, nil},
		{"with a type", hs(map[string]any{"typ": "JWT"}, body()), nil},
		{"an access token by RFC 9068", hs(map[string]any{"typ": "at+jwt"}, body()), nil},
		{"a key id, which does not matter with a secret", hs(map[string]any{"kid": "../../etc/passwd"}, body()), nil},
		{"within the leeway", hs(nil, body("exp", at(-59*time.Second))), nil},
		{"an end in fractions", hs(nil, body("exp", float64(at(time.Hour))+0.5)), nil},
		{"valid from within the leeway", hs(nil, body("nbf", at(59*time.Second))), nil},

		{"expired", hs(nil, body("exp", at(-61*time.Second))), expired},
		{"expired long ago", hs(nil, body("exp", 0)), expired},
		{"not valid yet", hs(nil, body("nbf", at(61*time.Second))), invalid},
		{"issued in the future", hs(nil, body("iat", at(61*time.Second))), invalid},
		{"no end", hs(nil, body("exp", nil)), invalid},
		{"an end before all time", hs(nil, body("exp", -5)), invalid},
		{"an end after all time", hs(nil, body("exp", 1e18)), invalid},
		{"an end in words", hs(nil, body("exp", "tomorrow")), invalid},
		{"no subject", hs(nil, body("sub", nil)), invalid},
		{"an empty subject", hs(nil, body("sub", "")), invalid},
		{"a subject that is a number", hs(nil, body("sub", 7)), invalid},
		{"a subject with a control character", hs(nil, body("sub", "a\x00b")), invalid},
		{"a subject too long", hs(nil, body("sub", strings.Repeat("a", 256))), invalid},
		{"expired and for nobody", hs(nil, body("exp", at(-time.Hour), "sub", nil)), invalid},

		{"empty", "", invalid},
		{"nonsense", "nonsense", invalid},
		{"two parts", strings.Join(strings.Split(good, ".")[:2], "."), invalid},
		{"four parts", good + ".x", invalid},
		{"no signature", good[:strings.LastIndex(good, ".")+1], invalid},
		{"a body that was changed", strings.Split(good, ".")[0] + "." + raw(`{"sub":"mallory","exp":99999999999}`) + "." + strings.Split(good, ".")[2], invalid},
		{"another secret", sign(jose.HS256, []byte(strings.Repeat("other", 8)), nil, body()), invalid},
		{"alg none", raw(`{"alg":"none"}`, `{"sub":"alice","exp":99999999999}`) + ".", invalid},
		{"alg None", raw(`{"alg":"None"}`, `{"sub":"alice","exp":99999999999}`) + ".", invalid},
		{"no alg", raw(`{}`, `{"sub":"alice","exp":99999999999}`) + ".eA", invalid},
		{"another size of the same kind", sign(jose.HS512, []byte(strings.Repeat("0f1e2d3c4b5a69788796a5b4c3d2e1f0", 2)), nil, body()), invalid},
		{"a public key algorithm that is not configured", sign(jose.EdDSA, must2(ed25519.GenerateKey(rand.Reader)), nil, body()), invalid},
		{"made for another purpose", hs(map[string]any{"typ": "logout+jwt"}, body()), invalid},
		{"a type that is no text", hs(map[string]any{"typ": 5}, body()), invalid},
		{"a critical extension", hs(map[string]any{"crit": []string{"x"}, "x": 1}, body()), invalid},
		{"white space before", " " + good, invalid},
		{"white space within", good[:5] + "\n" + good[5:], invalid},
		{"white space after", good + " ", invalid},
		{"JSON serialization", `{"payload":"e30","signatures":[]}`, invalid},
		{"a body that is a list", hs(nil, []int{1}), invalid},
		{"huge", hs(nil, body("name", strings.Repeat("x", tokenBytes))), invalid},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			v := must(New(Options{Secret: secret, Now: atNoon}))
			for _, before := range []string{"", good} { // what header is known makes no difference
				if before != "" {
					_, err := v.Verify(t.Context(), before)
					require.NoError(t, err)
				}
				c, err := v.Verify(t.Context(), row.token)
				require.ErrorIs(t, err, row.want)
				if row.want == nil {
					require.NoError(t, err)
					require.Equal(t, "alice", c.Subject)
					continue
				}
				require.Nil(t, c, "nothing of a refused token is told")
			}
		})
	}
}

func TestATokenWithOneCharacterChangedIsRefused(t *testing.T) {
	good := hs(map[string]any{"typ": "JWT"}, body())
	fresh, v := must(New(Options{Secret: secret, Now: atNoon})), must(New(Options{Secret: secret, Now: atNoon}))
	_, err := v.Verify(t.Context(), good)
	require.NoError(t, err)
	for i := range len(good) - 1 { // the last character has bits that say nothing
		for _, c := range "Ab0_." {
			if rune(good[i]) == c {
				continue
			}
			changed := good[:i] + string(c) + good[i+1:]
			_, err := v.Verify(t.Context(), changed)
			require.ErrorIs(t, err, invalid, changed)
			fresh.header.Store(nil)
			_, err = fresh.Verify(t.Context(), changed)
			require.ErrorIs(t, err, invalid, changed)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v := must(New(Options{Secret: secret, Now: atNoon}))
	token := hs(map[string]any{"typ": "JWT"}, body("name", "Alice A.", "preferred_username", "alice"))
	b.ReportAllocs()
	for b.Loop() {
		_, err := v.Verify(b.Context(), token)
		require.NoError(b, err)
	}
}

func must2[A, B any](_ A, b B, err error) B {
	if err != nil {
		panic(err)
	}
	return b
}

func TestAMemberGivenTwiceIsRefused(t *testing.T) {
	v := must(New(Options{Secret: secret, Now: atNoon}))
	token := hs(nil, json.RawMessage(`{"sub":"alice","sub":"mallory","exp":99999999999}`))
	_, err := v.Verify(t.Context(), token)
	require.ErrorIs(t, err, invalid)
	_, err = v.Verify(t.Context(), hs(nil, body()))
	require.NoError(t, err)
	_, err = v.Verify(t.Context(), token)
	require.ErrorIs(t, err, invalid, "by a known header as well")
}

func TestAudienceAndIssuerWhereConfigured(t *testing.T) {
	v := must(New(Options{Secret: secret, Now: atNoon, Audience: "foyer", Issuer: "https://id.example"}))
	rows := []struct {
		name     string
		aud, iss any
		want     error
	}{
		{"both right", "foyer", "https://id.example", nil},
		{"one of several audiences", []string{"other", "foyer"}, "https://id.example", nil},
		{"another audience", "other", "https://id.example", invalid},
		{"no audience", nil, "https://id.example", invalid},
		{"an empty list of audiences", []string{}, "https://id.example", invalid},
		{"part of the audience", "foy", "https://id.example", invalid},
		{"another issuer", "foyer", "https://evil.example", invalid},
		{"no issuer", "foyer", nil, invalid},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), hs(nil, body("aud", row.aud, "iss", row.iss)))
			require.ErrorIs(t, err, row.want)
			_, err = v.Verify(t.Context(), hs(nil, body("aud", row.aud, "iss", row.iss, "exp", 0)))
			if row.want == nil {
				require.ErrorIs(t, err, expired)
			} else {
				require.ErrorIs(t, err, invalid, "that it has expired is told only of tokens that were ours")
			}
		})
	}
	open := must(New(Options{Secret: secret, Now: atNoon}))
	_, err := open.Verify(t.Context(), hs(nil, body("aud", "anybody", "iss", "anybody")))
	require.NoError(t, err, "neither is looked at unless configured")
}

func TestWhatATokenSays(t *testing.T) {
	v := must(New(Options{Secret: secret, Now: atNoon}))
	full := Claims{
		Subject: "alice", Name: "Alice A.", Username: "alice", Email: "a@example.org", EmailVerified: true, Phone: "+4312345", PhoneVerified: true,
		Picture: "https://example.org/a.png", Features: []string{"email"}, Roles: []string{"admin"}, ExpiresAt: noon.Add(time.Hour),
	}
	got, err := v.Verify(t.Context(), hs(nil, body("name", "Alice A.", "preferred_username", "alice", "email", "a@example.org", "email_verified", true,
		"phone_number", "+4312345", "phone_number_verified", "true", "picture", "https://example.org/a.png",
		"foyer", map[string]any{"features": []string{"email"}, "roles": []string{"admin"}, "more": 1}, "unknown", true)))
	require.NoError(t, err)
	got.ExpiresAt = got.ExpiresAt.UTC()
	require.Equal(t, &full, got)
	require.Equal(t, noon.Add(time.Hour+time.Minute), got.EndsAt().UTC())

	token, err := Sign(Options{Secret: secret, Now: atNoon}, full, time.Hour)
	require.NoError(t, err)
	got, err = v.Verify(t.Context(), token)
	require.NoError(t, err)
	got.ExpiresAt = got.ExpiresAt.UTC()
	require.Equal(t, &full, got, "a token of our own says the same")

	bare, err := v.Verify(t.Context(), hs(nil, body()))
	require.NoError(t, err)
	require.Nil(t, bare.Features, "no claim: all features")
	none, err := v.Verify(t.Context(), hs(nil, body("foyer", map[string]any{"features": []string{}})))
	require.NoError(t, err)
	require.NotNil(t, none.Features)
	require.Empty(t, none.Features)
	_, err = v.Verify(t.Context(), hs(nil, body("email_verified", "yes")))
	require.ErrorIs(t, err, invalid)
}

func TestSigning(t *testing.T) {
	o := Options{Secret: secret, Issuer: "foyer", Audience: "players", Now: atNoon}
	token, err := Sign(o, Claims{Subject: "bob"}, 15*time.Minute)
	require.NoError(t, err)
	c, err := must(New(o)).Verify(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, noon.Add(15*time.Minute), c.ExpiresAt.UTC())
	_, err = Sign(Options{Secret: []byte("short")}, Claims{Subject: "bob"}, time.Minute)
	require.Error(t, err)
	_, err = Sign(o, Claims{}, time.Minute)
	require.ErrorContains(t, err, "user id")
}

func TestSecretsThatRefuseToStart(t *testing.T) {
	rows := map[string]string{
		"":                                   "no way to check tokens",
		"0123456789abcdef0123456789abcde":    "31 bytes",
		"changeme-changeme-changeme-change":  "placeholder",
		"please-use-Your-Secret-key-here-!!": "placeholder",
	}
	for s, want := range rows {
		_, err := New(Options{Secret: []byte(s)})
		require.ErrorContains(t, err, want, s)
		if s != "" {
			require.NotContains(t, err.Error(), s, "a secret is in no message")
		}
	}
	_, err := New(Options{Secret: []byte("0123456789abcdef0123456789abcdef")})
	require.NoError(t, err)
}

func TestPublicKeys(t *testing.T) {
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	ecKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	edPub, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	file := append(append(publicPEM(&rsaKey.PublicKey), publicPEM(&ecKey.PublicKey)...), publicPEM(edPub)...)
	keys, err := ReadKeys(file)
	require.NoError(t, err)
	require.Len(t, keys, 3)
	v := must(New(Options{Keys: keys, Now: atNoon}))
	both := must(New(Options{Keys: keys, Secret: secret, Now: atNoon}))

	good := map[string]string{
		"RS256": sign(jose.RS256, rsaKey, nil, body()),
		"ES256": sign(jose.ES256, ecKey, nil, body()),
		"EdDSA": sign(jose.EdDSA, edKey, map[string]any{"kid": "any"}, body()),
	}
	for name, token := range good {
		_, err := v.Verify(t.Context(), token)
		require.NoError(t, err, name)
		_, err = both.Verify(t.Context(), token)
		require.NoError(t, err, name)
	}
	bad := map[string]string{
		"the public key taken as a secret": sign(jose.HS256, publicPEM(&rsaKey.PublicKey), nil, body()),
		"HS256 where only keys are":        hs(nil, body()),
		"RSA with PSS":                     sign(jose.PS256, rsaKey, nil, body()),
		"RSA with another hash":            sign(jose.RS512, rsaKey, nil, body()),
		"another key":                      sign(jose.RS256, must(rsa.GenerateKey(rand.Reader, 2048)), nil, body()),
		"a key that came with the token":   embedded(),
	}
	for name, token := range bad {
		_, err := v.Verify(t.Context(), token)
		require.ErrorIs(t, err, invalid, name)
	}
	_, err = both.Verify(t.Context(), bad["the public key taken as a secret"])
	require.ErrorIs(t, err, invalid)
}

// embedded is a token with the key it was signed with in its header.
func embedded() string {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	signer := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, &jose.SignerOptions{EmbedJWK: true}))
	return must(must(signer.Sign(must(json.Marshal(body())))).CompactSerialize())
}

func TestKeyIDsChooseAmongTheKeys(t *testing.T) {
	a := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	b := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	set := must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &a.PublicKey, KeyID: "a", Use: "sig", Algorithm: "ES256"}, {Key: &b.PublicKey, KeyID: "b"}}}))
	v := must(New(Options{Keys: must(ReadKeys(set)), Now: atNoon}))
	rows := []struct {
		name string
		key  *ecdsa.PrivateKey
		kid  any
		want error
	}{
		{"the right one", a, "a", nil},
		{"none: each is tried", b, nil, nil},
		{"the id of the other", b, "a", invalid},
		{"an unknown one", a, "c", invalid},
		{"one that is no text", a, 5, invalid},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			header := map[string]any{}
			if row.kid != nil {
				header["kid"] = row.kid
			}
			_, err := v.Verify(t.Context(), sign(jose.ES256, row.key, header, body()))
			require.ErrorIs(t, err, row.want)
		})
	}
}

func TestKeyFilesThatRefuseToStart(t *testing.T) {
	weak := must(rsa.GenerateKey(rand.Reader, 1024))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	rows := map[string][]byte{
		"no public key":   []byte("hello"),
		"1024 bits":       publicPEM(&weak.PublicKey),
		"only P-256":      publicPEM(&p384.PublicKey),
		"only public":     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(private))}),
		"secret key":      []byte(`{"keys":[{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZg"}]}`),
		"not signing":     must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &private.PublicKey, Use: "enc"}}})),
		"goes with":       must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &private.PublicKey, Algorithm: "RS256"}}})),
		"no key that can": []byte(`{"keys":[]}`),
		"JWK set":         []byte(`{"keys":`),
	}
	for want, file := range rows {
		_, err := ReadKeys(file)
		require.ErrorContains(t, err, want)
	}
}
