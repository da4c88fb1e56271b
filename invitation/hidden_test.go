package invitation_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
)

// diary writes down everything that ada can observe: each answer and refusal, each notification, and after every step
// all her lists, relations and what panels offer her.
type diary struct {
	*room
	lines []string
	told  int
	from  int64 // the revision before this chapter
}

func (d *diary) write(what string, v any) {
	d.lines = append(d.lines, what+" "+asJSON(d.t, v))
}

// observe performs one act of ada's and writes down what she then sees.
func (d *diary) observe(what string, act relationAct) {
	d.t.Helper()
	out, e := try(d.room, act)
	d.write(what, out)
	d.write(what+" refused", e)
	d.glance()
}

// glance writes down what ada is told, and what a panel of ben shows her.
func (d *diary) glance() {
	d.t.Helper()
	for _, c := range d.since("ada", d.told) {
		frame, err := protocol.EncodeNotification(protocol.NotifyRelationChanged, c)
		require.NoError(d.t, err)
		d.lines = append(d.lines, "frame "+string(frame))
		d.told++
	}
	standing, err := d.Standing(d.t.Context(), "ada", "ben")
	require.NoError(d.t, err)
	d.write("panel", standing)
}

// look writes down all that ada is told and shown.
func (d *diary) look() {
	d.t.Helper()
	d.glance()
	ctx := d.t.Context()
	for _, q := range []protocol.InvitationListParams{
		{Box: protocol.Sent}, {Box: protocol.Sent, State: protocol.ListHistory}, {Box: protocol.Sent, State: protocol.ListDeclined},
		{Box: protocol.Received}, {Box: protocol.Received, State: protocol.ListHistory}, {Box: protocol.Received, State: protocol.ListDeclined},
		{Box: protocol.Sent, Query: "ben"}, {Box: protocol.Sent, State: protocol.ListHistory, Query: "be"},
	} {
		d.write("list "+asJSON(d.t, q), d.list("ada", q))
	}
	relations, err := d.RelationList(ctx, "ada", protocol.Page{})
	require.NoError(d.t, err)
	d.write("relations", relations)
	toAddress, err := d.RelationToAddress(ctx, "ada", "ben@example.org")
	require.NoError(d.t, err)
	d.write("address", toAddress)
	connections, err := d.Connections(ctx, "ada", invitation.ConnectionQuery{})
	require.NoError(d.t, err)
	d.write("connections", connections)
	unseen, err := d.Unseen(ctx, "ada")
	require.NoError(d.t, err)
	d.write("unseen", unseen)
}

var timeOfDay = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"`)

// text is the diary with times and ids replaced by their order of appearance.
func (d *diary) text() string {
	all := strings.Join(d.lines, "\n")
	for _, re := range []*regexp.Regexp{timeOfDay, regexp.MustCompile(`i\d{6}`)} {
		names := map[string]string{}
		all = re.ReplaceAllStringFunc(all, func(s string) string {
			if names[s] == "" {
				names[s] = fmt.Sprintf("#%d", len(names))
			}
			return names[s]
		})
	}
	return all
}

