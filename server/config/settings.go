package config

import "time"

// Settings are all that an operator can decide. Counts of 0 mean no limit; durations are written as in Go ("90s", "504h").
type Settings struct {
	Listen      string `default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Where devices connect: /v1/ws, the server API and /tablet/." group:"Server"`
	AdminListen string `default:"127.0.0.1:8081" placeholder:"ADDRESS" help:"Where operators look: /livez, /readyz, /metrics and, from this machine only, /debug/pprof/." group:"Server"`
	Node        string `placeholder:"NAME" help:"This node's name; the host's name unless given." group:"Server"`
	Store       string `default:"sqlite:foyer.db" placeholder:"DSN" help:"The database: sqlite:PATH, sqlite::memory: or postgres://USER@HOST/DATABASE." group:"Server"`
	StoreFile   string `placeholder:"FILE" help:"A file that holds the value of --store." group:"Server"`

	StoreCalls            int  `default:"0" placeholder:"N" help:"Calls that write to the database at once, and as many that read; more wait, the most urgent first, and are refused when they wait too long. 0: as many as the database serves well." group:"Server"`
	GarbagePercent        int  `default:"50" placeholder:"N" help:"How much garbage may gather until memory is collected, in percent of what is in use: less is less memory and more CPU. While collections follow each other, 32 MiB may gather in any case. It counts, not GOGC; 0 leaves it to GOGC." group:"Server"`
	StoreAllowAsyncCommit bool `help:"Accept a PostgreSQL with synchronous_commit=off, whose crash can undo what users were told is done." group:"Server"`

	Redis     string        `placeholder:"URL" help:"Redis between several nodes on one PostgreSQL: redis://HOST:PORT, with ?master_name= for Sentinel, several separated by commas for a Redis Cluster; without it the node is by itself." group:"Server"`
	RedisFile string        `placeholder:"FILE" help:"A file that holds the value of --redis." group:"Server"`
	DrainTime time.Duration `default:"20s" placeholder:"DURATION" help:"Over how long the devices are sent away when the server stops." group:"Server"`
	Dev       bool          `help:"For development: hand out tokens to whoever asks (POST /dev/token). Only on loopback." group:"Server"`

	Auth     Auth `embed:"" prefix:"auth-" group:"Tokens"`
	Edge     `embed:"" group:"Network"`
	Features []string `default:"withdraw_many,email,sms" placeholder:"NAME" help:"Optional features that are offered at all: ${default}." group:"Server"`
	Log      Log      `embed:"" prefix:"log-" group:"Logs"`

	Limits      Limits      `embed:"" prefix:"limits." group:"Limits"`
	Invitations Invitations `embed:"" prefix:"invitations." group:"Invitations"`
	Presence    Presence    `embed:"" prefix:"presence." group:"Presence and sessions"`
	Session     Session     `embed:"" prefix:"session." group:"Presence and sessions"`
	Transport   Transport   `embed:"" prefix:"transport." group:"Transport"`
}

// Auth says which tokens are good.
type Auth struct {
	Secret     string `placeholder:"SECRET" help:"Shared secret for HS256 tokens, at least 32 bytes. Better given by file or environment: flags can be seen by other users of the machine."`
	SecretFile string `placeholder:"FILE" help:"A file that holds the secret."`
	JWKS       string `name:"jwks" placeholder:"URL" help:"Address of the identity provider's key set (RS256, ES256, EdDSA): https, or http on this machine."`
	Keys       string `placeholder:"FILE" help:"A file of public keys (RS256, ES256, EdDSA): PEM or a JWK set."`
	Issuer     string `placeholder:"NAME" help:"Required iss of a token; any unless given."`
	Audience   string `placeholder:"NAME" help:"Required aud of a token; any unless given."`
}

// Edge says who may reach the server, and how.
type Edge struct {
	AllowedOrigins []string `placeholder:"ORIGIN" help:"Web pages that may connect, as scheme://host[:port]; the server's own origin unless given, which then has to be in the list."`
	BehindProxy    bool     `help:"A proxy in front ends TLS: plain HTTP is allowed on an address that others can reach."`
	TrustedProxies []string `placeholder:"CIDR" help:"Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."`
	TLSCert        string   `name:"tls-cert" placeholder:"FILE" help:"Certificate chain in PEM; the server speaks TLS itself."`
	TLSKey         string   `name:"tls-key" placeholder:"FILE" help:"The certificate's private key in PEM."`
}

// Log says what is written to standard error.
type Log struct {
	Level  string `default:"info" enum:"debug,info,warn,error" placeholder:"LEVEL" help:"Least level that is logged: ${enum}."`
	Format string `default:"auto" enum:"auto,json,text" placeholder:"FORMAT" help:"${enum}; auto is text on a terminal, else json."`
}

