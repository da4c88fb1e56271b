package result

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The histograms take durations from 1 µs to 2 minutes with 3 significant digits; longer ones count as 2 minutes.
const (
	lowest  = 1
	highest = int64(2 * time.Minute / time.Microsecond)
	digits  = 3
)

// Histogram counts durations, in microseconds. Its JSON is HdrHistogram's own (V2, compressed, base64), which other tools read.
type Histogram struct{ h *hdrhistogram.Histogram }

// NewHistogram returns an empty one.
func NewHistogram() *Histogram { return &Histogram{hdrhistogram.New(lowest, highest, digits)} }

// Add counts a duration.
func (h *Histogram) Add(d time.Duration) {
	_ = h.h.RecordValue(min(max(lowest, d.Microseconds()), highest)) // within the range
}

// Merge adds the counts of another.
func (h *Histogram) Merge(other *Histogram) { h.h.Merge(other.h) }

// Reset forgets all counts.
func (h *Histogram) Reset() { h.h.Reset() }

// Count returns how many durations were added.
func (h *Histogram) Count() int64 { return h.h.TotalCount() }

// Quantile returns the duration below or at which percent per cent are; 0 if there are none.
func (h *Histogram) Quantile(percent float64) time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.h.ValueAtPercentile(percent)) * time.Microsecond
}

// Max returns the longest duration.
func (h *Histogram) Max() time.Duration { return time.Duration(h.h.Max()) * time.Microsecond }

// Min returns the shortest one.
func (h *Histogram) Min() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.h.Min()) * time.Microsecond
}

// Mean returns the average.
func (h *Histogram) Mean() time.Duration {
	if m := h.h.Mean(); !math.IsNaN(m) {
		return time.Duration(m * float64(time.Microsecond))
	}
	return 0
}

// MarshalJSON writes all counts.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	b, err := h.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return json.Marshal(string(b))
}

// UnmarshalJSON reads what MarshalJSON wrote, and refuses other histograms: they would not add up.
func (h *Histogram) UnmarshalJSON(b []byte) (err error) {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	if len(text) > 1<<20 {
		return fmt.Errorf("histogram: %d bytes", len(text))
	}
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("histogram: %v", problem)
		}
	}()
	read, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	if read.LowestTrackableValue() != lowest || read.HighestTrackableValue() != highest || read.SignificantFigures() != digits {
		return fmt.Errorf("histogram: of another kind: %d to %d with %d digits", read.LowestTrackableValue(), read.HighestTrackableValue(), read.SignificantFigures())
	}
	h.h = read
	return nil
}
