package demo

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// feed writes a line for what happens in the lobby.
type feed struct {
	mu    sync.Mutex // guards out
	out   io.Writer
	color bool
}

func (f *feed) tell(name, what string) {
	line := fmt.Sprintf("  %s  %s %s", time.Now().Format(time.TimeOnly), name, what)
	if f.color {
		line = "\x1b[2m" + line + "\x1b[0m"
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintln(f.out, line)
}

// trouble tells of what should not have happened to anyone in the lobby.
func (f *feed) trouble(name string, err error) { f.tell(name, "has trouble: "+err.Error()) }
