package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"foyer/protocol"
	"foyer/protocol/schema"
)

// comments are the doc comments of package protocol: by type, and by type and field.
type comments map[string]string

// of returns the text for a type or, with the name it has on the wire, for its member.
func (c comments) of(t reflect.Type, member string) string {
	if member == "" {
		return c[t.Name()]
	}
	return c[t.Name()+"."+member]
}

func readComments(dir string) (comments, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no Go files in %s", dir)
	}
	all := comments{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.TYPE {
				all.add(gen)
			}
		}
	}
	return all, nil
}

func (c comments) add(gen *ast.GenDecl) {
	for _, spec := range gen.Specs {
		spec := spec.(*ast.TypeSpec)
		c[spec.Name.Name] = oneLine(gen.Doc)
		fields, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range fields.Fields.List {
			if f.Tag == nil {
				continue
			}
			tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json")
			member, _, _ := strings.Cut(tag, ",")
			c[spec.Name.Name+"."+member] = strings.TrimSpace(oneLine(f.Doc) + " " + oneLine(f.Comment))
		}
	}
}

func oneLine(g *ast.CommentGroup) string {
	if g == nil {
		return ""
	}
	return strings.Join(strings.Fields(g.Text()), " ")
}

// readExamples takes one golden frame for each message, by the name of its schema.
func readExamples(dir string) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	for file, name := range map[string]func(frame) string{
		"requests.jsonl":      func(f frame) string { return schema.RequestName(f.Method) },
		"results.jsonl":       func(f frame) string { return schema.ResultName(f.answered()) },
		"notifications.jsonl": func(f frame) string { return schema.NotificationName(f.Method) },
		"errors.jsonl":        func(frame) string { return schema.Refusal },
	} {
		if err := readFrames(filepath.Join(dir, "testdata", file), func(f frame, line []byte) {
			// Of the errors, the one that has most to say is the example.
			if all[name(f)] == nil || f.Error.Reason() == protocol.ReinviteCooldown {
				all[name(f)] = line
			}
		}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readFrames(path string, add func(f frame, line []byte)) error {
	file, err := os.Open(path) // #nosec G304 -- one of four files of this repository
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	in := bufio.NewScanner(file)
	for in.Scan() {
		line := []byte(in.Text())
		var f frame
		if err := json.Unmarshal(line, &f); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		add(f, line)
	}
	return in.Err()
}
