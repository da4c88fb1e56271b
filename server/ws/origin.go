package ws

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// originAllowed decides whether the page that opens the socket may: none (a native client), one of the list, or without
// a list the server's own. It is what keeps other sites from using a visitor's credentials.
func (a *Acceptor) originAllowed(r *http.Request) bool {
	lines := r.Header.Values("Origin")
	if len(lines) == 0 {
		return true
	}
	origin, ok := CanonicalOrigin(lines[0])
	if !ok || len(lines) > 1 {
		return false
	}
	if len(a.options.Origins) == 0 {
		own, ok := CanonicalOrigin(a.scheme(r) + "://" + r.Host)
		return ok && origin == own
	}
	for _, allowed := range a.options.Origins {
		if c, ok := CanonicalOrigin(allowed); ok && c == origin {
			return true
		}
	}
	return false
}

// CanonicalOrigin returns scheme://host[:port] in lower case and without the scheme's default port. It answers false for
// anything that is no such origin, "null" among them.
func CanonicalOrigin(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" {
		return "", false
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	default:
		return "", false
	}
	return scheme + "://" + host, true
}

// scheme is what the device's own address begins with.
func (a *Acceptor) scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	if !a.options.BehindProxy {
		return "http"
	}
	if strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "http") && a.trusts(peer(r)) {
		return "http"
	}
	return "https"
}

// clientAddress is the address of the device: the peer's, or behind trusted proxies the last in X-Forwarded-For that is
// not one of theirs.
func (a *Acceptor) clientAddress(r *http.Request) netip.Addr {
	at := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && a.trusts(at); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop.Unmap().WithZone("")
	}
	return at
}

func (a *Acceptor) trusts(at netip.Addr) bool {
	for _, p := range a.options.TrustedProxies {
		if p.Contains(at) {
			return true
		}
	}
	return false
}

// peer is the other end of the TCP connection; the zero address where there is none, as in memory.
func peer(r *http.Request) netip.Addr {
	p, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap().WithZone("")
}

// entered counts a device in, unless its address has as many as it may have.
func (a *Acceptor) entered(at netip.Addr) bool {
	if a.options.DevicesPerAddress == 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := block(at)
	if a.addresses[key] >= a.options.DevicesPerAddress {
		return false
	}
	a.addresses[key]++
	return true
}

// left counts a device out.
func (a *Acceptor) left(at netip.Addr) {
	if a.options.DevicesPerAddress == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := block(at)
	if a.addresses[key]--; a.addresses[key] <= 0 {
		delete(a.addresses, key)
	}
}

// block is what counts as one address: an IPv6 household has a whole /64.
func block(at netip.Addr) netip.Addr {
	if !at.Is6() {
		return at
	}
	p, err := at.Prefix(64)
	if err != nil {
		return at
	}
	return p.Addr()
}
