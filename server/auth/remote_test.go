package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"foyer/protocol"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// provider is an identity provider's key address that can be away and can change its keys.
type provider struct {
	*httptest.Server
	asked atomic.Int64

	mu     sync.Mutex
	status int
	set    jose.JSONWebKeySet
}

func newProvider(t *testing.T) *provider {
	p := &provider{status: http.StatusOK}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		p.mu.Lock()
		defer p.mu.Unlock()
		w.Header().Set("Connection", "close")
		w.WriteHeader(p.status)
		_ = json.NewEncoder(w).Encode(p.set)
	}))
	t.Cleanup(p.Close)
	return p
}

// has makes the provider's keys those with these ids, and returns them.
func (p *provider) has(status int, ids ...string) map[string]*ecdsa.PrivateKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
	p.set = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte("a symmetric key that must be left out"), KeyID: "sym"}}}
	keys := make(map[string]*ecdsa.PrivateKey)
	for _, id := range ids {
		keys[id] = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		p.set.Keys = append(p.set.Keys, jose.JSONWebKey{Key: &keys[id].PublicKey, KeyID: id, Use: "sig"})
	}
	return keys
}

// clock is a time that the test moves.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.ms.Load()) * time.Millisecond) }
func (c *clock) forward(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func TestKeysFromAnAddress(t *testing.T) {
	p := newProvider(t)
	var c clock
	var problems atomic.Int64
	v := must(New(Options{Address: p.URL, Now: c.now, Problems: func(error) { problems.Add(1) }}))
	token := func(keys map[string]*ecdsa.PrivateKey, kid string) string {
		return sign(jose.ES256, keys[kid], map[string]any{"kid": kid}, body())
	}

	keys := p.has(http.StatusServiceUnavailable, "one")
	_, err := v.Verify(t.Context(), token(keys, "one"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "the provider is down and was never up: nobody can tell")
	require.Error(t, v.Ready())
	require.EqualValues(t, 1, problems.Load())
	_, err = v.Verify(t.Context(), token(keys, "one"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable))
	require.EqualValues(t, 1, p.asked.Load(), "it is not asked again at once")

	keys = p.has(http.StatusOK, "one")
	c.forward(askAtMost)
	_, err = v.Verify(t.Context(), token(keys, "one"))
	require.NoError(t, err)
	require.NoError(t, v.Ready())
	require.EqualValues(t, 2, p.asked.Load())

	for i := range 50 {
		stranger := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		_, err = v.Verify(t.Context(), sign(jose.ES256, stranger, map[string]any{"kid": strconv.Itoa(i)}, body()))
		require.ErrorIs(t, err, invalid)
	}
	require.EqualValues(t, 2, p.asked.Load(), "unknown key ids cause no flood")

	rotated := p.has(http.StatusOK, "two")
	c.forward(askAtMost)
	_, err = v.Verify(t.Context(), token(rotated, "two"))
	require.NoError(t, err, "a new key is fetched when it is first seen")
	_, err = v.Verify(t.Context(), token(keys, "one"))
	require.ErrorIs(t, err, invalid, "a withdrawn key is gone")

	p.has(http.StatusInternalServerError)
	c.forward(askAtMost)
	_, err = v.Verify(t.Context(), token(rotated, "two"))
	require.NoError(t, err, "the keys outlive the provider")
	_, err = v.Verify(t.Context(), sign(jose.HS256, []byte("a symmetric key that must be left out"), map[string]any{"kid": "sym"}, body()))
	require.ErrorIs(t, err, invalid)
}

func TestKeysAreFetchedInTheBackground(t *testing.T) {
	p := newProvider(t)
	keys := p.has(http.StatusOK, "one")
	v := must(New(Options{Address: p.URL, Now: atNoon}))
	ran := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { defer close(ran); v.Run(ctx) }()
	require.Eventually(t, func() bool { return v.Ready() == nil }, 5*time.Second, time.Millisecond)
	_, err := v.Verify(t.Context(), sign(jose.ES256, keys["one"], map[string]any{"kid": "one"}, body()))
	require.NoError(t, err)
	require.EqualValues(t, 1, p.asked.Load())
	cancel()
	<-ran
}

func TestAddressesThatRefuseToStart(t *testing.T) {
	for _, address := range []string{"http://id.example/keys", "ftp://127.0.0.1/keys", "keys.json", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/"} {
		_, err := New(Options{Address: address})
		require.Error(t, err, address)
	}
	for _, address := range []string{"https://id.example/keys", "http://127.0.0.1:8000/", "http://[::1]/", "http://localhost/"} {
		_, err := New(Options{Address: address})
		require.NoError(t, err, address)
	}
}

func TestARedirectAwayFromHTTPSIsNotFollowed(t *testing.T) {
	p := newProvider(t)
	p.has(http.StatusOK, "one")
	elsewhere := httptest.NewServer(http.RedirectHandler("http://id.example/keys", http.StatusFound))
	t.Cleanup(elsewhere.Close)
	var problem error
	v := must(New(Options{Address: elsewhere.URL, Now: atNoon, Problems: func(err error) { problem = err }}))
	_, err := v.Verify(t.Context(), embedded())
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable))
	require.ErrorContains(t, problem, "redirect")
}
