package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFile is the longest file that is read.
const maxFile = 64 << 10

// wrong says what a member should have been.
type wrong struct{ want string }

func (e *wrong) Error() string { return "want " + e.want }

// Decode reads a file, fills in what it leaves out and checks all of it. Errors name the line and the member.
func Decode(text []byte) (*Scenario, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("scenario: %d bytes, at most %d", len(text), maxFile)
	}
	file, err := parse(text)
	if err != nil {
		return nil, err
	}
	var s Scenario
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&s); err != nil {
		return nil, explain(err)
	}
	given := func(path string) int { return line(file, path) }
	fillIn(reflect.ValueOf(&s).Elem(), "", given)
	if err := check(&s, given); err != nil {
		return nil, err
	}
	return &s, nil
}

// parse reads the text as a tree. It refuses what makes a short file a large one.
func parse(text []byte) (file *ast.File, err error) {
	defer func() { // the parser of the library is not meant for hostile files
		if problem := recover(); problem != nil {
			err = fmt.Errorf("scenario: no YAML: %v", problem)
		}
	}()
	file, err = parser.ParseBytes(text, 0)
	if err != nil {
		return nil, explain(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("scenario: want one YAML document, such as: {people: 100, sessions: {size: 10}}")
	}
	for tk := file.Docs[0].Body.GetToken(); tk != nil && tk.Prev != nil; tk = tk.Prev {
		if forbidden(tk) {
			return nil, notHere(tk)
		}
	}
	for tk := file.Docs[0].Body.GetToken(); tk != nil; tk = tk.Next {
		if forbidden(tk) {
			return nil, notHere(tk)
		}
	}
	return file, nil
}

func forbidden(tk *token.Token) bool {
	return tk.Type == token.AnchorType || tk.Type == token.AliasType || tk.Type == token.TagType || tk.Type == token.MergeKeyType
}

func notHere(tk *token.Token) error {
	return fmt.Errorf("scenario: line %d: %q: anchors, aliases and tags are not used here", tk.Position.Line, tk.Value)
}

// explain makes the library's error a sentence that begins with the line.
func explain(err error) error {
	var positioned yaml.Error
	var ours *wrong
	if errors.As(err, &positioned) && positioned.GetToken() != nil {
		tk := positioned.GetToken()
		message := positioned.GetMessage()
		if name, unknown := strings.CutPrefix(message, "unknown field "); unknown {
			message = "unknown member " + name
		}
		return fmt.Errorf("scenario: line %d: %s%s", tk.Position.Line, message, near(tk))
	}
	if errors.As(err, &ours) {
		return fmt.Errorf("scenario: %w", ours)
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("scenario: %s", clip(first))
}

// near shows what stands at a token, unless the message has said it.
func near(tk *token.Token) string {
	if tk.Value == "" {
		return ""
	}
	return fmt.Sprintf(" (at %q)", clip(tk.Value))
}

// line returns on which line a member stands, such as invitations.mix.accept or herds[1].at; 0 if it doesn't.
func line(file *ast.File, path string) int {
	p, err := yaml.PathString("$." + path)
	if err != nil {
		return 0
	}
	node, err := p.FilterFile(file)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

// clip shortens what is shown of a file.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
