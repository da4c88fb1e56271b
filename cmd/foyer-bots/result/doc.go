// Package result is what came of a load, as a value: histograms, numbers over time, what was refused, and what must never
// have happened. It is written as JSON, merged with the results of other processes, and judged by objectives.
//
// Invariants:
//   - A Result is complete in itself: every report can be made from the JSON alone.
//   - Merging is exact. Histograms are added count by count, never their percentiles.
package result
