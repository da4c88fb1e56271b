package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

// errMemory says that the bots took more memory than they may.
var errMemory = errors.New("the bots' memory bound is reached")

// residentBytes is the memory that this process holds: as the system counts it where that is known.
func residentBytes() int64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(text); len(fields) > 1 {
			if pages, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}

// watch tells who looks how far the load is, and stops it where it takes too much memory.
func (f *field) watch(stopped <-chan struct{}, stop context.CancelCauseFunc) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
		}
		if held := residentBytes(); f.o.Memory > 0 && held > f.o.Memory {
			stop(fmt.Errorf("%w: %d MiB", errMemory, held>>20))
		}
		f.tell()
	}
}
