package app

import (
	"bytes"
	"net/http"
)

// plainStart is how a request begins that the entrance answers.
var plainStart = []byte("GET /v1/ws HTTP/1.1\r\n")

// request returns the request that p is, nil if p isn't all of a plain one.
func (g *guest) request(p []byte) *http.Request {
	if !plain(p) {
		return nil
	}
	g.text.Reset(p)
	g.lines.Reset(&g.text)
	r, err := http.ReadRequest(g.lines)
	if err != nil || g.lines.Buffered()+g.text.Len() > 0 {
		return nil
	}
	return r
}

// plain reports whether p is a whole request for a WebSocket and nothing in it needs a decision: printable ASCII alone,
// one ordinary Host, an Upgrade, no body, each member on a line of its own.
func plain(p []byte) bool {
	header, ok := bytes.CutPrefix(p, plainStart)
	if !ok {
		return false
	}
	hosts, upgrades := 0, 0
	for {
		line, rest, ended := bytes.Cut(header, []byte("\r\n"))
		if !ended {
			return false
		}
		if len(line) == 0 {
			return len(rest) == 0 && hosts == 1 && upgrades == 1
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) == 0 || !all(name, inName) || !all(value, printable) {
			return false
		}
		switch {
		case is(name, "Host"):
			value = bytes.Trim(value, " ")
			if hosts++; len(value) == 0 || !all(value, inHost) {
				return false
			}
		case is(name, "Upgrade"):
			upgrades++
		case is(name, "Content-Length"), is(name, "Transfer-Encoding"), is(name, "Trailer"), is(name, "Expect"):
			return false
		}
		header = rest
	}
}

func is(name []byte, known string) bool { return bytes.EqualFold(name, []byte(known)) }

func all(text []byte, ok func(byte) bool) bool {
	for _, c := range text {
		if !ok(c) {
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
