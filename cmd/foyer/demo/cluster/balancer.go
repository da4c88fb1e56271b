//go:build unix

package cluster

import (
	"fmt"
	"os"
	"strings"
)

// balancer is what haproxy is told. Whoever connects gets the node with the fewest devices, wherever they were before. A
// node that does not call itself ready gets nobody new; those whom it has, it sends away itself.
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
    default_backend nodes

backend nodes
    balance leastconn
    option httpchk GET /readyz
    default-server check inter 500ms fall 1 rise 1
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
	var servers strings.Builder
	for _, n := range nodes {
		_, port, _ := strings.Cut(n.Admin, ":")
		fmt.Fprintf(&servers, "    server %s %s port %s\n", n.Name, n.Listen, port)
	}
	return os.WriteFile(file, fmt.Appendf(nil, balancer, listen, servers.String(), status), 0o600)
}
