package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"foyer/server/auth"
	"foyer/server/store"
	"foyer/server/ws"
)

// Features that can be withheld.
var knownFeatures = []string{"withdraw_many", "email", "sms"}

// Check says what is impossible about the settings, all of it at once; nil if the server can start with them.
func (s *Settings) Check() error {
	return errors.Join(
		negative("", reflect.ValueOf(*s)),
		s.validateAddresses(),
		s.validateBackends(),
		s.Auth.validate(s.Dev),
		s.Edge.validate(),
		s.validateFeatures(),
		s.Transport.validate(),
		s.validateLimits(),
	)
}

// negative finds numbers below 0 among the nested settings of v.
func negative(prefix string, v reflect.Value) error {
	var found error
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i)
		switch field.Kind() {
		case reflect.Struct:
			found = errors.Join(found, negative(prefix+name.Tag.Get("prefix"), field))
		case reflect.Int, reflect.Int64:
			if field.Int() < 0 {
				found = errors.Join(found, fmt.Errorf("--%s%s: can't be below 0", prefix, kebab(name.Name)))
			}
		}
	}
	return found
}

// kebab writes a field's name as its flag's.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (s *Settings) validateAddresses() error {
	var found error
	if loopback, err := isLoopback(s.Listen); err != nil {
		found = errors.Join(found, fmt.Errorf("--listen %s: %w", s.Listen, err))
	} else if !loopback {
		switch {
		case s.Dev:
			found = errors.Join(found, fmt.Errorf("--listen %s: with --dev anybody can sign in as anybody, so only an address of this machine alone (127.0.0.1) is possible", s.Listen))
		case s.Edge.TLSCert == "" && !s.Edge.BehindProxy:
			found = errors.Join(found, fmt.Errorf("--listen %s: others can reach this address, and tokens would travel in the clear: give --tls-cert and --tls-key, or --behind-proxy if a proxy ends TLS", s.Listen))
		}
	}
	if _, err := isLoopback(s.AdminListen); err != nil {
		found = errors.Join(found, fmt.Errorf("--admin-listen %s: %w", s.AdminListen, err))
	}
	if s.Dev && s.Edge.BehindProxy {
		found = errors.Join(found, errors.New("--dev and --behind-proxy: development mode is for this machine alone"))
	}
	return found
}

// isLoopback reports whether only this machine can reach a listener's address.
func isLoopback(address string) (bool, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false, errors.New("no address of the form HOST:PORT")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}

func (s *Settings) validateBackends() error {
	var found error
	if err := store.CheckDSN(s.Store); err != nil {
		found = errors.Join(found, fmt.Errorf("--store %s: %w", Redacted(s.Store), err))
	}
	if s.Redis != "" {
		if strings.HasPrefix(s.Store, "sqlite:") {
			found = errors.Join(found, errors.New("--redis: several nodes need one database: give --store postgres://USER@HOST/DATABASE; a node by itself needs no Redis"))
		}
		for _, address := range strings.Split(s.Redis, ",") {
			u, err := url.Parse(strings.TrimSpace(address))
			if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Host == "" {
				found = errors.Join(found, errors.New("--redis: give redis://HOST:PORT, or several of them separated by commas for a Redis Cluster"))
				break
			}
		}
	}
	if s.Node == "" || len(s.Node) > 253 || strings.ContainsFunc(s.Node, func(r rune) bool { return r <= ' ' || r > '~' }) {
		found = errors.Join(found, fmt.Errorf("--node %q: 1 to 253 printable ASCII characters without spaces", s.Node))
	}
	return found
}

func (a *Auth) validate(dev bool) error {
	if a.Secret == "" {
		if a.JWKS == "" && a.Keys == "" && !dev {
			return errors.New("no way to check tokens: set FOYER_AUTH_SECRET (openssl rand -hex 32), --auth-jwks or --auth-keys; --dev makes up a secret")
		}
		return nil
	}
	if err := auth.CheckSecret([]byte(a.Secret)); err != nil {
		return fmt.Errorf("--auth-secret: %w", err)
	}
	return nil
}

func (e *Edge) validate() error {
	var found error
	for _, o := range e.AllowedOrigins {
		if _, ok := ws.CanonicalOrigin(o); !ok || strings.Contains(o, "*") {
			found = errors.Join(found, fmt.Errorf("--allowed-origins %q: no origin of the form https://host[:port]; there are no wildcards", o))
		}
	}
	if _, err := e.Proxies(); err != nil {
		found = errors.Join(found, err)
	}
	if (e.TLSCert == "") != (e.TLSKey == "") {
		found = errors.Join(found, errors.New("--tls-cert and --tls-key: one needs the other"))
	}
	return found
}

// Proxies returns the trusted proxies as networks; a single address is one of its own.
func (e *Edge) Proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range e.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("--trusted-proxies %q: no address and no network such as 10.0.0.0/8", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (s *Settings) validateFeatures() error {
	for _, f := range s.Features {
		if f != "" && !slices.Contains(knownFeatures, f) {
			return fmt.Errorf("--features %q: the features are %s", f, strings.Join(knownFeatures, ", "))
		}
	}
	return nil
}

func (t *Transport) validate() error {
	var found error
	for _, row := range []struct {
		name string
		d    time.Duration
	}{{"hello-within", t.HelloWithin}, {"ping", t.Ping}, {"pong", t.Pong}, {"stall", t.Stall}} {
		if row.d < 100*time.Millisecond {
			found = errors.Join(found, fmt.Errorf("--transport.%s %s: at least 100ms", row.name, row.d))
		}
	}
	if t.Pong >= t.Ping {
		found = errors.Join(found, fmt.Errorf("--transport.pong %s: has to be shorter than --transport.ping %s", t.Pong, t.Ping))
	}
	return found
}

// MaxState is the longest state that fits into a frame to a client, with the frame's own numbers.
const MaxState = 60<<10 - 11

func (s *Settings) validateLimits() error {
	var found error
	if s.Invitations.Expiry == 0 {
		found = errors.Join(found, errors.New("--invitations.expiry 0s: an invitation has to stay open for a while"))
	}
	if s.Limits.StateBytes > MaxState {
		found = errors.Join(found, fmt.Errorf("--limits.state-bytes %d: at most %d fit into a frame", s.Limits.StateBytes, MaxState))
	}
	if b := s.Limits.MessageBytes; b != 0 && b < 1024 {
		found = errors.Join(found, fmt.Errorf("--limits.message-bytes %d: a hello with its token needs at least 1024", b))
	}
	return found
}
