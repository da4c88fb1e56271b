package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Banner tells whoever started the demo where to go and what to try.
func Banner(out io.Writer, url string, color bool) {
	show(out, color, fmt.Sprintf(`
  {Foyer is open}: a lobby with %d people in it. Come in as two more, in two windows side by side:

      Ada   {%[2]s/tablet/#as=Ada}
      Ben   {%[2]s/tablet/#as=Ben}

  {What to try}
    1. Both join The lobby. As Ada, tap Ben among the people in this session and invite him:
       Ben's tablet shows the invitation at once.
    2. As Ada, tap Cancel request. It is gone from Ben's list, badge and open panel,
       and nothing tells him that it ever was.
    3. Invite him again and accept as Ben: now it can't be cancelled any more, only the connection removed.
    4. Invite Jonas Weber, who never answers. Cancel that one from the Invitations page,
       from a search for his name, or with others at once.
    5. Wait. Amara will invite you; so will Luis, who then thinks better of it.

  Any other name works as well: #as=YOURNAME. Whoever sits at this machine can come in as anybody; nobody else can.
  Ctrl-C ends it, and nothing is kept.

`, len(cast), url))
}

// Node is one of several, as whoever started them may want to see it.
type Node struct {
	Name, Address string
	PID           int
}

// Nodes are what the demo of several nodes consists of.
type Nodes struct {
	URL    string // the load balancer's, for devices
	Status string // its own page
	Nodes  []Node
	Redis  int // Redis's process
}

// NodesBanner is Banner for several nodes.
func NodesBanner(out io.Writer, s Nodes, color bool) {
	var table strings.Builder
	for _, n := range s.Nodes {
		fmt.Fprintf(&table, "      {%s}   kill -9 %-8d http://%s\n", n.Name, n.PID, n.Address)
	}
	show(out, color, fmt.Sprintf(`
  {Foyer is open on %[1]d nodes}, with %[2]d people spread over them. Come in as two
  more, in two windows side by side:

      Ada   {%[3]s/tablet/#as=Ada}
      Ben   {%[3]s/tablet/#as=Ben}

  The load balancer there gives whoever comes the node with the fewest devices,
  wherever they were before. Its own page is at {%[4]s}.
  The nodes behind it, and what kills them:

%[5]s
  {What to try}
    1. Both join The lobby. Each row names the person's node; your own is at the
       top. Ada and Ben are on two nodes now, and see each other.
    2. As Ada, invite Ben; his tablet shows it at once. Then tap Cancel request:
       it is gone from Ben's list, badge and open panel, on the other node.
    3. Kill Ada's node (kill -9, above). She and whoever else was on it come
       back on the others within a second or two. Nobody has left the session,
       and nothing that was answered is lost. The node is started anew %[6]d
       seconds later.
    4. Do it again while you invite and cancel. A tap that found no node says so
       and changes nothing.
    5. Take Redis away: kill -STOP %[7]d. People stay where they are, and
       invitations and withdrawals still arrive, within two seconds.
       kill -CONT %[7]d brings it back.

  Any other name works as well: #as=YOURNAME. Whoever sits at this machine can
  come in as anybody; nobody else can. Ctrl-C ends it, and nothing is kept.

`, len(s.Nodes), len(cast), s.URL, s.Status, table.String(), Again/time.Second, s.Redis))
}

// Again is how long after its end a node of the demo is started anew.
const Again = 30 * time.Second

// show writes a text in which what is in braces is bold.
func show(out io.Writer, color bool, text string) {
	bold, plain := "", ""
	if color {
		bold, plain = "\x1b[1m", "\x1b[0m"
	}
	fmt.Fprint(out, strings.NewReplacer("{", bold, "}", plain).Replace(text))
}
