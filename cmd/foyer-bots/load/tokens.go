package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"foyer/server/auth"
)

// Tokens returns the token of the n-th person of the whole load; name is new for each run.
type Tokens func(ctx context.Context, n int, name string, t *Target) (string, error)

// tokenTime is how long signed tokens last: longer than any load.
const tokenTime = 25 * time.Hour

// Signed returns tokens signed with the server's secret: each person is somebody new.
func Signed(o auth.Options) (Tokens, error) {
	if err := auth.CheckSecret(o.Secret); err != nil {
		return nil, err
	}
	return func(_ context.Context, _ int, name string, _ *Target) (string, error) {
		return auth.Sign(o, auth.Claims{Subject: name, Name: name}, tokenTime)
	}, nil
}

// Listed returns the tokens of a file, one a line; the n-th person has the n-th. It returns how many there are.
func Listed(in io.Reader) (Tokens, int, error) {
	var list []string
	lines := bufio.NewScanner(io.LimitReader(in, 512<<20))
	lines.Buffer(nil, 64<<10)
	for lines.Scan() {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			list = append(list, string(line))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, 0, fmt.Errorf("tokens: %w", err)
	}
	return func(_ context.Context, n int, _ string, _ *Target) (string, error) {
		if n >= len(list) {
			return "", fmt.Errorf("no token for person %d: the file has %d", n+1, len(list))
		}
		return list[n], nil
	}, len(list), nil
}

// Handed asks a server in development mode (serve --dev) for each token.
func Handed() Tokens {
	return func(ctx context.Context, _ int, name string, t *Target) (string, error) {
		body, err := json.Marshal(map[string]string{"name": name})
		if err != nil {
			return "", err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.HTTP+"/dev/token", bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		request.Header.Set("Content-Type", "application/json")
		client := http.Client{Transport: &http.Transport{DialContext: t.dial(0), DisableKeepAlives: true}}
		response, err := client.Do(request)
		if err != nil {
			return "", fmt.Errorf("ask for a token: %w", err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return "", fmt.Errorf("ask for a token: %s; is the server in development mode? Else give --auth-secret or --tokens", response.Status)
		}
		var answer struct {
			Token string `json:"token"`
		}
		if err := json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&answer); err != nil {
			return "", fmt.Errorf("ask for a token: %w", err)
		}
		return answer.Token, nil
	}
}
