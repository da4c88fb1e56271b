package show

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"foyer/cmd/foyer-bots/load"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// barWidth is what the bar itself and its percentage need at least, in columns.
const barWidth = 16

// lineEvery is how often a line is written where there is no terminal.
const lineEvery = 5 * time.Second

// Progress shows how far a load is: a bar on a terminal, else a line now and then.
type Progress struct {
	mu     sync.Mutex
	out    io.Writer
	name   string
	live   bool
	bar    *progressbar.ProgressBar
	phase  load.Phase
	last   load.Progress
	at     time.Time // of last
	line   time.Time // of the last line
	closed bool
}

// IsTerminal reports whether somebody watches what is written.
func IsTerminal(out io.Writer) bool {
	f, is := out.(*os.File)
	return is && isatty.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb"
}

// NewProgress shows on out.
func NewProgress(out io.Writer, name string) *Progress {
	return &Progress{out: out, name: name, live: IsTerminal(out)}
}

// Update shows how far the load is now.
func (p *Progress) Update(now load.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	began := p.phase != now.Phase
	p.phase = now.Phase
	text := p.describe(now)
	if p.live {
		p.draw(now, text, began)
		return
	}
	if began || time.Since(p.line) >= lineEvery {
		p.line = time.Now()
		fmt.Fprintln(p.out, text)
	}
}

// describe says in a line how far it is, with rates since the last time.
func (p *Progress) describe(now load.Progress) string {
	seconds := time.Since(p.at).Seconds()
	rate := func(n, before int64) float64 {
		if p.at.IsZero() || seconds <= 0 {
			return 0
		}
		return float64(n-before) / seconds
	}
	parts := []string{fmt.Sprintf("%s: %s", p.name, now.Phase)}
	switch {
	case now.Phase == load.Loading:
		parts = append(parts, fmt.Sprintf("%d of %d s", min(now.Done, now.Total), now.Total))
	case now.Phase == load.Finishing:
		parts = append(parts, fmt.Sprintf("%d under way", now.UnderWay))
	case now.Total > 0:
		parts = append(parts, fmt.Sprintf("%d of %d people", now.Done, now.Total))
	}
	parts = append(parts, fmt.Sprintf("%s devices, %s requests/s, %s states/s", Count(now.Online), Count(int64(rate(now.Requests, p.last.Requests))), Count(int64(rate(now.States, p.last.States)))))
	if now.Errors > 0 {
		parts = append(parts, fmt.Sprintf("%d errors", now.Errors))
	}
	if now.Violations > 0 {
		parts = append(parts, fmt.Sprintf("%d VIOLATIONS", now.Violations))
	}
	if p.at.IsZero() || seconds > 0.9 || !p.live {
		p.last, p.at = now, time.Now()
	}
	return strings.Join(parts, " · ")
}

func (p *Progress) draw(now load.Progress, text string, began bool) {
	if began {
		if p.bar != nil {
			_ = p.bar.Clear()
		}
		p.bar = progressbar.NewOptions(max(1, now.Total), progressbar.OptionSetWriter(p.out), progressbar.OptionSetWidth(24),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "━", SaucerHead: "━", SaucerPadding: "─", BarStart: " ", BarEnd: " "}))
	}
	p.bar.Describe(clip(text, max(10, p.width()-barWidth)))
	_ = p.bar.Set(min(now.Done, max(1, now.Total)-1))
}

// width is how many columns the terminal has.
func (p *Progress) width() int {
	if f, is := p.out.(*os.File); is {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 { // #nosec G115 -- a file's number is small
			return columns
		}
	}
	return 80
}

// Close takes the bar away.
func (p *Progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
