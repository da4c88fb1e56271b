// Package show makes a result readable: progress while it comes about, a summary for the terminal, and a page with plots.
// It decides nothing; all figures come from package result.
package show
