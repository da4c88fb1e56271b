package main

import (
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"foyer/server/config"
)

// newLog returns the program's log: one JSON object a line, or text for people.
func newLog(l config.Log, to io.Writer) zerolog.Logger {
	level, err := zerolog.ParseLevel(l.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	if l.Format == "text" || l.Format == "auto" && isTerminal(to) {
		to = zerolog.ConsoleWriter{Out: to, TimeFormat: "15:04:05.000", NoColor: !isTerminal(to) || os.Getenv("NO_COLOR") != ""}
	}
	return zerolog.New(to).Level(level).Hook(stamp{})
}

// stamp writes the time as the protocol does.
type stamp struct{}

// Run adds the time to a line.
func (stamp) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
