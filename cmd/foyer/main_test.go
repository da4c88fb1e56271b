package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

// command runs a command line to its end.
func command(t *testing.T, args ...string) (out, errors string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, streams{&stdout, &stderr})
	return stdout.String(), stderr.String(), code
}

// program is a running `foyer serve` or `foyer demo`.
type program struct {
	devices, operators string
	stop               context.CancelFunc
	code               chan int
}

// start runs a server until the test ends, and returns once it says where it is.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	read, write := io.Pipe()
	p := &program{stop: stop, code: make(chan int, 1)}
	go func() {
		p.code <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json"}, args...), streams{io.Discard, write})
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "foyer: warning: FOYER_TEST_") { // of the tests' own environment
			continue
		}
		var line struct{ Message, Listen, Admin string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), lines.Text())
		if line.Message == "foyer is up" {
			p.devices, p.operators = line.Listen, line.Admin
			break
		}
	}
	require.NotEmpty(t, p.devices)
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, read) }()
	t.Cleanup(func() { stop(); <-drained })
	return p
}

func token(t *testing.T, user string) string {
	t.Helper()
	out, errors, code := command(t, "token", "--user", user, "--name", "Name of "+user)
	require.Zero(t, code, errors)
	return strings.TrimSpace(out)
}

func (p *program) dial(t *testing.T, token string) (*websocket.Conn, int) {
	t.Helper()
	h := http.Header{}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	c, res, err := websocket.DefaultDialer.Dial("ws://"+p.devices+"/v1/ws", h)
	require.NotNil(t, res, err)
	require.NoError(t, res.Body.Close())
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return c, res.StatusCode
}

func ask(t *testing.T, c *websocket.Conn, request string) string {
	t.Helper()
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(request)))
	_, p, err := c.ReadMessage()
	require.NoError(t, err)
	return string(p)
}

func get(t *testing.T, url string) int {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(url)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

func TestServeSaysHelloAndDrains(t *testing.T) {
	t.Setenv("FOYER_AUTH_SECRET", secret)
	p := start(t, "--store", "sqlite:"+filepath.Join(t.TempDir(), "foyer.db"), "--drain-time", "200ms")
	require.Equal(t, 200, get(t, "http://"+p.operators+"/readyz"))
	require.Equal(t, 200, get(t, "http://"+p.operators+"/metrics"))
	require.Equal(t, 404, get(t, "http://"+p.devices+"/metrics"), "operators' pages are on their own listener")
	require.Equal(t, 404, get(t, "http://"+p.devices+"/debug/pprof/"))

	_, status := p.dial(t, "no token")
	require.Equal(t, 401, status)

	c, _ := p.dial(t, token(t, "alice"))
	require.Contains(t, ask(t, c, `{"jsonrpc":"2.0","id":1,"method":"hello"}`), `"id":"alice"`)

	c2, _ := p.dial(t, "")
	require.Contains(t, ask(t, c2, `{"jsonrpc":"2.0","id":1,"method":"hello","params":{"token":"bad"}}`), "token_invalid")
	_, _, err := c2.ReadMessage()
	require.True(t, websocket.IsCloseError(err, 4401), err)

	p.stop()
	_, notice, err := c.ReadMessage()
	require.NoError(t, err)
	require.Contains(t, string(notice), "server.draining")
	_, _, err = c.ReadMessage()
	require.True(t, websocket.IsCloseError(err, 1001), err)
	require.NoError(t, c.Close())
	require.NoError(t, c2.Close())
	select {
	case code := <-p.code:
		require.Zero(t, code)
	case <-time.After(20 * time.Second):
		t.Fatal("the server does not end")
	}
}

func TestTheDemoOpensAndEnds(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, streams{write, io.Discard})
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	for lines.Scan() && !strings.Contains(lines.Text(), "/tablet/#as=Ben") {
		require.NotContains(t, lines.Text(), "has trouble")
	}
	require.Contains(t, lines.Text(), "http://127.0.0.1:")
	stop()
	_, err := io.Copy(io.Discard, read)
	require.NoError(t, err)
	require.Zero(t, <-code)
}

