package scenario

import "time"

// MaxDevices is how many devices a scenario may ask for altogether.
const MaxDevices = 100_000

// Scenario is a load. Sections that are nil don't happen.
type Scenario struct {
	Name        string   `yaml:"name" help:"What reports call it: small letters, digits and hyphens."`
	About       string   `yaml:"about" help:"A sentence for the list of scenarios and for reports."`
	Duration    Duration `yaml:"duration" default:"30s" min:"1s" max:"24h" help:"How long the load lasts once everybody who is there from the start has come."`
	People      Curve    `yaml:"people" default:"100" min:"0" max:"100000" help:"How many people there are; over time, the newest come last and go first. Those of time 0 come before the load."`
	DevicesEach int      `yaml:"devices_each" default:"1" min:"1" max:"10" help:"Devices of each person; at most 100000 in all."`
	ConnectRate float64  `yaml:"connect_rate" default:"200" min:"0.1" max:"20000" help:"Devices that connect a second, at most."`
	Friends     int      `yaml:"friends" default:"0" min:"0" max:"50" help:"Connections of each person, made before the load. They are told of each other's presence."`

	Sessions    *Sessions    `yaml:"sessions" help:"Everybody is in a session; without it, nobody is."`
	States      *States      `yaml:"states" help:"Members write their state, such as a pose. Needs sessions."`
	Invitations *Invitations `yaml:"invitations" help:"People invite each other, and something becomes of it."`
	Presence    *Presence    `yaml:"presence" help:"People change their status and note. Needs friends."`
	Moves       *Moves       `yaml:"moves" help:"Members leave their session and come back. Needs sessions."`
	Messages    *Messages    `yaml:"messages" help:"Members send a message to all others. Needs sessions."`
	Drops       *Drops       `yaml:"drops" help:"Single sockets break without a goodbye, and come back to resume."`
	Herds       []Herd       `yaml:"herds" limit:"50" help:"Many sockets break at one moment."`
	Storms      []Storm      `yaml:"storms" limit:"100" help:"Everybody leaves, and all members of each session join a new one at one moment. Needs sessions."`

	Objectives []string `yaml:"objectives" limit:"100" help:"What must hold for the run to pass, as given to --slo: withdraw.p99<150ms."`
}

// Sessions say how people are divided.
type Sessions struct {
	Size   int `yaml:"size" default:"10" min:"2" max:"1000" help:"Members of a session."`
	TickHz int `yaml:"tick_hz" default:"20" min:"1" max:"60" help:"How often a second a session's states go out."`
}

// States are written by every device that is in a session.
type States struct {
	Hz    float64 `yaml:"hz" default:"20" min:"0.01" max:"90" help:"States a second of each device."`
	Bytes int     `yaml:"bytes" default:"64" min:"40" max:"512" help:"Size of a state; the first 40 say who wrote it, and when."`

	Named    int      `yaml:"named" default:"0" min:"0" max:"1000" help:"Of how many members each device gets the states at every tick, with session.subscribe; 0 is all of them."`
	OthersHz int      `yaml:"others_hz" default:"0" min:"0" max:"60" help:"How often a second it gets the others' then; 0 is never."`
	Renew    Duration `yaml:"renew" default:"1s" min:"10ms" max:"1h" help:"How often each device names others, some of whom are the same."`
}

// Invitations are begun at a rate; Mix says what becomes of them.
type Invitations struct {
	Rate Curve    `yaml:"rate" default:"10" min:"0" max:"100000" help:"Invitations begun a second."`
	Hold Duration `yaml:"hold" default:"500ms" min:"1ms" max:"1h" help:"How long an invitation stays open before something becomes of it."`
	Mix  Mix      `yaml:"mix" help:"Which share is withdrawn, accepted, declined or crossed by one from the other side."`
}

// Mix are proportions: {withdraw: 3, accept: 1} is three of four withdrawn. None given: all are withdrawn.
type Mix struct {
	Withdraw float64 `yaml:"withdraw" min:"0" max:"1000" help:"Withdrawn by who sent it: by id, by person, and in bulk, in turn."`
	Accept   float64 `yaml:"accept" min:"0" max:"1000" help:"Accepted; the connection is removed again."`
	Decline  float64 `yaml:"decline" min:"0" max:"1000" help:"Declined, which its sender must not notice; then taken back and withdrawn, or withdrawn unseen."`
	Cross    float64 `yaml:"cross" min:"0" max:"1000" help:"Both invite each other at once, which must connect them; the connection is removed again."`
}

// Presence is changed by one person after the other.
type Presence struct {
	Rate Curve `yaml:"rate" default:"10" min:"0" max:"100000" help:"Changes a second."`
}

// Moves take members out of their session and back.
type Moves struct {
	Rate Curve    `yaml:"rate" default:"1" min:"0" max:"100000" help:"Members who leave, a second."`
	Away Duration `yaml:"away" default:"1s" min:"1ms" max:"1h" help:"How long each stays out."`
}

// Messages go to all members of the sender's session.
type Messages struct {
	Rate  Curve `yaml:"rate" default:"10" min:"0" max:"100000" help:"Messages a second."`
	Bytes int   `yaml:"bytes" default:"64" min:"2" max:"4000" help:"Length of the text."`
}

// Drops break sockets one by one.
type Drops struct {
	Rate Curve    `yaml:"rate" default:"1" min:"0" max:"100000" help:"Sockets that break, a second."`
	Away Duration `yaml:"away" default:"500ms" min:"1ms" max:"1h" help:"How long until the device tries to come back."`
}

// Herd breaks many sockets at once.
type Herd struct {
	At     Duration `yaml:"at" default:"5s" min:"0s" max:"24h" help:"When, from the beginning of the load."`
	Share  float64  `yaml:"share" default:"1" min:"0.001" max:"1" help:"Which share of all devices."`
	Within Duration `yaml:"within" default:"2s" min:"1ms" max:"1h" help:"They try to come back at random moments within this time."`
}

// Storm has everybody join at once.
type Storm struct {
	At Duration `yaml:"at" default:"0s" min:"0s" max:"24h" help:"When, from the beginning of the load."`
}

// Duration is written as in Go: 500ms, 30s, 1h30m.
type Duration time.Duration

// Std returns d as package time's.
func (d Duration) Std() time.Duration { return time.Duration(d) }

func (d Duration) String() string { return time.Duration(d).String() }

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if err := unmarshal(&text); err != nil {
		return err
	}
	v, err := time.ParseDuration(text)
	if err != nil {
		return &wrong{`a duration such as 500ms, 30s or 1h30m, not "` + clip(text) + `"`}
	}
	*d = Duration(v)
	return nil
}

// Shares returns the proportions, all withdrawn if none is given.
func (m Mix) Shares() [4]float64 {
	shares := [4]float64{m.Withdraw, m.Accept, m.Decline, m.Cross}
	if shares == [4]float64{} {
		shares[0] = 1
	}
	return shares
}

// MaxPeople is how many people there are at most at a time.
func (s *Scenario) MaxPeople() int { return int(s.People.Max()) }
