// Command build bundles the tablet's page from web/ into dist/, which the
// package embeds. The output depends on the sources and the lockfile alone, so
// that a rebuild can be compared with what is committed.
//
// Run it by `go generate ./server/tablet`, after `npm ci` in web/.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const (
	source = "web/src"
	dist   = "dist"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "tablet build:", err)
		os.Exit(1)
	}
}

func run() error {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{source + "/main.ts", source + "/styles/main.css"},
		EntryNames:        "[name]-[hash]",
		Outdir:            dist,
		Bundle:            true,
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsEndOfFile,
		Tsconfig:          "web/tsconfig.json",
		Conditions:        []string{"production"},
		LogLevel:          api.LogLevelWarning,
	})
	if len(result.Errors) > 0 {
		return fmt.Errorf("%d errors", len(result.Errors))
	}
	page, err := os.ReadFile(source + "/index.html")
	if err != nil {
		return err
	}
	html := string(page)
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for _, file := range result.OutputFiles {
		name := filepath.Base(file.Path)
		html = strings.ReplaceAll(html, "{{"+filepath.Ext(name)+"}}", name)
		if err := os.WriteFile(filepath.Join(dist, name), file.Contents, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dist, "index.html"), []byte(html), 0o644)
}
