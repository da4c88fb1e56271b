package store

import (
	"context"
	"encoding/json"
	"math"

	"foyer/protocol"
	"foyer/session"
)

// Ban implements session.Bans.
func (s sessions) Ban(ctx context.Context, b session.Ban, limit int) (session.Record, error) {
	var rec session.Record
	err := s.store.Update(ctx, func(tx *Tx) error {
		var err error
		if rec, err = tx.lockSession(b.SessionID); err != nil {
			return err
		}
		var have int
		if err := tx.row(`SELECT COUNT(*) FROM session_bans WHERE session_id = $1 AND user_id <> $2`, b.SessionID, b.UserID).Scan(&have); err != nil {
			return err
		}
		if have >= limit {
			return protocol.Refuse(protocol.TooManyOutstanding).WithLimit(limit)
		}
		n, err := tx.exec(`INSERT INTO session_bans (session_id, user_id, banned_by, reason, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			b.SessionID, b.UserID, b.By, b.Reason, b.At)
		return tx.raiseRules(&rec, n, err)
	})
	return rec, err
}

// Unban implements session.Bans.
func (s sessions) Unban(ctx context.Context, sessionID, userID string) (session.Record, error) {
	var rec session.Record
	err := s.store.Update(ctx, func(tx *Tx) error {
		var err error
		if rec, err = tx.lockSession(sessionID); err != nil {
			return err
		}
		n, err := tx.exec(`DELETE FROM session_bans WHERE session_id = $1 AND user_id = $2`, sessionID, userID)
		return tx.raiseRules(&rec, n, err)
	})
	return rec, err
}

// raiseRules raises the revision of rec's rules if the statement before changed rows.
func (tx *Tx) raiseRules(rec *session.Record, rows int64, err error) error {
	if err != nil || rows == 0 {
		return err
	}
	return tx.row(`UPDATE sessions SET rules_rev = rules_rev + 1 WHERE id = $1 RETURNING rules_rev`, rec.ID).Scan(&rec.RulesRev)
}

// Banned implements session.Bans.
func (s sessions) Banned(ctx context.Context, sessionID string, after session.Position, limit int) ([]session.BannedUser, error) {
	if after.At == 0 {
		after.At = math.MaxInt64
	}
	var out []session.BannedUser
	err := s.store.View(ctx, func(tx *Tx) error {
		out = nil
		return tx.rows(`SELECT b.user_id, COALESCE(u.name, ''), COALESCE(u.username, ''), COALESCE(u.avatar_url, ''), b.at
			FROM session_bans b LEFT JOIN users u ON u.id = b.user_id
			WHERE b.session_id = $1 AND (b.at < $2 OR b.at = $2 AND b.user_id < $3)
			ORDER BY b.at DESC, b.user_id DESC LIMIT CAST($4 AS BIGINT)`,
			collect(&out, func(r scanner) (b session.BannedUser, err error) {
				err = r.Scan(&b.User.ID, &b.User.Name, &b.User.Username, &b.User.AvatarURL, &b.At)
				return b, err
			}), sessionID, after.At, after.ID, limit)
	})
	return out, err
}

// OpenStay implements session.Stays.
func (s sessions) OpenStay(ctx context.Context, stay session.Stay) error {
	return s.store.Update(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO stays (session_id, user_id, from_at, to_at) VALUES ($1, $2, $3, 0)
			ON CONFLICT (session_id, user_id, from_at) DO UPDATE SET to_at = 0`, stay.SessionID, stay.UserID, stay.From)
		return err
	})
}

// EndStays implements session.Stays.
func (s sessions) EndStays(ctx context.Context, stays []session.Stay) error {
	return s.store.Update(ctx, func(tx *Tx) error { return tx.endStays(stays) })
}

func (tx *Tx) endStays(stays []session.Stay) error {
	for _, stay := range stays {
		if err := tx.later(`UPDATE stays SET to_at = $1 WHERE session_id = $2 AND user_id = $3 AND from_at = $4 AND to_at = 0`,
			max(stay.To, stay.From), stay.SessionID, stay.UserID, stay.From); err != nil {
			return err
		}
	}
	return nil
}

