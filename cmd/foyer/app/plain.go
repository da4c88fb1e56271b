package app

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// plainStart is how a request begins that the entrance answers.
const plainStart = "GET /v1/ws HTTP/1.1\r\n"

// plain returns the request that p is, nil if p isn't one for a WebSocket, as a whole, with nothing in it that needs a
// decision: printable ASCII alone, one ordinary Host, an Upgrade, no body, each member on a line of its own.
func plain(p []byte) *http.Request {
	header, ok := strings.CutPrefix(string(p), plainStart)
	if !ok {
		return nil
	}
	r := &http.Request{
		Method: http.MethodGet, URL: &url.URL{Path: "/v1/ws"}, RequestURI: "/v1/ws", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, 8), Body: http.NoBody,
	}
	values := make([]string, 0, strings.Count(header, "\n"))
	hosts, upgrades := 0, 0
	for {
		line, rest, ended := strings.Cut(header, "\r\n")
		if !ended {
			return nil
		}
		if len(line) == 0 {
			if len(rest) != 0 || hosts != 1 || upgrades != 1 {
				return nil
			}
			return r
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || len(name) == 0 || !all(name, inName) || !all(value, printable) {
			return nil
		}
		value = strings.Trim(value, " ")
		header = rest
		switch name = textproto.CanonicalMIMEHeaderKey(name); name {
		case "Host":
			if hosts++; len(value) == 0 || !all(value, inHost) {
				return nil
			}
			r.Host = value
			continue
		case "Upgrade":
			upgrades++
		case "Content-Length", "Transfer-Encoding", "Trailer", "Expect":
			return nil
		}
		if before := r.Header[name]; before != nil {
			r.Header[name] = append(before, value)
			continue
		}
		values = append(values, value)
		r.Header[name] = values[len(values)-1 : len(values) : len(values)]
	}
}

func all(text string, ok func(byte) bool) bool {
	for i := range len(text) {
		if !ok(text[i]) {
			return false
		}
	}
	return true
}

func printable(c byte) bool { return c >= ' ' && c <= '~' }

func inName(c byte) bool { return letterOrDigit(c) || c == '-' || c == '_' }

func inHost(c byte) bool {
	return letterOrDigit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']'
}

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
