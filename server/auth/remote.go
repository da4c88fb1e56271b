package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	refreshEvery = 10 * time.Minute // so late is a withdrawn key noticed
	retryEvery   = 5 * time.Second  // while the keys were never seen
	askAtMost    = 10 * time.Second // between two fetches because of unknown key ids
	fetchTime    = 5 * time.Second
	setBytes     = 1 << 20
)

var errNoKeys = errors.New("signing keys not fetched yet")

// remoteKeys are the keys at an address: fetched in the background, kept while the provider is away, and asked for anew
// when a token names an unknown one, but not more often than askAtMost, whoever asks.
type remoteKeys struct {
	address  string
	client   *http.Client
	problems func(error)
	now      func() time.Time

	fetching sync.Mutex // held during a fetch; asked is guarded by it
	asked    time.Time

	mu   sync.RWMutex // guards keys
	keys []PublicKey  // nil until the first fetch
}

func newRemoteKeys(address string, problems func(error), now func() time.Time) (*remoteKeys, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("address of keys %q: no URL", address)
	}
	if !trustworthy(u) {
		return nil, fmt.Errorf("address of keys %q: https is needed, or http on this machine", address)
	}
	if problems == nil {
		problems = func(error) {}
	}
	client := &http.Client{Timeout: fetchTime, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if !trustworthy(r.URL) || len(via) > 3 {
			return errors.New("redirect to where keys must not come from")
		}
		return nil
	}}
	return &remoteKeys{address: address, client: client, problems: problems, now: now}, nil
}

// trustworthy reports whether nobody on the way can change what comes from u.
func trustworthy(u *url.URL) bool {
	if u.Scheme == "https" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// run fetches at once and then regularly, until ctx ends.
func (r *remoteKeys) run(ctx context.Context) {
	for {
		wait := refreshEvery
		if err := r.fetch(ctx); err != nil && ctx.Err() == nil {
			r.problems(err)
			if r.ready() != nil {
				wait = retryEvery
			}
		}
		select {
		case <-ctx.Done():
			r.client.CloseIdleConnections()
			return
		case <-time.After(wait):
		}
	}
}

func (r *remoteKeys) ready() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.keys == nil {
		return errNoKeys
	}
	return nil
}

// find returns the keys for an algorithm and key id. It errs only while no keys were ever seen.
func (r *remoteKeys) find(ctx context.Context, alg jose.SignatureAlgorithm, id string) ([]PublicKey, error) {
	if keys := r.known(alg, id); len(keys) > 0 {
		return keys, nil
	}
	r.ask(ctx, alg, id)
	return r.known(alg, id), r.ready()
}

func (r *remoteKeys) known(alg jose.SignatureAlgorithm, id string) []PublicKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return pick(r.keys, alg, id)
}

// ask fetches because of a key that is not known, unless somebody did so a moment ago.
func (r *remoteKeys) ask(ctx context.Context, alg jose.SignatureAlgorithm, id string) {
	r.fetching.Lock()
	defer r.fetching.Unlock()
	now := r.now()
	if len(r.known(alg, id)) > 0 || !r.asked.IsZero() && now.Sub(r.asked) < askAtMost {
		return
	}
	r.asked = now
	if err := r.fetchLocked(context.WithoutCancel(ctx)); err != nil { // others wait for it too
		r.problems(err)
	}
}

func (r *remoteKeys) fetch(ctx context.Context) error {
	r.fetching.Lock()
	defer r.fetching.Unlock()
	return r.fetchLocked(ctx)
}

func (r *remoteKeys) fetchLocked(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.address, nil)
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("signing keys: answer %s", res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, setBytes))
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	keys, err := readSet(body, true)
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	r.mu.Lock()
	r.keys = keys
	r.mu.Unlock()
	return nil
}
