// Package tablet is the web page of the in-session tablet: the people around
// the user, their invitations and connections, and the session they are in.
//
// It is embedded in the binary and served as static files under /tablet/. The
// page is an ordinary client of the protocol: this package knows no user, sees
// no token and asks nobody. Its sources are in web/; dist/ is built from them by
// `go generate` and committed, so that building Foyer needs no node.
package tablet

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:generate go run ./build

//go:embed dist
var dist embed.FS

// Prefix is the path under which Handler expects to be mounted.
const Prefix = "/tablet/"

// Options of the page. The zero value is right for a page that nobody embeds.
type Options struct {
	// FrameAncestors are the origins that may show the page in a frame, such
	// as "https://app.example.com". None: nobody may.
	FrameAncestors []string
	// ImageSources are the CSP sources that avatars may come from, besides the
	// server itself. None: any https address, since tokens name them.
	ImageSources []string
}

// file is one embedded file as it is sent.
type file struct {
	contentType string
	etag        string
	hashed      bool
	plain       []byte
	gzipped     []byte
}

type handler struct {
	files map[string]file
	// policy has one %s, for the addresses of the server's own WebSocket.
	policy string
}

// Handler serves the page. It answers GET and HEAD for the page itself and its
// files, and 404 for everything else; there are no directory listings.
func Handler(opts Options) http.Handler {
	return &handler{files: loaded(), policy: policy(opts)}
}

// loaded is load, once for the whole process.
var loaded = sync.OnceValue(load)

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path+"/" == Prefix {
		http.Redirect(w, r, Prefix, http.StatusMovedPermanently)
		return
	}
	h.protect(w.Header(), r.Host)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name, under := strings.CutPrefix(r.URL.Path, Prefix)
	if under && name == "" {
		name = "index.html"
	}
	f, ok := h.files[name]
	if !under || !ok {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r)
}

// serve sends the file, or 304 where the client has it.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("ETag", f.etag)
	header.Set("Vary", "Accept-Encoding")
	// A hashed name never means other bytes; the page's own name always may.
	header.Set("Cache-Control", "no-cache")
	if f.hashed {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		body = f.gzipped
	}
	header.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A client that went away meanwhile is no error of ours.
	_, _ = w.Write(body)
}

// protect sets the headers that every answer carries, errors too.
func (h *handler) protect(header http.Header, host string) {
	header.Set("Content-Security-Policy", fmt.Sprintf(h.policy, sockets(host)))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}

func policy(opts Options) string {
	ancestors, images := "'none'", "https:"
	if len(opts.FrameAncestors) > 0 {
		ancestors = strings.Join(opts.FrameAncestors, " ")
	}
	if len(opts.ImageSources) > 0 {
		images = strings.Join(opts.ImageSources, " ")
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"connect-src 'self'%s",
		"img-src 'self' data: " + strings.ReplaceAll(images, "%", "%%"),
		"frame-ancestors " + strings.ReplaceAll(ancestors, "%", "%%"),
		"base-uri 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types lit-html",
	}, "; ")
}

// hostName is what may be repeated in a header without changing its meaning.
var hostName = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)

// sockets names the server's own WebSocket addresses: not every browser counts
// them as 'self'.
func sockets(host string) string {
	if !hostName.MatchString(host) {
		return ""
	}
	return " ws://" + host + " wss://" + host
}

var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
}

// load reads the embedded files. They are part of the binary, so an error is a
// mistake in the build, not something to handle.
func load() map[string]file {
	files := map[string]file{}
	entries, err := fs.ReadDir(dist, "dist")
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		plain, err := dist.ReadFile(path.Join("dist", entry.Name()))
		if err != nil {
			panic(err)
		}
		contentType, known := contentTypes[path.Ext(entry.Name())]
		if !known {
			panic("no content type for " + entry.Name())
		}
		sum := sha256.Sum256(plain)
		files[entry.Name()] = file{
			contentType: contentType,
			etag:        `W/"` + hex.EncodeToString(sum[:12]) + `"`,
			hashed:      path.Ext(entry.Name()) != ".html",
			plain:       plain,
			gzipped:     compress(plain),
		}
	}
	return files
}

func compress(plain []byte) []byte {
	var buf bytes.Buffer
	// The level is valid and a buffer takes every write.
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	_, _ = w.Write(plain)
	_ = w.Close()
	return buf.Bytes()
}
