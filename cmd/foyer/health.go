package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

type healthCommand struct {
	AdminListen string        `default:"127.0.0.1:8081" env:"FOYER_ADMIN_LISTEN" placeholder:"ADDRESS" help:"The server's --admin-listen."`
	Ready       bool          `help:"Ask whether it takes devices, instead of whether it lives."`
	Within      time.Duration `default:"3s" placeholder:"DURATION" help:"How long the answer may take."`
}

// Run asks a server on this machine how it is, and fails unless it is well. Containers without a shell are checked by it.
func (c *healthCommand) Run(ctx context.Context, to streams) error {
	host, port, err := net.SplitHostPort(c.AdminListen)
	if err != nil {
		return fmt.Errorf("--admin-listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() { // all of the machine's, loopback too
		host = "127.0.0.1"
	}
	page := "/livez"
	if c.Ready {
		page = "/readyz"
	}
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+page, nil)
	if err != nil {
		return err
	}
	once := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := once.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return err
	}
	fmt.Fprintln(to.out, strings.TrimSpace(string(body)))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", page, response.Status)
	}
	return nil
}
