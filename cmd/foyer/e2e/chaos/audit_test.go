package chaos

import (
	"context"
	"maps"
	"slices"
	"time"

	"foyer/protocol"
)

// toldWithin is how long a group waits until its devices know all, whichever fault is on.
const toldWithin = 50 * time.Second

// check holds a group that has come to rest against the database, and its devices against each other.
func (g *group) check(ctx context.Context) {
	t, err := g.readTruth(ctx)
	if err != nil {
		if ctx.Err() == nil {
			g.w.violate("harness", "%s: the database can't be read: %v", g.name, err)
		}
		return
	}
	late, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	for _, d := range g.devices {
		for late.Err() == nil {
			if _, _, rev := d.log(); rev >= t.rev[d.user] {
				break
			}
			sleep(late, 20*time.Millisecond)
		}
		if _, _, rev := d.log(); rev < t.rev[d.user] && ctx.Err() == nil {
			g.w.violate("never told", "%s has revision %d of %d, %v after all was done (online: %t)", d.name, rev, t.rev[d.user], toldWithin, d.current() != nil)
		}
	}
	g.checkPanels(ctx)
	g.checkPresence(ctx)
	fresh := g.checkLists(ctx)
	if t, err = g.readTruth(ctx); err != nil { // calls that nobody waited for may have been carried out meanwhile
		return
	}
	for _, d := range g.devices {
		g.checkLog(d, t)
	}
	for _, list := range fresh {
		g.checkFold(list.what, list.user, list.rev, list.views, t)
	}
	for _, u := range g.users {
		g.checkFold("the table of pairs", u, t.rev[u], t.views[u], t)
	}
	g.checkLedger(t)
	g.checkSettings(ctx)
	g.checkHistories(t)
}

// checkLog holds what a device was told against the log, and takes how long it took.
func (g *group) checkLog(d *device, t *truth) {
	log, first, _ := d.log()
	changes := t.changes[d.user]
	for _, x := range log {
		if x.rev > t.rev[d.user] {
			break // later than the snapshot
		}
		i := int(x.rev) - 1
		if i >= len(changes) || changes[i].rev != x.rev {
			g.w.violate("log", "%s was told of revision %d, which the database doesn't have", d.name, x.rev)
			return
		}
		c := changes[i]
		if x.other != c.other || x.state != c.state || x.invitation != c.invitation || x.id != c.id || x.cause != c.cause || x.unseen != c.unseen || x.settings != c.settings || x.notify && !c.notify {
			g.w.violate("log", "%s was told by %s %+v; the database has %+v", d.name, x.node, x, c)
		}
		g.w.took(d, x, c.at)
	}
	want := t.rev[d.user] - first
	if have := int64(len(log)); have < want && g.w.t.Context().Err() == nil {
		g.w.violate("log", "%s was told %d changes since revision %d; the database has %d", d.name, have, first, want)
	}
}

// list is a fresh list of relations.
type list struct {
	what, user string
	rev        int64
	views      map[string]pairRow
}

// checkLists reads each user's relations and invitations anew, from each of their devices.
func (g *group) checkLists(ctx context.Context) (lists []list) {
	for _, d := range g.devices {
		r, refusal, err := call[protocol.RelationListResult](ctx, d, protocol.MethodRelationList, protocol.Page{})
		if err != nil {
			return lists
		}
		if refusal != nil {
			g.w.violate("error", "%s: relation.list: %v", d.name, refusal)
			continue
		}
		l := list{"relation.list of " + d.name, d.user, r.Rev, map[string]pairRow{}}
		for other, rel := range r.Relations {
			row := pairRow{state: rel.State}
			if rel.Invitation != nil {
				row.id = rel.Invitation.ID
			}
			l.views[other] = row
		}
		lists = append(lists, l)
		for _, box := range []protocol.Direction{protocol.Sent, protocol.Received} {
			g.checkBox(ctx, d, box, l)
		}
	}
	return lists
}

// checkBox holds a box of invitations against the relations, if nothing has changed in between.
func (g *group) checkBox(ctx context.Context, d *device, box protocol.Direction, l list) {
	r, refusal, err := call[protocol.InvitationListResult](ctx, d, protocol.MethodInvitationList, protocol.InvitationListParams{Box: box})
	if err != nil || r.Rev != l.rev {
		return
	}
	if refusal != nil {
		g.w.violate("error", "%s: invitation.list: %v", d.name, refusal)
		return
	}
	state := protocol.RelationSent
	if box == protocol.Received {
		state = protocol.RelationReceived
	}
	want, have := map[string]string{}, map[string]string{}
	for other, v := range l.views {
		if v.state == state {
			want[other] = v.id
		}
	}
	for _, i := range r.Invitations {
		have[i.User.ID] = i.ID
	}
	if !maps.Equal(want, have) || r.Total != len(want) {
		g.w.violate("list", "%s: box %s has %v (total %d), the relations at the same revision %v", d.name, box, have, r.Total, want)
	}
}

