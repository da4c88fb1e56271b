package directory

import (
	"context"
	"encoding/json"
	"fmt"

	"foyer/protocol"
)

// ChangeSettings is the kind of those entries of a user's log that Render understands.
const ChangeSettings = "settings"

// Effects is what a committed change means for others.
type Effects struct {
	Settings []SettingsChange
}

// SettingsChange is for all devices of a user.
type SettingsChange struct {
	UserID       string
	Notification protocol.SettingsChanged
}

// Settings returns a user's settings and the revision at which they were read. It returns user_not_found.
func (s *Service) Settings(ctx context.Context, userID string) (protocol.SettingsResult, error) {
	u, err := s.Find(ctx, userID)
	return protocol.SettingsResult{Settings: u.Settings, Rev: u.Rev}, err
}

// UpdateSettings changes what p gives and leaves the rest. If anything is different then, the revision goes up by 1
// and the user's devices are to be told. It returns user_not_found, op_id_conflict, or -32602 for an unknown choice.
func (s *Service) UpdateSettings(ctx context.Context, op Operation, p protocol.SettingsUpdateParams) (protocol.SettingsResult, Effects, error) {
	if p.InvitableBy != nil && !knownChoice(*p.InvitableBy) {
		return protocol.SettingsResult{}, Effects{}, protocol.InvalidParams("invitable_by", "must be everyone, shared_session, email or nobody")
	}
	op.At = s.now().UnixMilli()
	var result protocol.SettingsResult
	var effects Effects
	err := s.store.Update(ctx, func(tx Tx) error {
		result, effects = protocol.SettingsResult{}, Effects{}
		remembered, err := remember(tx, op, &result)
		if err != nil || remembered {
			return err
		}
		u, found, err := tx.User(op.UserID)
		if err != nil {
			return err
		}
		if !found {
			return protocol.Refuse(protocol.UserNotFound)
		}
		result, effects, err = updateSettings(tx, u, p, op.At)
		if err != nil || op.OpID == "" {
			return err
		}
		if op.Result, err = json.Marshal(result); err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		return tx.SaveOperation(op)
	})
	if err != nil {
		return protocol.SettingsResult{}, Effects{}, err // nothing is told of what may not have been committed
	}
	return result, effects, nil
}

// remember reads the result of an operation that was carried out before into result. The same op_id with another
// request is op_id_conflict.
func remember(tx Tx, op Operation, result *protocol.SettingsResult) (bool, error) {
	if op.OpID == "" {
		return false, nil
	}
	before, found, err := tx.Operation(op.UserID, op.OpID, op.At)
	if err != nil || !found {
		return false, err
	}
	if before.Method != op.Method || before.Digest != op.Digest {
		return false, protocol.Refuse(protocol.OpIDConflict)
	}
	if err := json.Unmarshal(before.Result, result); err != nil {
		return false, fmt.Errorf("remembered result: %w", err)
	}
	return true, nil
}

func updateSettings(tx Tx, u User, p protocol.SettingsUpdateParams, at int64) (protocol.SettingsResult, Effects, error) {
	before := u.Settings
	u.Settings = with(before, p)
	result := protocol.SettingsResult{Settings: u.Settings, Rev: u.Rev}
	if u.Settings == before {
		return result, Effects{}, nil
	}
	if err := tx.Save(u); err != nil {
		return result, Effects{}, err
	}
	body, err := json.Marshal(u.Settings)
	if err != nil {
		return result, Effects{}, fmt.Errorf("encode settings: %w", err)
	}
	if result.Rev, err = tx.AppendChange(u.ID, ChangeSettings, body, at); err != nil {
		return result, Effects{}, err
	}
	told := SettingsChange{u.ID, protocol.SettingsChanged{Rev: result.Rev, Settings: u.Settings}}
	return result, Effects{[]SettingsChange{told}}, nil
}

// Render returns the notification of a log entry of kind ChangeSettings.
func Render(rev int64, body []byte) (protocol.SettingsChanged, error) {
	n := protocol.SettingsChanged{Rev: rev}
	if err := json.Unmarshal(body, &n.Settings); err != nil {
		return n, fmt.Errorf("settings in the log: %w", err)
	}
	return n, nil
}

// with returns s with what p gives.
func with(s protocol.Settings, p protocol.SettingsUpdateParams) protocol.Settings {
	if p.InvitableBy != nil {
		s.InvitableBy = *p.InvitableBy
	}
	for _, m := range []struct {
		to   *bool
		from *bool
	}{
		{&s.FindableByName, p.FindableByName},
		{&s.FindableByEmail, p.FindableByEmail},
		{&s.EmailReminders, p.EmailReminders},
		{&s.RecentPeople, p.RecentPeople},
	} {
		if m.from != nil {
			*m.to = *m.from
		}
	}
	return s
}

func knownChoice(c protocol.InvitableBy) bool {
	switch c {
	case protocol.InvitableByEveryone, protocol.InvitableBySharedSession, protocol.InvitableByEmail, protocol.InvitableByNobody:
		return true
	}
	return false
}
