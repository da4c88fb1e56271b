//go:build unix

package cluster

import (
	"fmt"
	"os"
	"strings"
)

// balancer is what haproxy is told. Whoever connects gets the node with the fewest devices, wherever they were before:
// pages and tokens are asked for elsewhere, so as not to count. A node that does not call itself ready gets nobody new;
// those whom it has, it sends away itself.
const balancer = `global
    maxconn 400

defaults
    mode http
    timeout connect 1s
    timeout check 2s
    timeout client 1m
    timeout server 1m
    timeout tunnel 1m # Foyer pings each device every 25 s
    timeout http-request 10s
    retries 3
    option redispatch 1

frontend foyer
    bind %s
    use_backend nodes if { path /v1/ws }
    default_backend pages

backend nodes
    balance leastconn
    option httpchk GET /readyz
    default-server check inter 500ms fall 1 rise 1
%s
backend pages
    balance roundrobin
%s
frontend status
    bind %s
    stats enable
    stats uri /
    stats refresh 2s
    stats hide-version
`

// writeBalancer writes haproxy's configuration.
func writeBalancer(file, listen, status string, nodes []*Node) error {
	var devices, pages strings.Builder
	for _, n := range nodes {
		_, port, _ := strings.Cut(n.Admin, ":")
		fmt.Fprintf(&devices, "    server %s %s port %s\n", n.Name, n.Listen, port)
		fmt.Fprintf(&pages, "    server %s %s track nodes/%s\n", n.Name, n.Listen, n.Name)
	}
	return os.WriteFile(file, fmt.Appendf(nil, balancer, listen, devices.String(), pages.String(), status), 0o600)
}