// checkFold holds views against what the log adds up to at their revision.
func (g *group) checkFold(what, user string, rev int64, views map[string]pairRow, t *truth) {
	fold := map[string]pairRow{}
	for _, c := range t.changes[user] {
		if c.rev <= rev && c.other != "" {
			fold[c.other] = pairRow{c.state, c.invitation}
		}
	}
	for _, other := range g.users {
		if other == user {
			continue
		}
		want, have := fold[other], views[other]
		if want.state == "" {
			want.state = protocol.RelationNone
		}
		if have.state == "" {
			have.state = protocol.RelationNone
		}
		if want != have {
			g.w.violate("list", "%s at revision %d: %s sees %s as %+v; the log adds up to %+v", what, rev, user, other, have, want)
		}
	}
}

// causes are what one user was told of another, and why, and how often.
type causes map[string]int

// key doesn't tell a decline from a block: declining and blocking at once is either, if one's other device blocked before.
func key(viewer, other string, cause protocol.Cause) string {
	if cause == protocol.CauseDeclined || cause == protocol.CauseBlocked {
		cause = "declined or blocked"
	}
	return viewer + " of " + other + ": " + string(cause)
}

// checkLedger holds the calls against what was carried out: what was acknowledged once, and nothing else.
func (g *group) checkLedger(t *truth) {
	mine := map[string]*operation{}
	for _, a := range g.actors {
		for _, o := range a.ops {
			mine[o.opID] = o
			_, carried := t.operations[o.by][o.opID]
			switch {
			case o.acknowledged && !carried:
				g.w.violate("lost", "acknowledged, and not in the database: %s", o)
			case carried && !o.acknowledged && o.refusal != "":
				g.w.stats.stale.Add(1) // an attempt that was given up for lost came later than the one that was refused
				if !o.lost {
					g.w.violate("refused", "refused, and carried out: %s", o)
				}
			case carried && o.untouched:
				g.w.violate("unavailable", "answered that nothing was changed, and carried out: %s", o)
			case carried && !o.acknowledged && !o.lost:
				g.w.violate("refused", "refused, and carried out: %s", o)
			}
		}
	}
	want, have, perhaps := causes{}, causes{}, causes{}
	for user, rows := range t.operations {
		for id, row := range rows {
			o := mine[id]
			if o == nil {
				g.w.violate("harness", "nobody called %s of %s", id, user)
				continue
			}
			for _, k := range row.causes(user, o) {
				want[k]++
			}
			for _, k := range t.withdrawnBy(user, row) {
				perhaps[k]++
			}
		}
	}
	for user, changes := range t.changes {
		for i, c := range changes {
			if c.rev != int64(i)+1 {
				g.w.violate("log", "the log of %s has revision %d in place %d", user, c.rev, i+1)
			}
			if c.cause != "" && c.cause != protocol.CauseReceived {
				have[key(user, c.other, c.cause)]++
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(merged(want, have))) {
		if have[k] < want[k] || have[k] > want[k]+perhaps[k] {
			g.w.violate("doubled or lost", "%s: told %d times, carried out %d times, and perhaps %d more", k, have[k], want[k], perhaps[k])
		}
	}
}

func merged(a, b causes) causes {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

// causes returns what an operation that was carried out must have told, and whom.
func (r opRow) causes(user string, o *operation) []string {
	if r.unchanged {
		return nil
	}
	both := func(c protocol.Cause) []string { return []string{key(user, o.other, c), key(o.other, user, c)} }
	own := func(c protocol.Cause) []string { return []string{key(user, o.other, c)} }
	switch r.method {
	case protocol.MethodInvitationSend:
		if r.state == protocol.RelationConnected {
			return both(protocol.CauseCrossed)
		}
		return own(protocol.CauseSent)
	case protocol.MethodInvitationWithdraw:
		return own(protocol.CauseWithdrawn)
	case protocol.MethodInvitationAccept:
		return both(protocol.CauseAccepted)
	case protocol.MethodInvitationDecline:
		return own(protocol.CauseDeclined)
	case protocol.MethodInvitationUndoDecline:
		return own(protocol.CauseUndone)
	case protocol.MethodConnectionRemove:
		return own(protocol.CauseRemoved)
	case protocol.MethodUserBlock:
		return own(protocol.CauseBlocked)
	case protocol.MethodUserUnblock:
		return own(protocol.CauseUnblocked)
	}
	return nil
}
