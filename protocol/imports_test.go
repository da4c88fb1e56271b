package protocol

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The words and the wire depend on nothing but the standard library, so that any program can import them.
func TestImportsTheStandardLibraryOnly(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	require.Equal(t, []string{"foyer/protocol"}, strings.Fields(string(out)))
}

// A close frame has room for 123 bytes of reason.
func TestCloseReasonsFit(t *testing.T) {
	for _, c := range CloseCodes() {
		require.NotEmpty(t, c.Meaning())
		require.LessOrEqual(t, len(c.Meaning()), 123, c)
	}
}

func TestEveryReasonHasItsClassAndSentence(t *testing.T) {
	require.Len(t, Reasons(), 30)
	for _, r := range Reasons() {
		e := Refuse(r)
		require.Equal(t, r, e.Reason())
		require.Contains(t, []Code{CodeUnauthenticated, CodeForbidden, CodeNotFound, CodeConflict, CodeLimited, CodeUnavailable}, e.Code)
		require.True(t, strings.HasSuffix(e.Message, "."), e.Message)
		require.Contains(t, e.Error(), string(r))
		require.ErrorIs(t, e, Refuse(r))
	}
	require.Empty(t, Internal("t").Reason())
	require.Equal(t, "user_id: is missing", InvalidParams("user_id", "is missing").Error())
}
