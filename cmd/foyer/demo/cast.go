package demo

import "time"

// answer is what a person does with an invitation.
type answer int

const (
	accepts answer = iota
	declines
	waits // for ever
)

// role is one of the people: who they are and what they are like.
type role struct {
	name   string
	answer answer
	takes  time.Duration // from an invitation to its answer
	stays  bool          // never steps out of the lobby
	note   string
}

// cast are the people of the lobby; the first is its host.
var cast = []role{
	{name: "Mira Sato", answer: accepts, takes: 4 * time.Second, stays: true, note: "Your host. Ask me anything"},
	{name: "Jonas Weber", answer: waits, stays: true, note: "Sketching, back in a while"},
	{name: "Amara Okafor", answer: accepts, takes: 7 * time.Second, stays: true, note: "New here, say hi"},
	{name: "Luis Ortega", answer: accepts, takes: 11 * time.Second, stays: true, note: "Looking for a chess partner"},
	{name: "Yuki Tanaka", answer: declines, takes: 6 * time.Second, note: "Just watching"},
	{name: "Chloé Martin", answer: accepts, takes: 5 * time.Second, note: "Painting in room 3 at eight"},
	{name: "Tomasz Zieliński", answer: accepts, takes: 9 * time.Second, note: "Testing a new headset"},
	{name: "Priya Nair", answer: waits, note: "On a call"},
	{name: "Omar Haddad", answer: accepts, takes: 6 * time.Second, note: "Coffee first"},
	{name: "Freja Lind", answer: declines, takes: 12 * time.Second, note: "Rehearsing"},
	{name: "Mateo Rossi", answer: accepts, takes: 8 * time.Second, note: "Guitar by the fire"},
	{name: "Nia Boateng", answer: accepts, takes: 5 * time.Second, note: "Building a bridge, need hands"},
}

// greetings come with an invitation to a visitor.
const (
	welcome       = "Welcome to the lobby! Shall we stay in touch?"
	secondThought = "Fancy a game of chess?"
)

// openers come with invitations among the people.
var openers = []string{
	"",
	"That was fun yesterday!",
	"Same table next week?",
	"Loved your sketch.",
	"Can you show me how you did that?",
}