// RecoverStays implements session.Stays.
func (s sessions) RecoverStays(ctx context.Context, goOn []session.Stay) error {
	goesOn := make(map[session.Stay]bool, len(goOn))
	for _, stay := range goOn {
		stay.To = 0
		goesOn[stay] = true
	}
	return s.store.Update(ctx, func(tx *Tx) error {
		var last int64
		if err := tx.row(`SELECT COALESCE(MAX(at), 0) FROM (SELECT MAX(from_at) AS at FROM stays WHERE to_at = 0 UNION ALL SELECT MAX(to_at) FROM stays WHERE to_at > 0) AS ends`).Scan(&last); err != nil {
			return err
		}
		var open []session.Stay
		err := tx.rows(`SELECT session_id, user_id, from_at FROM stays WHERE to_at = 0`, func(r scanner) error {
			stay := session.Stay{}
			if err := r.Scan(&stay.SessionID, &stay.UserID, &stay.From); err != nil {
				return err
			}
			if !goesOn[stay] {
				stay.To = last
				open = append(open, stay)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return tx.endStays(open)
	})
}

// OpenStays implements session.Stays.
func (s sessions) OpenStays(ctx context.Context, before int64, after session.Stay, limit int) ([]session.Stay, error) {
	var out []session.Stay
	err := s.store.View(ctx, func(tx *Tx) error {
		out = nil
		return tx.rows(`SELECT session_id, user_id, from_at FROM stays
			WHERE to_at = 0 AND from_at < $1 AND (from_at, session_id, user_id) > ($2, $3, $4)
			ORDER BY from_at, session_id, user_id LIMIT CAST($5 AS BIGINT)`,
			collect(&out, func(r scanner) (session.Stay, error) {
				var stay session.Stay
				err := r.Scan(&stay.SessionID, &stay.UserID, &stay.From)
				return stay, err
			}), before, after.From, after.SessionID, after.UserID, limit)
	})
	return out, err
}

// Attendance implements session.Stays.
func (s sessions) Attendance(ctx context.Context, sessionID string) ([]session.Stay, error) {
	var out []session.Stay
	err := s.store.View(ctx, func(tx *Tx) error {
		out = nil
		return tx.rows(`SELECT user_id, from_at, to_at FROM stays WHERE session_id = $1 ORDER BY from_at, user_id`,
			collect(&out, func(r scanner) (session.Stay, error) {
				stay := session.Stay{SessionID: sessionID}
				err := r.Scan(&stay.UserID, &stay.From, &stay.To)
				return stay, err
			}), sessionID)
	})
	return out, err
}

// PurgeStays implements session.Stays.
func (s sessions) PurgeStays(ctx context.Context, before int64) error {
	return s.store.deleteSome(ctx, "stays", `to_at > 0 AND to_at < $1 ORDER BY to_at`, before)
}

// savedDevice is a member's device as it is kept over a restart.
type savedDevice struct {
	ID        string        `json:"id"`
	Kind      protocol.Kind `json:"kind"`
	DroppedAt int64         `json:"dropped_at"`
}

// SaveMembers implements session.SavedMembers.
func (s sessions) SaveMembers(ctx context.Context, rosters []session.Snapshot, at int64) error {
	return s.store.Update(ctx, func(tx *Tx) error {
		if err := tx.lockName(lockMembers); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM session_members`); err != nil {
			return err
		}
		for _, roster := range rosters {
			for i := range roster.Members {
				if err := tx.saveMember(roster.SessionID, &roster.Members[i], at); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (tx *Tx) saveMember(sessionID string, m *session.Member, at int64) error {
	kept := make([]savedDevice, len(m.Devices))
	for i, d := range m.Devices {
		kept[i] = savedDevice{ID: d.ID, Kind: d.Kind, DroppedAt: d.DroppedAt}
	}
	devices, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	attributes, err := json.Marshal(m.Attributes)
	if err != nil {
		return err
	}
	return tx.later(`INSERT INTO session_members (session_id, user_id, number, role, former, attributes, muted, devices, joined_at, saved_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		sessionID, m.User.ID, int(m.Number), string(m.Role), string(m.Former), string(attributes), number(m.Muted), string(devices), m.JoinedAt, at)
}

// TakeMembers implements session.SavedMembers.
func (s sessions) TakeMembers(ctx context.Context) ([]session.Snapshot, error) {
	var out []session.Snapshot
	err := s.store.Update(ctx, func(tx *Tx) error {
		out = nil
		if err := tx.lockName(lockMembers); err != nil {
			return err
		}
		err := tx.rows(`SELECT m.session_id, m.user_id, COALESCE(u.name, ''), COALESCE(u.username, ''), COALESCE(u.avatar_url, ''),
				m.number, m.role, m.former, m.attributes, m.muted, m.devices, m.joined_at
			FROM session_members m LEFT JOIN users u ON u.id = m.user_id ORDER BY m.session_id, m.joined_at, m.number`,
			func(r scanner) error {
				id, m, err := scanMember(r)
				if err != nil {
					return err
				}
				if len(out) == 0 || out[len(out)-1].SessionID != id {
					out = append(out, session.Snapshot{SessionID: id})
				}
				last := &out[len(out)-1]
				last.Members = append(last.Members, m)
				return nil
			})
		if err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM session_members`)
		return err
	})
	return out, err
}

func scanMember(r scanner) (sessionID string, m session.Member, err error) {
	var attributes, devices []byte
	if err := r.Scan(&sessionID, &m.User.ID, &m.User.Name, &m.User.Username, &m.User.AvatarURL,
		&m.Number, &m.Role, &m.Former, &attributes, &m.Muted, &devices, &m.JoinedAt); err != nil {
		return "", m, err
	}
	if err := json.Unmarshal(attributes, &m.Attributes); err != nil {
		return "", m, err
	}
	var kept []savedDevice
	if err := json.Unmarshal(devices, &kept); err != nil {
		return "", m, err
	}
	for _, d := range kept {
		m.Devices = append(m.Devices, session.Device{ID: d.ID, Kind: d.Kind, DroppedAt: d.DroppedAt})
	}
	return sessionID, m, nil
}
