package directory

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// uncommitted runs what is to be done, and can't commit it.
type uncommitted struct {
	Store
	Tx
}

func (u uncommitted) Update(_ context.Context, fn func(Tx) error) error {
	if err := fn(u); err != nil {
		return err
	}
	return protocol.Refuse(protocol.Unavailable)
}

func (uncommitted) User(id string) (User, bool, error) {
	return User{ID: id, Settings: protocol.DefaultSettings()}, true, nil
}
func (uncommitted) Save(User) error                                           { return nil }
func (uncommitted) AppendChange(string, string, []byte, int64) (int64, error) { return 1, nil }

func TestNothingIsToldOfSettingsThatWereNotCommitted(t *testing.T) {
	no := false
	_, effects, err := New(uncommitted{}, time.Now).UpdateSettings(t.Context(), Operation{UserID: "ada"}, protocol.SettingsUpdateParams{RecentPeople: &no})
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable))
	require.Empty(t, effects)
}
