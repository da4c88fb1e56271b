package config

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

const goodSecret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

// cli is a program with the settings on one of its commands.
type cli struct {
	Config File `help:"A file."`
	Serve  struct {
		Settings `embed:""`
	} `cmd:""`
	Token struct {
		User string `env:"-" required:""`
		Auth Auth   `embed:"" prefix:"auth-"`
	} `cmd:""`
}

// parse returns what a command line means in the test's environment.
func parse(t *testing.T, args ...string) (*cli, *kong.Context, error) {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, Options()...)
	require.NoError(t, err)
	ctx, err := parser.Parse(args)
	return &c, ctx, err
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestAFlagBeatsTheEnvironmentWhichBeatsTheFile(t *testing.T) {
	path := write(t, "limits: {requests-per-second: 1, requests-burst: 1, states-per-second: 1}\nallowed-origins: [https://a.example, https://b.example]\nbehind-proxy: true\npresence:\n  grace: 2s\n")
	t.Setenv("FOYER_LIMITS_REQUESTS_BURST", "2")
	t.Setenv("FOYER_LIMITS_STATES_PER_SECOND", "2")
	c, ctx, err := parse(t, "serve", "--config", path, "--limits.states-per-second", "3")
	require.NoError(t, err)
	require.Equal(t, 1, c.Serve.Limits.RequestsPerSecond)
	require.Equal(t, 2, c.Serve.Limits.RequestsBurst)
	require.Equal(t, 3, c.Serve.Limits.StatesPerSecond)
	require.Equal(t, 512, c.Serve.Limits.StateBytes)
	require.Equal(t, []string{"https://a.example", "https://b.example"}, c.Serve.AllowedOrigins)
	require.True(t, c.Serve.BehindProxy)
	require.Equal(t, 2*time.Second, c.Serve.Presence.Grace)

	var out bytes.Buffer
	require.NoError(t, Show(&out, ctx))
	for _, want := range []string{`requests-per-second: 1\s+# file`, `requests-burst: 2\s+# environment`, `states-per-second: 3\s+# flag`, `state-bytes: 512\s+# default`, `allowed-origins: \[https://a.example, https://b.example\]\s+# file`} {
		require.Regexp(t, want, out.String())
	}
	shown := write(t, out.String())
	require.NoError(t, os.Unsetenv("FOYER_LIMITS_STATES_PER_SECOND"))
	again, _, err := parse(t, "serve", "--config", shown)
	require.NoError(t, err, "what is shown is a configuration file")
	require.Equal(t, c.Serve.Settings, again.Serve.Settings)
}

func TestTheFileCanBeNamedInTheEnvironment(t *testing.T) {
	t.Setenv("FOYER_CONFIG", write(t, "limits: {requests-per-second: 7}"))
	c, _, err := parse(t, "serve")
	require.NoError(t, err)
	require.Equal(t, 7, c.Serve.Limits.RequestsPerSecond)
}

func TestAnEmptyFileIsAFile(t *testing.T) {
	_, _, err := parse(t, "serve", "--config", write(t, "# nothing yet\n"))
	require.NoError(t, err)
}

