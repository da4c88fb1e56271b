package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// TestNobodyKnowsHowLongAgoACallCameThatWasNotAnswered has the model not decide by the clock where it can't: a decline
// counts within a minute of the end of the invitation, which such a call brought about.
func TestNobodyKnowsHowLongAgoACallCameThatWasNotAnswered(t *testing.T) {
	at := func(s int) int64 { return int64(s) * int64(time.Second) }
	for _, answered := range []protocol.Reason{"", protocol.InvitationNotPending} {
		var p pair
		p.apply(&step{method: protocol.MethodInvitationSend, fresh: 0, from: at(0), to: at(1)}, "", false)
		p.apply(&step{method: protocol.MethodUserBlock, invitation: -1, from: at(2), to: never}, "", false)
		decline := &step{by: 1, method: protocol.MethodInvitationDecline, from: at(66), to: at(67)}
		refusal, _ := p.apply(decline, answered, false)
		require.Equal(t, answered, refusal)
	}
}