// Limits bound what a client can make grow.
type Limits struct {
	RequestsPerSecond int `default:"20" placeholder:"N" help:"Requests a second of one device; each of a batch counts."`
	RequestsBurst     int `default:"60" placeholder:"N" help:"Requests that a device may send at once after a pause."`
	StatesPerSecond   int `default:"90" placeholder:"N" help:"States a second of one device; more are dropped silently, the latest wins."`
	MessageBytes      int `default:"32768" placeholder:"N" help:"Longest text message."`
	StateBytes        int `default:"512" placeholder:"N" help:"Longest state."`
	DevicesPerUser    int `default:"10" placeholder:"N" help:"Devices of one user, companions and dropped ones in their grace included."`
	DevicesPerAddress int `default:"0" placeholder:"N" help:"Devices from one IPv4 address or IPv6 /64."`
	UpgradesPerSecond int `default:"300" placeholder:"N" help:"New devices a second on this node; more are told to come back."`
	Hellos            int `default:"2048" placeholder:"N" help:"Devices saying hello at the same time on this node; with more, new ones are told to come back."`
	SessionCapacity   int `default:"1000" placeholder:"N" help:"Largest capacity that a session can be given."`
	SessionsPerUser   int `default:"5" placeholder:"N" help:"Sessions made by one user and not ended yet."`
	Connections       int `default:"5000" placeholder:"N" help:"Connections of one user."`
	Blocks            int `default:"10000" placeholder:"N" help:"People blocked by one user."`
	Received          int `default:"1000" placeholder:"N" help:"Open invitations that one user is shown; more are hidden."`
	SearchesPerMinute int `default:"30" placeholder:"N" help:"Searches for people a minute of one user."`
}

// Invitations are the rules of inviting.
type Invitations struct {
	PerMinute               int           `default:"10" placeholder:"N" help:"Invitations a minute of one user."`
	PerDay                  int           `default:"100" placeholder:"N" help:"Invitations in any 24 hours of one user."`
	Outstanding             int           `default:"500" placeholder:"N" help:"Open invitations sent by one user."`
	PairGap                 time.Duration `default:"60s" placeholder:"DURATION" help:"Least time between two invitations to the same person."`
	PairMax                 int           `default:"3" placeholder:"N" help:"Invitations to the same person within --invitations.pair-window."`
	PairWindow              time.Duration `default:"504h" placeholder:"DURATION" help:"See --invitations.pair-max."`
	Expiry                  time.Duration `default:"720h" placeholder:"DURATION" help:"How long an invitation stays open."`
	Suppression             time.Duration `default:"2160h" placeholder:"DURATION" help:"How long a decline hides further invitations from the same person."`
	MessageLength           int           `default:"300" placeholder:"N" help:"Longest message with an invitation, in characters."`
	ReinviteAfterWithdrawal string        `default:"any" enum:"any,email" placeholder:"RULE" help:"What whoever withdrew needs to invite again: any (nothing more) or email (the recipient's address)."`
	MailHold                time.Duration `default:"10m" placeholder:"DURATION" help:"How long the first mail of an invitation is held back. This version sends no mail yet."`
	Reminders               int           `default:"2" placeholder:"N" help:"Reminder mails of one invitation; 0: none."`
	ReminderAfter           time.Duration `default:"72h" placeholder:"DURATION" help:"Time between a mail and its reminder."`
	Retention               time.Duration `default:"8760h" placeholder:"DURATION" help:"How long invitations that are over stay in the history; 0: for ever."`
}

// Presence is about who is shown as there.
type Presence struct {
	Grace time.Duration `default:"10s" placeholder:"DURATION" help:"How long a device that dropped is waited for."`
}

// Session is about shared sessions.
type Session struct {
	EmptyAfter   time.Duration `default:"60s" placeholder:"DURATION" help:"How long a session that is not persistent may be empty before it ends."`
	RestoreGrace time.Duration `default:"60s" placeholder:"DURATION" help:"How long after a start the members of before are waited for."`
}

// Transport is about the sockets themselves.
type Transport struct {
	HelloWithin   time.Duration `default:"10s" placeholder:"DURATION" help:"A device that has not said hello by then is closed with 4408."`
	Ping          time.Duration `default:"25s" placeholder:"DURATION" help:"How often each device is pinged."`
	Pong          time.Duration `default:"10s" placeholder:"DURATION" help:"A device that has not answered a ping by then is closed with 4001."`
	Stall         time.Duration `default:"10s" placeholder:"DURATION" help:"A device that takes no byte for so long is closed with 4000."`
	QueueMessages int           `default:"1024" placeholder:"N" help:"Messages that may wait for one device; with more it is closed with 4000."`
	QueueBytes    int           `default:"1048576" placeholder:"N" help:"Bytes that may wait for one device; with more it is closed with 4000."`
	QueueTotal    int           `default:"268435456" placeholder:"N" help:"Bytes that may wait for all devices together; the less is left of it, the less may wait for one device."`
}
