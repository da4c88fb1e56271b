// Command asyncapi writes the machine-readable form of the wire protocol: an AsyncAPI 3.0 document made from the types,
// tables and comments of package protocol, with the golden frames as examples. The same sources give the same bytes.
//
//	go run ./protocol/asyncapi -o docs/asyncapi.json
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	out := flag.String("o", "", "the file to write; standard output when left out")
	source := flag.String("protocol", "protocol", "the folder of package protocol, for its comments and examples")
	flag.Parse()
	if err := run(*source, *out, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "asyncapi:", err)
		os.Exit(1)
	}
}

func run(source, out string, stdout io.Writer) error {
	notes, err := readComments(source)
	if err != nil {
		return err
	}
	examples, err := readExamples(source)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(newDocument(notes, examples)); err != nil {
		return fmt.Errorf("encode document: %w", err)
	}
	if out == "" {
		_, err = stdout.Write(text.Bytes())
		return err
	}
	return os.WriteFile(out, text.Bytes(), 0o644) // #nosec G306 -- documentation
}
