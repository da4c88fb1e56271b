package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"foyer/client"
)

// DevTokens returns tokens as a server in development mode hands them out to whoever asks by name.
func DevTokens(url string) func(name string) client.TokenSource {
	return func(name string) client.TokenSource {
		return func(ctx context.Context) (string, error) { return devToken(ctx, url, name) }
	}
}

func devToken(ctx context.Context, url, name string) (string, error) {
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/dev/token", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("token for %s: %s", name, response.Status)
	}
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("token for %s: %w", name, err)
	}
	return answer.Token, nil
}
