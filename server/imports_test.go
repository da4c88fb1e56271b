package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// pkg is what `go list` says of a package: its own imports, and all that it stands on.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// goList asks for the project's own packages once, tests left out.
var goList = sync.OnceValues(func() (map[string]pkg, error) {
	cmd := exec.CommandContext(context.Background(), "go", "list", "-json=ImportPath,Imports,Deps", "foyer/...")
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	packages := map[string]pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages[p.ImportPath] = p
	}
})

// list returns the project's own packages by import path.
func list(t *testing.T) map[string]pkg {
	t.Helper()
	packages, err := goList()
	require.NoError(t, err)
	return packages
}

// in reports whether path is one of the packages or below one.
func in(path string, packages ...string) bool {
	return slices.ContainsFunc(packages, func(p string) bool {
		return path == p || strings.HasPrefix(path, p+"/")
	})
}

var domains = []string{"foyer/invitation", "foyer/session", "foyer/presence", "foyer/directory", "foyer/people"}

// allowed says which of the project's own packages a package may import itself. What is not listed here is a mistake:
// a new room has to take its place in the graph first.
func allowed(path string) (own []string, known bool) {
	switch {
	case path == "foyer/protocol" || path == "foyer/protocol/fold":
		return nil, true
	case in(path, "foyer/protocol"): // the generator and what tests check frames with
		return []string{"foyer/protocol"}, true
	case in(path, domains...):
		return []string{"foyer/protocol", "foyer/protocol/fold", parent(path)}, true
	case in(path, "foyer/client"):
		return []string{"foyer/protocol", "foyer/client"}, true
	case in(path, "foyer/server"):
		return append([]string{"foyer/protocol", "foyer/protocol/fold", "foyer/server"}, domains...), true
	case in(path, "foyer/cmd"):
		return []string{"foyer"}, true
	}
	return nil, false
}

// parent returns the domain room that path lies in, so that session and session/relay may know each other.
func parent(path string) string {
	i := slices.IndexFunc(domains, func(d string) bool { return in(path, d) })
	return domains[i]
}

func TestImportsPointOneWay(t *testing.T) {
	for path, p := range list(t) {
		own, known := allowed(path)
		require.True(t, known, "%s has no place in the import graph", path)
		for _, imported := range p.Imports {
			if !in(imported, "foyer") {
				continue
			}
			require.True(t, in(imported, own...), "%s imports %s", path, imported)
		}
	}
}

func TestAdaptersKeepTheirLibraryToThemselves(t *testing.T) {
	owners := map[string][]string{
		"github.com/gorilla/websocket": {"foyer/server/ws", "foyer/client"},
		"github.com/redis/go-redis":    {"foyer/server/cluster/redis"},
		"database/sql":                 {"foyer/server/store"},
		"modernc.org/sqlite":           {"foyer/server/store"},
		"zombiezen.com/go/sqlite":      {"foyer/server/store"},
		"github.com/jackc/pgx":         {"foyer/server/store"},
	}
	for path, p := range list(t) {
		for _, imported := range p.Imports {
			for library, by := range owners {
				require.False(t, in(imported, library) && !in(path, by...), "%s imports %s", path, imported)
			}
		}
	}
}

func TestTheWireNeedsTheStandardLibraryOnly(t *testing.T) {
	requireOutside(t, "foyer/protocol")
}

func TestDomainsKnowTheWireAndLittleElse(t *testing.T) {
	for path := range list(t) {
		if in(path, domains...) {
			requireOutside(t, path, "foyer/protocol", "foyer/protocol/fold", parent(path),
				"github.com/google/uuid", "golang.org/x/crypto", "golang.org/x/text", "golang.org/x/sys")
		}
	}
}

// requireOutside checks that path stands on the standard library and the packages given, and on nothing else.
func requireOutside(t *testing.T, path string, packages ...string) {
	t.Helper()
	for _, dep := range list(t)[path].Deps {
		first, _, _ := strings.Cut(dep, "/")
		standard := !strings.Contains(first, ".") && !in(dep, "foyer")
		require.True(t, standard || in(dep, packages...), "%s stands on %s", path, dep)
	}
}
