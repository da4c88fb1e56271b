package show

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/cmd/foyer-bots/result"
)

// idle is the result of a load in which nothing happened, with the figures of the given processes of the server.
func idle(servers ...result.Server) *result.Result {
	return &result.Result{Started: time.Unix(0, 0), Seconds: 10, Interval: 1, Ended: result.Complete, Servers: servers}
}

func TestWhatWasNotMeasuredIsADash(t *testing.T) {
	measured := idle(result.Server{PID: 1, CPUSeconds: 2, RSSBytes: 30 << 20})
	var out bytes.Buffer
	Table(&out, []Run{{"unseen", idle()}, {"seen", measured}, {"both", idle()}, {"both", measured}}, "state")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Equal(t, []string{
		"| unseen | 1 | 0 | 0.0 | 0 | 0 | 0 | – | – | – | – | 0 |",
		"| seen | 1 | 0 | 0.0 | 0 | 0 | 0 | 20.0 % | – | 30 | 0 | 0 |",
		"| both | 2 | 0 | 0.0 | 0 | 0 | 0 | 20.0 % | – | 30 | 0 | 0 |",
	}, lines[2:])
}
