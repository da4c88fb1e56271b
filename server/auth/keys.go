package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// MinSecret is the shortest secret in bytes: as long as what HS256 makes of it.
const MinSecret = 32

// placeholders are in secrets that were copied from somewhere and are known to everybody.
var placeholders = []string{"changeme", "change-me", "change_me", "replaceme", "replace-me", "replace_me", "your-secret", "your_secret", "yoursecret", "insecure", "placeholder"}

// CheckSecret says why a secret can't be used, nil if it can.
func CheckSecret(secret []byte) error {
	if len(secret) < MinSecret {
		return fmt.Errorf("secret of %d bytes: at least %d are needed; make one with: openssl rand -hex 32", len(secret), MinSecret)
	}
	if len(bytes.TrimSpace(secret)) == 0 {
		return errors.New("secret is blank; make one with: openssl rand -hex 32")
	}
	folded := strings.ToLower(string(secret))
	for _, p := range placeholders {
		if strings.Contains(folded, p) {
			return fmt.Errorf("secret is a placeholder (%q); make one with: openssl rand -hex 32", p)
		}
	}
	return nil
}

// PublicKey checks signatures of one algorithm.
type PublicKey struct {
	id  string // empty: goes with any key id
	alg jose.SignatureAlgorithm
	key crypto.PublicKey
}

// ReadKeys reads public keys from a PEM file (any number of public keys or certificates) or a JWK set. Keys of another
// kind than RSA (2048 bits or more), P-256 and Ed25519 are an error, as is a file with a secret or private key in it.
func ReadKeys(file []byte) ([]PublicKey, error) {
	if trimmed := bytes.TrimSpace(file); bytes.HasPrefix(trimmed, []byte("{")) {
		return readSet(trimmed, false)
	}
	var keys []PublicKey
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		key, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("no public key: neither PEM nor a JWK set")
	}
	return keys, nil
}

func parseBlock(block *pem.Block) (PublicKey, error) {
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = cert.PublicKey
		}
	default:
		return PublicKey{}, fmt.Errorf("PEM block %q: only public keys belong here", block.Type)
	}
	if err != nil {
		return PublicKey{}, fmt.Errorf("PEM block %q: %w", block.Type, err)
	}
	return newKey("", key)
}

// readSet reads a JWK set. A provider's set may have keys for other purposes: with skip, these are left out.
func readSet(text []byte, skip bool) ([]PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("JWK set: %w", err)
	}
	var keys []PublicKey
	for i, raw := range set.Keys {
		key, err := readJWK(raw)
		if err != nil && !skip {
			return nil, fmt.Errorf("JWK set: key %d: %w", i+1, err)
		}
		if err == nil {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("JWK set: no key that can be used")
	}
	return keys, nil
}

func readJWK(raw []byte) (PublicKey, error) {
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(raw, &jwk); err != nil {
		return PublicKey{}, err
	}
	if jwk.Use != "" && jwk.Use != "sig" {
		return PublicKey{}, fmt.Errorf("use %q is not signing", jwk.Use)
	}
	key, err := newKey(jwk.KeyID, jwk.Key)
	if err != nil {
		return PublicKey{}, err
	}
	if jwk.Algorithm != "" && jwk.Algorithm != string(key.alg) {
		return PublicKey{}, fmt.Errorf("algorithm %q: only %s goes with this key", jwk.Algorithm, key.alg)
	}
	return key, nil
}

// newKey binds a key to the one algorithm that goes with its kind.
func newKey(id string, key any) (PublicKey, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < 2048 {
			return PublicKey{}, fmt.Errorf("RSA key of %d bits: at least 2048 are needed", bits)
		}
		return PublicKey{id, jose.RS256, k}, nil
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return PublicKey{}, errors.New("elliptic curve key: only P-256 is supported")
		}
		return PublicKey{id, jose.ES256, k}, nil
	case ed25519.PublicKey:
		return PublicKey{id, jose.EdDSA, k}, nil
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey, []byte:
		return PublicKey{}, errors.New("a private or secret key: only public keys belong here")
	}
	return PublicKey{}, fmt.Errorf("key of an unsupported kind %T", key)
}

// pick returns the keys that can have made a signature with this algorithm and key id.
func pick(keys []PublicKey, alg jose.SignatureAlgorithm, id string) []PublicKey {
	var out []PublicKey
	for _, k := range keys {
		if k.alg == alg && (id == "" || k.id == "" || k.id == id) {
			out = append(out, k)
		}
	}
	return out
}