// after is what ada does once her invitation is open, in the one way or the other.
var after = []struct {
	name string
	run  func(d *diary, id string)
}{
	{"withdraws by id", func(d *diary, id string) { d.observe("withdraw", d.withdraw("ada", id)) }},
	{"withdraws by person", func(d *diary, _ string) { d.observe("withdraw", d.withdrawFrom("ada", "ben")) }},
	{"withdraws many", func(d *diary, id string) {
		older := int64(0)
		out, e, err := d.WithdrawMany(d.t.Context(), call("ada"), protocol.InvitationWithdrawManyParams{All: true, OlderThanMS: &older})
		require.NoError(d.t, err)
		d.take(e)
		d.write("withdraw_many", out)
		out, e, err = d.WithdrawMany(d.t.Context(), call("ada"), protocol.InvitationWithdrawManyParams{InvitationIDs: []string{id, "other"}})
		require.NoError(d.t, err)
		d.take(e)
		d.write("withdraw_many", out)
		d.look()
	}},
	{"has support withdraw", func(d *diary, _ string) {
		n, e, err := d.WithdrawAllOnBehalf(d.t.Context(), invitation.Support{By: "staff", Why: "asked"}, "ada")
		require.NoError(d.t, err)
		d.take(e)
		d.write("on behalf", n)
		d.look()
	}},
	{"tries what is not hers", func(d *diary, id string) {
		d.observe("accept", d.accept("ada", id))
		d.observe("decline", d.decline("ada", id, true))
		d.observe("undo", d.undo("ada", id))
		d.observe("remove", d.remove("ada", "ben"))
		d.observe("unblock", d.unblock("ada", "ben"))
	}},
	{"invites again and again", func(d *diary, id string) {
		d.observe("again", inviting("ada", "ben")(d.room, ""))
		for range 3 {
			d.observe("withdraw", d.withdrawFrom("ada", "ben"))
			d.observe("too soon", inviting("ada", "ben")(d.room, ""))
			d.wait(61 * time.Second)
			d.observe("anew", inviting("ada", "ben")(d.room, ""))
			d.observe("stale", d.withdraw("ada", id))
		}
	}},
	{"lets it expire", func(d *diary, id string) {
		d.wait(721 * time.Hour)
		d.expire()
		d.look()
		d.observe("withdraw", d.withdraw("ada", id))
		d.observe("anew", inviting("ada", "ben")(d.room, ""))
	}},
	{"finds it expired", func(d *diary, id string) {
		d.wait(721 * time.Hour)
		d.observe("withdraw", d.withdraw("ada", id))
	}},
	{"finds it expired by person", func(d *diary, _ string) {
		d.wait(721 * time.Hour)
		d.observe("anew", inviting("ada", "ben")(d.room, ""))
	}},
	{"blocks and unblocks", func(d *diary, id string) {
		d.observe("block", d.block("ada", "ben"))
		d.observe("invite", inviting("ada", "ben")(d.room, ""))
		d.observe("unblock", d.unblock("ada", "ben"))
		d.observe("withdraw", d.withdraw("ada", id))
		d.wait(61 * time.Second)
		d.observe("anew", inviting("ada", "ben")(d.room, ""))
	}},
	{"marks seen", func(d *diary, _ string) {
		out, e, err := d.MarkSeen(d.t.Context(), call("ada"), nil)
		require.NoError(d.t, err)
		d.take(e)
		d.write("seen", out)
		d.look()
	}},
	{"has it renamed and replayed", func(d *diary, _ string) {
		d.user("ben", func(u *directory.User) { u.Name = "Benedikt" })
		d.look()
		d.write("replay", d.replay("ada", d.from))
	}},
}

// worlds are the ways in which an invitation of ada's comes to be hidden.
var worlds = []struct {
	name string
	// before and behind happen before and after she sends it.
	before, behind func(r *room, id string)
	tune           func(*invitation.Config)
}{
	{name: "declined", behind: func(r *room, id string) { r.do(r.decline("ben", id, false)) }},
	{name: "declined and blocked", before: func(r *room, _ string) { r.do(r.unblock("ben", "ada")) },
		behind: func(r *room, id string) { r.do(r.decline("ben", id, true)) }},
	{name: "declined, undone, declined", behind: func(r *room, id string) {
		r.do(r.decline("ben", id, false))
		r.do(r.undo("ben", id))
		r.do(r.decline("ben", id, false))
	}},
	{name: "blocked before", before: func(r *room, _ string) { r.do(r.block("ben", "ada")) }},
	{name: "blocked after", behind: func(r *room, _ string) { r.do(r.block("ben", "ada")) }},
	{name: "blocked and unblocked", behind: func(r *room, _ string) {
		r.do(r.block("ben", "ada"))
		r.do(r.unblock("ben", "ada"))
	}},
	{name: "no room among the received", before: func(r *room, _ string) { r.invite("eve", "ben") },
		tune: func(c *invitation.Config) { c.Received = 1 }},
}