func TestWhatStopsTheParsing(t *testing.T) {
	rows := []struct {
		name, file string
		args       []string
		want       string
	}{
		{"an unknown flag", "", []string{"--limits.request-per-second", "1"}, "unknown flag"},
		{"an unknown member", "limits: {fast: 1}", nil, `unknown member "limits.fast"`},
		{"an unknown member at the top", "listn: x", nil, `unknown member "listn"`},
		{"an underscore for a dash", "limits: {requests_per_second: 1}", nil, `did you mean "limits.requests-per-second"?`},
		{"a member given twice", "listen: a\nlisten: b", nil, "already defined"},
		{"a member without a value", "listen:", nil, "listen: has no value"},
		{"a list where a number is wanted", "limits: {requests-per-second: [1, 2]}", nil, "requests-per-second"},
		{"a text where a number is wanted", "limits: {requests-per-second: many}", nil, "many"},
		{"a list where members are wanted", "limits: [1, 2]", nil, "limits: has members, such as blocks, and"},
		{"a number where members are wanted", "presence: 10", nil, "presence: has members, such as grace, and"},
		{"members where a text is wanted", "listen: {host: x}", nil, `unknown member "listen.host"`},
		{"a duration without a unit", "presence: {grace: 10}", nil, "missing unit"},
		{"no YAML", "limits: {", nil, "configuration file"},
		{"a list at the top", "- listen", nil, "configuration file"},
		{"a file that is not there", "", []string{"--config", "/nonexistent/foyer.yaml"}, "no such file"},
		{"a level that isn't one", "", []string{"--log-level", "loud"}, "--log-level"},
		{"a rule that isn't one", "invitations: {reinvite-after-withdrawal: never}", nil, "reinvite-after-withdrawal"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			args := append([]string{"serve"}, row.args...)
			if row.file != "" {
				args = append(args, "--config", write(t, row.file))
			}
			_, _, err := parse(t, args...)
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestACommandWithFewerSettingsTakesTheSameFile(t *testing.T) {
	path := write(t, "listen: 127.0.0.1:1\nauth-issuer: me\n")
	c, _, err := parse(t, "token", "--user", "alice", "--config", path)
	require.NoError(t, err)
	require.Equal(t, "me", c.Token.Auth.Issuer)
}

func TestEverySettingHasAVariableThatFollowsFromItsName(t *testing.T) {
	var s Settings
	parser, err := kong.New(&s, append(Options(), kong.NoDefaultHelp())...)
	require.NoError(t, err)
	require.Greater(t, len(parser.Model.Flags), 40)
	for _, f := range parser.Model.Flags {
		want := "FOYER_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(f.Name))
		require.Equal(t, []string{want}, f.Envs, f.Name)
		require.NotEmpty(t, f.Help, f.Name)
		require.NotNil(t, f.Group, f.Name)
	}
	for _, name := range []string{
		"listen", "admin-listen", "store", "redis", "node", "auth-secret", "auth-jwks", "auth-issuer", "auth-audience", "allowed-origins", "dev",
		"limits.requests-per-second", "limits.upgrades-per-second", "limits.devices-per-address", "limits.session-capacity",
		"invitations.per-minute", "invitations.pair-gap", "invitations.reinvite-after-withdrawal", "presence.grace", "session.empty-after",
	} {
		require.True(t, hasFlag(parser.Model.Flags, name), name)
	}
}

func hasFlag(flags []*kong.Flag, name string) bool {
	for _, f := range flags {
		if f.Name == name {
			return true
		}
	}
	return false
}

func TestUnknownVariablesAreFound(t *testing.T) {
	_, ctx, err := parse(t, "serve")
	require.NoError(t, err)
	got := UnknownVariables(ctx.Model, []string{"PATH=x", "FOYER_LISTEN=a", "FOYER_LIMITS_FOO=1", "FOYER_AUTH_SECRET_FILE=x", "FOYER_CONFIG=y", "FOYER_USER=bob", "FOYER_BAR="})
	require.Equal(t, []string{"FOYER_BAR", "FOYER_LIMITS_FOO", "FOYER_USER"}, got)
}

func TestSecretsFromFiles(t *testing.T) {
	t.Setenv("FOYER_AUTH_SECRET_FILE", write(t, goodSecret+"\n"))
	t.Setenv("FOYER_STORE_FILE", write(t, "sqlite:other.db\n"))
	c, _, err := parse(t, "serve")
	require.NoError(t, err)
	require.NoError(t, c.Serve.Complete())
	require.Equal(t, goodSecret, c.Serve.Auth.Secret)
	require.Equal(t, "sqlite:other.db", c.Serve.Store)
	require.NotEmpty(t, c.Serve.Node, "the host's name")

	c, _, err = parse(t, "serve", "--auth-secret", goodSecret)
	require.NoError(t, err)
	require.ErrorContains(t, c.Serve.Complete(), "give one of them")
	c, _, err = parse(t, "serve", "--auth-secret-file", write(t, "\n"))
	require.NoError(t, err)
	require.ErrorContains(t, c.Serve.Complete(), "is empty")
	c, _, err = parse(t, "serve", "--auth-secret-file", "/nonexistent")
	require.NoError(t, err)
	require.ErrorContains(t, c.Serve.Complete(), "--auth-secret-file")
}

// defaults are the settings of a server that was told its secret and nothing else.
func defaults(t *testing.T) *Settings {
	c, _, err := parse(t, "serve", "--auth-secret", goodSecret, "--node", "n1")
	require.NoError(t, err)
	return &c.Serve.Settings
}

func TestTheDefaultsAreTheRules(t *testing.T) {
	s := defaults(t)
	require.NoError(t, s.Check())
	require.Equal(t, "127.0.0.1:8080", s.Listen)
	require.Equal(t, "127.0.0.1:8081", s.AdminListen)
	require.Equal(t, "sqlite:foyer.db", s.Store)
	require.Equal(t, Limits{
		RequestsPerSecond: 20, RequestsBurst: 60, StatesPerSecond: 90, MessageBytes: 32768, StateBytes: 512, DevicesPerUser: 10, DevicesPerAddress: 0,
		UpgradesPerSecond: 300, Hellos: 2048, SessionCapacity: 1000, SessionsPerUser: 5, Connections: 5000, Blocks: 10000, Received: 1000, SearchesPerMinute: 30,
	}, s.Limits)
	require.Equal(t, Invitations{
		PerMinute: 10, PerDay: 100, Outstanding: 500, PairGap: time.Minute, PairMax: 3, PairWindow: 21 * 24 * time.Hour, Expiry: 30 * 24 * time.Hour,
		Suppression: 90 * 24 * time.Hour, MessageLength: 300, ReinviteAfterWithdrawal: "any", MailHold: 10 * time.Minute, Reminders: 2,
		ReminderAfter: 72 * time.Hour, Retention: 365 * 24 * time.Hour,
	}, s.Invitations)
	require.Equal(t, 10*time.Second, s.Presence.Grace)
	require.Equal(t, 60*time.Second, s.Session.EmptyAfter)
}

func TestEachLimitCanBeTurnedOff(t *testing.T) {
	s := defaults(t)
	s.Limits = Limits{}
	s.Invitations = Invitations{Expiry: time.Hour, ReinviteAfterWithdrawal: "any"}
	s.Transport.QueueMessages, s.Transport.QueueBytes = 0, 0
	require.NoError(t, s.Check())
}

func TestImpossibleSettings(t *testing.T) {
	rows := []struct {
		name   string
		change func(*Settings)
		want   string // empty: possible
	}{
		{"every address in the clear", func(s *Settings) { s.Listen = ":8080" }, "--behind-proxy"},
		{"a public address in the clear", func(s *Settings) { s.Listen = "203.0.113.1:80" }, "--behind-proxy"},
		{"the same behind a proxy", func(s *Settings) { s.Listen, s.BehindProxy = ":8080", true }, ""},
		{"the same with TLS", func(s *Settings) { s.Listen, s.TLSCert, s.TLSKey = ":443", "c.pem", "k.pem" }, ""},
		{"localhost by name", func(s *Settings) { s.Listen = "localhost:0" }, ""},
		{"IPv6 loopback", func(s *Settings) { s.Listen = "[::1]:0" }, ""},
		{"a name that looks like loopback", func(s *Settings) { s.Listen = "127.0.0.1.example:80" }, "--behind-proxy"},
		{"no address", func(s *Settings) { s.Listen = "8080" }, "HOST:PORT"},
		{"no admin address", func(s *Settings) { s.AdminListen = "" }, "HOST:PORT"},
		{"half a TLS", func(s *Settings) { s.TLSCert = "c.pem" }, "one needs the other"},
		{"development for everybody", func(s *Settings) { s.Listen, s.Dev, s.TLSCert, s.TLSKey = ":443", true, "c", "k" }, "anybody can sign in"},
		{"development behind a proxy", func(s *Settings) { s.Dev, s.BehindProxy = true, true }, "this machine alone"},
		{"no way to check tokens", func(s *Settings) { s.Auth.Secret = "" }, "FOYER_AUTH_SECRET"},
		{"keys alone", func(s *Settings) { s.Auth.Secret, s.Auth.JWKS = "", "https://id.example/keys" }, ""},
		{"development makes up a secret", func(s *Settings) { s.Auth.Secret, s.Dev = "", true }, ""},
		{"a short secret", func(s *Settings) { s.Auth.Secret = "short" }, "at least 32"},
		{"an empty node", func(s *Settings) { s.Node = "" }, "--node"},
		{"a node with a space", func(s *Settings) { s.Node = "a b" }, "--node"},
		{"another database", func(s *Settings) { s.Store = "mysql://root:hunter2@db/x" }, "give sqlite:PATH"},
		{"Redis", func(s *Settings) {
			s.Store, s.Redis = "postgres://foyer@db/foyer", "rediss://u:hunter2@r1:6379,rediss://r2:6379"
		}, ""},
		{"Redis with a database of this machine", func(s *Settings) { s.Redis = "redis://r1:6379" }, "several nodes need one database"},
		{"something else for Redis", func(s *Settings) { s.Store, s.Redis = "postgres://foyer@db/foyer", "http://:hunter2@r1" }, "give redis://"},
		{"PostgreSQL", func(s *Settings) { s.Store = "postgres://foyer@db/foyer" }, ""},
		{"a database without a name", func(s *Settings) { s.Store = "sqlite:" }, "--store"},
		{"a wildcard for origins", func(s *Settings) { s.AllowedOrigins = []string{"https://*.example"} }, "no wildcards"},
		{"all origins", func(s *Settings) { s.AllowedOrigins = []string{"*"} }, "no wildcards"},
		{"an origin with a path", func(s *Settings) { s.AllowedOrigins = []string{"https://a.example/"} }, "--allowed-origins"},
		{"a proxy by name", func(s *Settings) { s.TrustedProxies = []string{"proxy"} }, "--trusted-proxies"},
		{"proxies", func(s *Settings) { s.TrustedProxies = []string{"10.0.0.0/8", "::1"} }, ""},
		{"a count below 0", func(s *Settings) { s.Limits.RequestsPerSecond = -1 }, "--limits.requests-per-second: can't be below 0"},
		{"a duration below 0", func(s *Settings) { s.Invitations.PairGap = -1 }, "--invitations.pair-gap: can't be below 0"},
		{"a top duration below 0", func(s *Settings) { s.DrainTime = -1 }, "--drain-time: can't be below 0"},
		{"invitations that end at once", func(s *Settings) { s.Invitations.Expiry = 0 }, "--invitations.expiry"},
		{"states over a frame", func(s *Settings) { s.Limits.StateBytes = 70000 }, "--limits.state-bytes"},
		{"messages too short for hello", func(s *Settings) { s.Limits.MessageBytes = 100 }, "--limits.message-bytes"},
		{"a pong later than the ping", func(s *Settings) { s.Transport.Pong = 30 * time.Second }, "--transport.pong"},
		{"no time for hello", func(s *Settings) { s.Transport.HelloWithin = 0 }, "--transport.hello-within"},
		{"an unknown feature", func(s *Settings) { s.Features = []string{"teleport"} }, "--features"},
		{"no features", func(s *Settings) { s.Features = []string{""} }, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := defaults(t)
			row.change(s)
			err := s.Check()
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, row.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestNoSecretIsShown(t *testing.T) {
	_, ctx, err := parse(t, "serve", "--auth-secret", goodSecret, "--store", "postgres://foyer:hunter2@db/foyer?sslmode=disable", "--redis", "redis://:hunter2@r1,rediss://u:hunter2@r2")
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, Show(&out, ctx))
	require.NotContains(t, out.String(), goodSecret)
	require.NotContains(t, out.String(), "hunter2")
	require.Contains(t, out.String(), "# auth-secret: (hidden)")
	require.NotContains(t, Redacted("postgres://db/foyer?user=a&password=hunter2@x"), "hunter2")
}

func TestTheReferenceHasEverySettingAndIsStable(t *testing.T) {
	var first, second bytes.Buffer
	require.NoError(t, Reference(&first))
	t.Setenv("FOYER_LISTEN", "127.0.0.1:1")
	require.NoError(t, Reference(&second))
	require.Equal(t, first.String(), second.String())
	require.Contains(t, first.String(), "| `--limits.requests-per-second` | `FOYER_LIMITS_REQUESTS_PER_SECOND` | `20` |")
	committed, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	require.NoError(t, err)
	require.Equal(t, first.String(), string(committed), "run: go run ./cmd/foyer config reference > docs/configuration.md")
}

func TestFlagNamesInMessagesAreTheFlags(t *testing.T) {
	for name, want := range map[string]string{"DrainTime": "drain-time", "PerMinute": "per-minute", "Ping": "ping"} {
		require.Equal(t, want, kebab(name))
	}
	var s Settings
	require.NoError(t, negative("", reflect.ValueOf(s)))
}
