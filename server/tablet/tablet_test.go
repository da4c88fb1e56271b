package tablet

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func get(t *testing.T, opts Options, method, target string, header ...string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	Handler(opts).ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	bytes, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(bytes)
}

// assets are the files that the page names, as a browser would ask for them.
func assets(t *testing.T) []string {
	t.Helper()
	page := body(t, get(t, Options{}, http.MethodGet, "/tablet/"))
	var names []string
	for _, match := range regexp.MustCompile(`(?:src|href)="([^":]+)"`).FindAllStringSubmatch(page, -1) {
		names = append(names, Prefix+match[1])
	}
	require.Len(t, names, 2)
	return names
}

func TestThePageIsServedUnderItsPrefix(t *testing.T) {
	response := get(t, Options{}, http.MethodGet, "/tablet/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	require.Equal(t, "no-cache", response.Header.Get("Cache-Control"))
	page := body(t, response)
	require.Contains(t, page, "<foyer-app>")
	require.NotContains(t, page, "{{")
	require.Equal(t, page, body(t, get(t, Options{}, http.MethodGet, "/tablet/index.html")))

	response = get(t, Options{}, http.MethodGet, "/tablet")
	require.Equal(t, http.StatusMovedPermanently, response.StatusCode)
	require.Equal(t, "/tablet/", response.Header.Get("Location"))
}

func TestFilesWithAHashMayBeKeptForever(t *testing.T) {
	types := map[string]bool{}
	for _, name := range assets(t) {
		response := get(t, Options{}, http.MethodGet, name)
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.Contains(t, response.Header.Get("Cache-Control"), "immutable")
		types[response.Header.Get("Content-Type")] = true
	}
	require.Equal(t, map[string]bool{"text/css; charset=utf-8": true, "text/javascript; charset=utf-8": true}, types)
}

func TestNothingElseIsServed(t *testing.T) {
	for _, target := range []string{
		"/tablet/dist", "/tablet/dist/", "/tablet/tablet.go", "/tablet/../tablet.go", "/tablet//", "/tablet/index.html/",
		"/tablet/nothing.js", "/", "/tabletindex.html", "/tablet/web/package.json",
	} {
		response := get(t, Options{}, http.MethodGet, target)
		require.Equal(t, http.StatusNotFound, response.StatusCode, target)
		require.NotContains(t, body(t, response), "main-", target)
		require.NotEmpty(t, response.Header.Get("Content-Security-Policy"), target)
	}
	response := get(t, Options{}, http.MethodPost, "/tablet/")
	require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	require.Equal(t, "GET, HEAD", response.Header.Get("Allow"))
}

func TestThePolicyAllowsNothingButTheServerItself(t *testing.T) {
	header := get(t, Options{}, http.MethodGet, "http://foyer.example:8080/tablet/").Header
	policy := header.Get("Content-Security-Policy")
	for _, directive := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: https:", "base-uri 'none'",
		"form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
		"connect-src 'self' ws://foyer.example:8080 wss://foyer.example:8080",
	} {
		require.Contains(t, strings.Split(policy, "; "), directive)
	}
	require.NotContains(t, policy, "unsafe")
	require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
	require.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
}

func TestAHostThatIsNoHostIsNotRepeated(t *testing.T) {
	for host, want := range map[string]string{
		"localhost:8080":       " ws://localhost:8080 wss://localhost:8080",
		"[::1]:8080":           " ws://[::1]:8080 wss://[::1]:8080",
		"evil; script-src *":   "",
		"a.example b.example":  "",
		"a.example/*":          "",
		"*":                    "",
		"":                     "",
		"a.example:80; report": "",
	} {
		require.Equal(t, want, sockets(host), host)
	}
}

func TestEmbeddersAndPicturesAreConfigured(t *testing.T) {
	opts := Options{FrameAncestors: []string{"'self'", "https://app.example"}, ImageSources: []string{"https://cdn.example/100%"}}
	policy := get(t, opts, http.MethodGet, "/tablet/").Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "frame-ancestors 'self' https://app.example;")
	require.Contains(t, policy, "img-src 'self' data: https://cdn.example/100%;")
}

func TestWhatTheClientHasIsNotSentAgain(t *testing.T) {
	for _, name := range append(assets(t), "/tablet/") {
		etag := get(t, Options{}, http.MethodGet, name).Header.Get("ETag")
		require.NotEmpty(t, etag)
		response := get(t, Options{}, http.MethodGet, name, "If-None-Match", etag)
		require.Equal(t, http.StatusNotModified, response.StatusCode)
		require.Empty(t, body(t, response))
		response = get(t, Options{}, http.MethodGet, name, "If-None-Match", `W/"other"`)
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
}

func TestHeadAndGzip(t *testing.T) {
	for _, name := range assets(t) {
		plain := get(t, Options{}, http.MethodGet, name)
		require.Empty(t, plain.Header.Get("Content-Encoding"))
		require.Equal(t, "Accept-Encoding", plain.Header.Get("Vary"))
		head := get(t, Options{}, http.MethodHead, name)
		require.Equal(t, plain.Header.Get("Content-Length"), head.Header.Get("Content-Length"))
		require.Empty(t, body(t, head))

		packed := get(t, Options{}, http.MethodGet, name, "Accept-Encoding", "br, gzip")
		require.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
		unpacked, err := gzip.NewReader(packed.Body)
		require.NoError(t, err)
		bytes, err := io.ReadAll(unpacked)
		require.NoError(t, err)
		require.Equal(t, body(t, plain), string(bytes))
	}
}

// The page is opened on a headset's tablet over whatever network there is.
func TestThePageStaysSmall(t *testing.T) {
	total := 0
	for _, file := range load() {
		total += len(file.gzipped)
	}
	require.Less(t, total, 40_000)
}
