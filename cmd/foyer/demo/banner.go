package demo

import (
	"fmt"
	"io"
	"strings"
)

// Banner tells whoever started the demo where to go and what to try.
func Banner(out io.Writer, url string, color bool) {
	bold, plain := "", ""
	if color {
		bold, plain = "\x1b[1m", "\x1b[0m"
	}
	text := fmt.Sprintf(`
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

`, len(cast), url)
	fmt.Fprint(out, strings.NewReplacer("{", bold, "}", plain).Replace(text))
}