func TestTokens(t *testing.T) {
	_, errors, code := command(t, "token", "--user", "alice")
	require.Equal(t, 1, code)
	require.Contains(t, errors, "FOYER_AUTH_SECRET")
	t.Setenv("FOYER_AUTH_SECRET", secret)
	out, _, code := command(t, "token", "--user", "alice", "--username", "al", "--email", "a@example.org", "--ttl", "1h")
	require.Zero(t, code)
	require.Equal(t, 2, strings.Count(out, "."))
	for _, bad := range [][]string{{"token"}, {"token", "--user", "a", "--ttl", "0s"}, {"token", "--user", "a", "--ttl", "soon"}} {
		_, errors, code := command(t, bad...)
		require.NotZero(t, code, bad)
		require.Contains(t, errors, "foyer: error: ")
	}
}

func TestTheConfigurationIsChecked(t *testing.T) {
	t.Setenv("FOYER_AUTH_SECRET", secret)
	t.Setenv("FOYER_TYPO", "1")
	out, errors, code := command(t, "config", "check", "--limits.requests-per-second", "40")
	require.Zero(t, code, errors)
	require.Regexp(t, `requests-per-second: 40 +# flag`, out)
	require.NotContains(t, out, secret)
	require.Contains(t, errors, "warning: FOYER_TYPO")
	require.Contains(t, errors, "good")

	rows := map[string][]string{
		"--behind-proxy":        {"--listen", ":8080"},
		"--tls-cert, --tls-key": {"--tls-cert", "none.pem", "--tls-key", "none.pem"},
		"--auth-keys":           {"--auth-keys", "none.pem"},
		"https is needed":       {"--auth-jwks", "http://id.example/keys"},
	}
	for want, args := range rows {
		for _, name := range [][]string{{"config", "check"}, {"serve"}} {
			_, errors, code := command(t, append(name, args...)...)
			require.Equal(t, 1, code, args)
			require.Contains(t, errors, want)
		}
	}
}

func TestServeSaysWhyItCanNotStart(t *testing.T) {
	_, errors, code := command(t, "serve")
	require.Equal(t, 1, code)
	require.Contains(t, errors, "no way to check tokens")

	t.Setenv("FOYER_AUTH_SECRET", secret)
	p := start(t, "--store", "sqlite::memory:")
	_, errors, code = command(t, "serve", "--store", "sqlite::memory:", "--listen", p.devices)
	require.Equal(t, 1, code)
	require.Contains(t, errors, "--listen: ")
	require.Contains(t, errors, "in use")
	_, errors, code = command(t, "serve", "--store", "sqlite:/nonexistent/dir/foyer.db", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	require.Equal(t, 1, code)
	require.Contains(t, errors, "foyer: error: ")
}

func TestMigrateAndTheRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foyer.db")
	for _, args := range [][]string{{"migrate"}, {"migrate", "--new-epoch"}} {
		out, errors, code := command(t, append(args, "--store", "sqlite:"+path)...)
		require.Zero(t, code, errors)
		require.Contains(t, out, "up to date")
	}
	out, _, code := command(t, "version")
	require.Zero(t, code)
	require.Regexp(t, `^foyer \S+\n$`, out)
	for _, args := range [][]string{nil, {"--help"}, {"serve", "--help"}, {"demo", "--help"}, {"config", "check", "--help"}} {
		out, _, code := command(t, args...)
		require.Zero(t, code)
		require.Contains(t, out, "Usage: foyer")
	}
	_, errors, code := command(t, "srve")
	require.Equal(t, 2, code)
	require.Contains(t, errors, "srve")
	out, _, code = command(t, "config", "reference")
	require.Zero(t, code)
	require.Contains(t, out, "# Configuration")
}
