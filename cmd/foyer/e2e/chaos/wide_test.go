package chaos

import (
	"context"
	"slices"

	"foyer/protocol"
)

// Calls that are not about one other person: many invitations withdrawn at once, and settings.

// manyRow is what the database remembers of a withdraw_many.
type manyRow struct {
	Asked     []string `json:"asked"`
	Withdrawn []string `json:"withdrawn"`
	Failed    []struct {
		ID     string          `json:"id"`
		Reason protocol.Reason `json:"reason"`
	} `json:"failed"`
	Done bool `json:"done"`
}

// chooseWide makes one call of twenty such a one.
func (a *actor) chooseWide(o *operation) bool {
	switch a.d.rng.IntN(40) {
	case 0:
		o.method, o.other = protocol.MethodInvitationWithdrawMany, ""
		if a.d.rng.IntN(2) == 0 {
			a.mu.Lock()
			defer a.mu.Unlock()
			o.all = []string{}
			for _, other := range a.g.users {
				ids := a.sent[other]
				o.all = append(o.all, ids[max(0, len(ids)-2):]...)
			}
			if len(o.all) == 0 {
				o.all = nil
			}
		}
	case 1:
		o.method, o.other = protocol.MethodSettingsUpdate, ""
		yes := a.d.rng.IntN(2) == 0
		if a.d.rng.IntN(2) == 0 {
			o.settings.RecentPeople = &yes
		} else {
			o.settings.EmailReminders = &yes
		}
	default:
		return false
	}
	return true
}

func (o *operation) wide(op protocol.Op) any {
	if o.method == protocol.MethodSettingsUpdate {
		p := o.settings
		p.Op = op
		return p
	}
	return protocol.InvitationWithdrawManyParams{InvitationIDs: o.all, All: o.all == nil, Op: op}
}

// sentTo returns to whom a user sent an invitation, "" if nobody was told of it.
func (t *truth) sentTo(user, id string) string {
	i := slices.IndexFunc(t.changes[user], func(c change) bool { return c.cause == protocol.CauseSent && c.invitation == id })
	if i < 0 {
		return ""
	}
	return t.changes[user][i].other
}

// withdrawnBy returns what a withdraw_many may have told: each that it names was open, or was not any more.
func (t *truth) withdrawnBy(user string, row opRow) (keys []string) {
	for _, id := range row.many.Asked {
		if other := t.sentTo(user, id); other != "" {
			keys = append(keys, key(user, other, protocol.CauseWithdrawn))
		}
	}
	return keys
}

// eachOf returns the calls of one that the calls for many between two users come to.
func (g *group) eachOf(all []*operation, lo, hi string, t *truth) (parts []*operation) {
	for _, o := range all {
		if o.method != protocol.MethodInvitationWithdrawMany {
			continue
		}
		row, carried := t.operations[o.by][o.opID]
		if o.acknowledged && !row.many.Done {
			g.w.violate("lost", "acknowledged, and not done: %s", o)
		}
		for _, id := range row.many.Asked {
			other := t.sentTo(o.by, id)
			if !carried || other != lo && other != hi || o.by != lo && o.by != hi {
				continue
			}
			part := *o
			part.method, part.other, part.invitation, part.partOf = protocol.MethodInvitationWithdraw, other, id, o
			for _, f := range row.many.Failed {
				if f.ID == id && o.acknowledged {
					part.refusal = f.Reason
				}
			}
			parts = append(parts, &part)
		}
	}
	return parts
}

// checkSettings holds each user's settings against what their devices were told last.
func (g *group) checkSettings(ctx context.Context) {
	for _, d := range g.devices {
		r, refusal, err := call[protocol.SettingsResult](ctx, d, protocol.MethodSettingsGet, protocol.Empty{})
		if err != nil || refusal != nil {
			return
		}
		want := protocol.DefaultSettings()
		log, _, rev := d.log()
		for _, x := range log {
			if x.rev <= r.Rev && x.settings != (protocol.Settings{}) {
				want = x.settings
			}
		}
		if rev >= r.Rev && r.Settings != want {
			g.w.violate("settings", "%s was told %+v, and is answered %+v", d.name, want, r.Settings)
		}
	}
}
