package app

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"

	"foyer/protocol"
	"foyer/server/auth"
	"foyer/server/tablet"
)

// devTokenTime is how long a token lasts that the development mode hands out.
const devTokenTime = 12 * time.Hour

// handler is what devices and the tablet's browser reach.
func (a *App) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /v1/ws", a.server)
	mux.Handle("/tablet/", tablet.Handler(tablet.Options{}))
	mux.Handle("GET /{$}", http.RedirectHandler("/tablet/", http.StatusFound))
	if !a.settings.Dev {
		return mux
	}
	mux.HandleFunc("POST /dev/token", a.devToken)
	return localOnly(mux)
}

// localOnly refuses requests that a web page elsewhere could have made a browser send here under another name.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "in development mode this server answers on this machine only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// devToken hands a token to whoever asks, for a user made of a name.
func (a *App) devToken(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Name string `json:"name"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
	body.DisallowUnknownFields()
	err := body.Decode(&ask)
	name := protocol.CleanName(ask.Name)
	id := devUser(name)
	if err != nil || id == "" {
		http.Error(w, `ask with {"name": "Ada"}`, http.StatusBadRequest)
		return
	}
	claims := auth.Claims{Subject: id, Name: name, Username: id, Email: id + "@demo.invalid", EmailVerified: true}
	token, err := auth.Sign(a.signing, claims, devTokenTime)
	if err != nil {
		a.log.Error().Err(err).Msg("development token not signed")
		http.Error(w, "no token can be signed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client is gone if this fails
		"token": token, "expires_at": protocol.At(time.Now().Add(devTokenTime)), "user": protocol.User{ID: id, Name: name},
	})
}

// devUser makes a user's id of a name: lower case, with hyphens.
func devUser(name string) string {
	id := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r > 127:
			return r
		}
		return '-'
	}, name)
	return strings.Trim(id, "-")
}
