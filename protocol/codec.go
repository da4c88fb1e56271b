package protocol

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// MaxBatch is how many requests one batch may have.
const MaxBatch = 50

// Request is one request of a client. Its ID and Params are parts of the frame it came in. Params is nil when left out.
type Request struct {
	ID     json.RawMessage // nil: carried out and not answered
	Method Method
	Params json.RawMessage
}

// Item is one request of a frame, or, with Err set, what stands in its place and must be answered with Err.
type Item struct {
	Request
	Err *Error
}

// Answered reports whether the client is owed an answer: for everything with an id, and for what is no request at all
// (then with the id null). A request without id is not answered, even when its params are wrong.
func (it Item) Answered() bool {
	return it.ID != nil || it.Err != nil && it.Err.Code == CodeInvalidRequest
}

// ValidUTF8 reports whether a text frame is UTF-8; one that is not closes the device with CloseInvalidUTF8.
func ValidUTF8(b []byte) bool { return utf8.Valid(b) }

// ParseFrame reads a text frame: one request, or a batch of them. With err, the frame as a whole is answered once, with
// err and the id null, and nothing of it is carried out. The items alias b.
func ParseFrame(b []byte) (items []Item, batch bool, err *Error) {
	if !utf8.Valid(b) {
		return nil, false, parseError("The frame is not UTF-8.")
	}
	switch check(b, maxDepth) {
	case syntaxBad:
		return nil, false, parseError("The frame is not JSON.")
	case syntaxDeep:
		return nil, false, InvalidRequest("The frame is nested too deeply.")
	}
	s := scanner{b: b}
	switch s.peek() {
	case '{':
		return []Item{parseItem(&s)}, false, nil
	case '[':
	default:
		return nil, false, InvalidRequest("A frame is a request object or a batch of them.")
	}
	s.i++
	if s.peek() == ']' {
		return nil, true, InvalidRequest("The batch is empty.")
	}
	for more := true; more; more = s.take(',') {
		if len(items) == MaxBatch {
			return nil, true, InvalidRequest("The batch has more than " + strconv.Itoa(MaxBatch) + " requests.")
		}
		items = append(items, parseItem(&s))
	}
	return items, true, nil
}

func parseError(problem string) *Error { return &Error{Code: CodeParse, Message: problem} }

// parseItem reads one element of a checked frame, whatever it is.
func parseItem(s *scanner) Item {
	if s.peek() != '{' {
		s.raw()
		return Item{Err: InvalidRequest("A request is an object.")}
	}
	e := envelope{}
	e.read(s)
	return e.item()
}

// envelope collects the members of a request; problem is the first thing wrong with them.
type envelope struct {
	request                     Request
	version, method, id, params bool
	badID                       bool
	problem                     string
	paramsProblem               bool
}

// usual are the words of which an envelope is made, but for its id and params.
var usual = func() map[string]string {
	words := map[string]string{}
	for _, w := range []string{"jsonrpc", "2.0", "id", "method", "params"} {
		words[w] = w
	}
	for _, m := range Methods() {
		words[string(m.Method)] = string(m.Method)
	}
	return words
}()

func (e *envelope) read(s *scanner) {
	s.i++
	for s.peek() == '"' {
		name, _ := oneOf(usual, s.raw())
		s.take(':')
		e.member(name, s.raw())
		s.take(',')
	}
	s.take('}')
}

func (e *envelope) member(name string, value []byte) {
	switch name {
	case "jsonrpc":
		e.once(&e.version, name)
		if v, _ := stringOf(value); v != "2.0" {
			e.fail(`"jsonrpc" must be "2.0".`)
		}
	case "method":
		e.once(&e.method, name)
		m, ok := stringOf(value)
		if !ok {
			e.fail(`"method" must be a string.`)
		}
		e.request.Method = Method(m)
	case "id":
		if e.id {
			e.badID = true
		}
		e.once(&e.id, name)
		if !isID(value) {
			e.badID = true
			e.fail(`"id" must be a string or an integer.`)
		}
		e.request.ID = value
	case "params":
		e.once(&e.params, name)
		e.paramsProblem = value[0] != '{'
		e.request.Params = value
	default:
		e.fail("Unknown member " + strconv.Quote(clip(name)) + " in the request.")
	}
}

func (e *envelope) once(seen *bool, name string) {
	if *seen {
		e.fail(`"` + name + `" is given twice.`)
	}
	*seen = true
}

func (e *envelope) fail(problem string) {
	if e.problem == "" {
		e.problem = problem
	}
}

func (e *envelope) item() Item {
	if !e.version {
		e.fail(`"jsonrpc" is missing.`)
	}
	if !e.method {
		e.fail(`"method" is missing.`)
	}
	it := Item{Request: e.request}
	if e.badID {
		it.ID = nil
	}
	switch {
	case e.problem != "":
		it.Err = InvalidRequest(e.problem)
	case e.paramsProblem:
		it.Err = InvalidParams("params", "must be an object")
	}
	return it
}

func stringOf(value []byte) (string, bool) {
	if value[0] != '"' {
		return "", false
	}
	return oneOf(usual, value)
}

func isID(value []byte) bool {
	if value[0] == '"' {
		return true
	}
	digits := bytes.TrimPrefix(value, []byte("-"))
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// clip keeps what a client sent short enough to be sent back in an error.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// AppendResult appends the answer to the request id to dst.
func AppendResult(dst []byte, id json.RawMessage, result any) ([]byte, error) {
	if dst != nil {
		return appendResult(dst, id, result)
	}
	return inScratch(func(dst []byte) ([]byte, error) { return appendResult(dst, id, result) })
}

// scratch are buffers to encode in what is kept with just the bytes that it needs.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// scratchKept is how long a buffer may be that is used again, in bytes.
const scratchKept = 64 << 10

func inScratch(encode func(dst []byte) ([]byte, error)) ([]byte, error) {
	buf := scratch.Get().(*[]byte)
	out, err := encode((*buf)[:0])
	if err != nil {
		return nil, err
	}
	kept := bytes.Clone(out)
	if cap(out) <= scratchKept {
		*buf = out
		scratch.Put(buf)
	}
	return kept, nil
}

func appendResult(dst []byte, id json.RawMessage, result any) ([]byte, error) {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = appendID(dst, id)
	dst = append(dst, `,"result":`...)
	dst, err := appendValue(dst, result)
	if err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

// AppendError appends a refusal of the request id to dst; a nil id is null.
func AppendError(dst []byte, id json.RawMessage, e *Error) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = appendID(dst, id)
	dst = append(dst, `,"error":`...)
	out, err := appendValue(dst, e)
	if err != nil { // only a relation with broken JSON in it could; an Error has none
		out = append(dst, `{"code":-32603,"message":"Something went wrong on our side."}`...)
	}
	return append(out, '}')
}

func appendID(dst []byte, id json.RawMessage) []byte {
	if id == nil {
		return append(dst, "null"...)
	}
	return append(dst, id...)
}

// EncodeNotification returns the frame that tells a client of something.
func EncodeNotification(method Method, params any) ([]byte, error) {
	return inScratch(func(dst []byte) ([]byte, error) {
		dst = append(dst, `{"jsonrpc":"2.0","method":"`...)
		dst = append(dst, method...)
		dst = append(dst, `","params":`...)
		dst, err := appendValue(dst, params)
		if err != nil {
			return nil, err
		}
		return append(dst, '}'), nil
	})
}
