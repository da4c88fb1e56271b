package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/protocol"
	"foyer/protocol/fold"
)

// An address that a request may have can be folded: none is let through that would be kept as nothing.
func TestAcceptedAddressesCanBeCompared(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		email := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9. \x{a0}"ü]{0,4}@?[a-z.@ ]{0,4}`), rapid.String()).Draw(rt, "email")
		if email != "" && len(email) <= 254 && (&protocol.InvitationSendParams{To: protocol.To{Email: email}}).Validate() == nil {
			require.NotEmpty(rt, fold.Address(email))
		}
		phone := rapid.OneOf(rapid.StringMatching(`[ +]?[0-9 ()./-]{0,18}`), rapid.String()).Draw(rt, "phone")
		if phone != "" && (&protocol.InvitationSendParams{To: protocol.To{Phone: phone}}).Validate() == nil {
			require.NotEmpty(rt, fold.Phone(phone))
		}
	})
}
