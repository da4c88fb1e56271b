package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"foyer/client/wire"
	"foyer/cmd/foyer/demo"
	"foyer/protocol"
)

// talkPatience is how long talk waits for answers once there is nothing more to say.
const talkPatience = 5 * time.Second

// talkFarewell is how long a server that closes has for it after its last answer.
const talkFarewell = 200 * time.Millisecond

type talkCommand struct {
	URL   string `env:"-" default:"http://127.0.0.1:8080" placeholder:"URL" help:"The server's address."`
	As    string `env:"-" placeholder:"NAME" xor:"who" help:"Say hello as this person, with a token that the server hands out (demo, serve --dev)."`
	Token string `env:"FOYER_TOKEN" placeholder:"TOKEN" xor:"who" help:"Say hello with this token, as foyer token prints it."`
}

// Help explains what can be typed.
func (c *talkCommand) Help() string {
	return `Each line that is typed is a request: a method and its params,

  people.search {"query": "jonas"}
  invitation.send {"to": {"username": "jonas-weber"}, "message": "Hello!"}

or a whole frame, beginning with { or [, which is sent as it is. "wait 5s" waits. Every frame is printed: those sent
after >, those received after <.`
}

// Run speaks the protocol with a server, line by line, until there is no more input.
func (c *talkCommand) Run(ctx context.Context, to streams) error {
	return c.talk(ctx, os.Stdin, to.out)
}

func (c *talkCommand) talk(ctx context.Context, in io.Reader, out io.Writer) error {
	socket, err := wire.Dial(ctx, socketAddress(c.URL), wire.Options{})
	if err != nil {
		return err
	}
	defer socket.Drop()
	t := &talk{socket: socket, out: out, open: map[string]bool{}, wake: make(chan struct{}, 1)}
	var ended error
	closed := make(chan struct{})
	go func() {
		ended = t.listen(ctx)
		close(closed)
		t.forget()
	}()

	if c.As != "" {
		c.Token, err = demo.DevTokens(strings.TrimSuffix(c.URL, "/"))(c.As)(ctx)
	}
	if err == nil && c.Token != "" {
		err = t.request(protocol.MethodHello, fmt.Sprintf(`{"token": %q, "client": {"name": "foyer talk", "version": "1", "kind": "bot"}}`, c.Token), c.Token)
	}
	if err == nil {
		err = t.say(ctx, in)
	}
	t.settle(ctx)
	select {
	case <-closed: // by the server
		return errors.Join(err, ended)
	case <-time.After(talkFarewell):
	}
	socket.Close(protocol.CloseNormal)
	<-closed
	return err
}

// socketAddress returns the WebSocket's address on a server.
func socketAddress(url string) string {
	return strings.Replace(strings.TrimSuffix(url, "/"), "http", "ws", 1) + "/v1/ws"
}

// talk is a conversation.
type talk struct {
	socket *wire.Socket
	lastID int

	mu   sync.Mutex // guards what follows
	out  io.Writer
	open map[string]bool // requests not yet answered, by id
	wake chan struct{}   // an answer came
}

// say sends what is typed.
func (t *talk) say(ctx context.Context, in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && ctx.Err() == nil {
		line := strings.TrimSpace(lines.Text())
		first, rest, _ := strings.Cut(line, " ")
		var err error
		switch {
		case line == "" || first[0] == '#':
		case first[0] == '{' || first[0] == '[':
			err = t.send(line, "")
		case first == "wait":
			err = pause(ctx, rest)
		default:
			err = t.request(protocol.Method(first), strings.TrimSpace(rest), "")
		}
		if err != nil {
			return err
		}
	}
	return lines.Err()
}

func pause(ctx context.Context, text string) error {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return fmt.Errorf("wait: %w", err)
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	return nil
}

// request sends a method with its params; secret is not printed.
func (t *talk) request(method protocol.Method, params, secret string) error {
	if params == "" {
		params = "{}"
	}
	t.lastID++
	return t.send(fmt.Sprintf(`{"jsonrpc": "2.0", "id": %d, "method": %q, "params": %s}`, t.lastID, method, params), secret)
}

func (t *talk) send(frame, secret string) error {
	shown := frame
	if secret != "" {
		shown = strings.ReplaceAll(frame, secret, "…")
	}
	t.print(">", shown)
	for _, id := range ids(frame) {
		t.mu.Lock()
		t.open[id] = true
		t.mu.Unlock()
	}
	return t.socket.Text(frame)
}

// listen prints what comes until the socket closes.
func (t *talk) listen(ctx context.Context) error {
	for {
		frame, err := t.socket.Read(ctx)
		if err != nil {
			return err
		}
		if frame.Binary {
			t.print("<", fmt.Sprintf("% x", frame.Data))
			continue
		}
		t.print("<", string(frame.Data))
		for _, id := range ids(string(frame.Data)) {
			t.mu.Lock()
			delete(t.open, id)
			t.mu.Unlock()
		}
		t.nudge()
	}
}

// forget gives up on answers: there will be none.
func (t *talk) forget() {
	t.mu.Lock()
	clear(t.open)
	t.mu.Unlock()
	t.nudge()
}

// ids returns the ids in a frame, one message or several. What is no JSON is answered under the id null.
func ids(frame string) []string {
	type message struct{ ID json.RawMessage }
	var one message
	var many []message
	if json.Unmarshal([]byte(frame), &one) == nil {
		many = []message{one}
	} else if json.Unmarshal([]byte(frame), &many) != nil {
		return []string{"null"}
	}
	var found []string
	for _, m := range many {
		if len(m.ID) > 0 {
			found = append(found, string(m.ID))
		}
	}
	return found
}

func (t *talk) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// settle waits until everything is answered, within reason.
func (t *talk) settle(ctx context.Context) {
	late := time.After(talkPatience)
	for {
		t.mu.Lock()
		settled := len(t.open) == 0
		t.mu.Unlock()
		if settled {
			return
		}
		select {
		case <-t.wake:
		case <-late:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (t *talk) print(mark, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintln(t.out, mark, text)
}
