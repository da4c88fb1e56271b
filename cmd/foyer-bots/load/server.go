package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"foyer/cmd/foyer-bots/result"
)

// clockTicks is in what part of a second Linux counts the processors' time for programs, on every machine there is.
const clockTicks = 100

// Server is a process of the target's on this machine, whose use of it is reported too.
type Server struct {
	pid    int
	first  float64 // processor seconds when it was looked at first
	begin  float64 // and when the load began
	result result.Server
}

// NewServer looks at a process.
func NewServer(pid int) (*Server, error) {
	first, _, err := usage(pid)
	if err != nil {
		return nil, fmt.Errorf("process %d: %w", pid, err)
	}
	return &Server{pid: pid, first: first, begin: first}, nil
}

// began notes what the process has used before the load.
func (s *Server) began() {
	if cpu, _, err := usage(s.pid); err == nil {
		s.begin = cpu
	}
}

// ended notes what it used in the load.
func (s *Server) ended() {
	cpu, rss, err := usage(s.pid)
	if err == nil {
		s.result = result.Server{PID: s.pid, ArrivalCPUSeconds: s.begin - s.first, CPUSeconds: cpu - s.begin, RSSBytes: rss}
	}
}

// usage returns the processor seconds and the resident bytes of a process, as Linux counts them.
func usage(pid int) (cpu float64, rss int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // from the third on: the name may have anything in it
	if len(fields) < 22 {
		return 0, 0, fmt.Errorf("/proc/%d/stat: %d fields", pid, len(fields))
	}
	number := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i-3]), 10, 64) // the kernel's own
		return n
	}
	return float64(number(14)+number(15)) / clockTicks, number(24) * int64(os.Getpagesize()), nil
}