func TestSenderCannotTellHiddenFromPending(t *testing.T) {
	for _, by := range []struct {
		name   string
		to     protocol.To
		worlds int
	}{
		{"to a person", protocol.To{UserID: "ben"}, len(worlds)},
		{"to an address", protocol.To{Email: "Ben@Example.org"}, len(worlds)},
		{"to a username", protocol.To{Username: "BEN"}, 1},
	} {
		to := func(int) protocol.To { return by.to }
		pending := lived(t, to, nil, nil, nil)
		for _, w := range worlds[:by.worlds] {
			t.Run(by.name+", "+w.name, func(t *testing.T) { require.Equal(t, pending, lived(t, to, w.before, w.behind, w.tune)) })
		}
	}
}

// TestSenderCannotTellWhoseAnAddressIs has the owner of an address unknown, known, unwelcoming or blocking.
func TestSenderCannotTellWhoseAnAddressIs(t *testing.T) {
	to := func(chapter int) protocol.To { return protocol.To{Email: fmt.Sprintf("owner%d@example.org", chapter)} }
	// olga owns the chapter's address from then on.
	olga := func(change func(*directory.User)) func(*room, string) {
		return func(r *room, _ string) {
			r.user("olga", func(u *directory.User) {
				u.Email = fmt.Sprintf("OWNER%d@example.org", r.chapter)
				if change != nil {
					change(u)
				}
			})
			r.hello("olga")
		}
	}
	setting := func(s protocol.InvitableBy) func(*directory.User) {
		return func(u *directory.User) { u.Settings.InvitableBy = s }
	}
	unknown := lived(t, to, nil, nil, nil)
	for _, w := range []struct {
		name           string
		before, behind func(r *room, id string)
	}{
		{"known", olga(nil), nil},
		{"known, not verified", olga(func(u *directory.User) { u.EmailVerified = false }), nil},
		{"lets nobody invite", olga(setting(protocol.InvitableByNobody)), nil},
		{"asks for a shared session", olga(setting(protocol.InvitableBySharedSession)), nil},
		{"asks for the address", olga(setting(protocol.InvitableByEmail)), nil},
		{"signs in later", nil, olga(nil)},
		{"signs in later, lets nobody invite", nil, olga(setting(protocol.InvitableByNobody))},
		{"declines", olga(nil), func(r *room, id string) { r.do(r.decline("olga", id, false)) }},
		{"blocks", olga(nil), func(r *room, _ string) { r.do(r.block("olga", "ada")) }},
		{"blocked before", func(r *room, _ string) { olga(nil)(r, ""); r.do(r.block("olga", "ada")) }, nil},
	} {
		t.Run(w.name, func(t *testing.T) { require.Equal(t, unknown, lived(t, to, w.before, w.behind, nil)) })
	}
}

// lived returns ada's diary of one life, with a chapter for each of the things that she can do once she has invited.
// In the worlds where her invitation is hidden, others act before or behind it in each chapter.
func lived(t *testing.T, to func(chapter int) protocol.To, before, behind func(*room, string), tune func(*invitation.Config)) string {
	t.Helper()
	if tune == nil {
		tune = func(*invitation.Config) {}
	}
	d := &diary{room: newRoom(t, tune)}
	for i, a := range after {
		d.chapter = i
		d.lines = append(d.lines, "== "+a.name)
		if before != nil {
			before(d.room, "")
		}
		d.from = int64(d.count("ada"))
		var id string
		d.observe("send", func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
			out, e, err := d.Send(ctx, call("ada"), protocol.InvitationSendParams{To: to(i), Message: "hello"})
			if err == nil {
				id = out.Invitation.ID
			}
			d.write("sent", out)
			return protocol.RelationResult{}, e, err
		})
		if behind != nil {
			behind(d.room, id)
		}
		d.look()
		a.run(d, id)
		d.look()
		d.wait(100 * 24 * time.Hour) // everything expires, no decline or limit reaches into the next chapter
		d.expire()
		d.glance()
	}
	d.look()
	return d.text()
}
