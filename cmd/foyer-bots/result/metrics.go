package result

// MetricInfo describes a metric for reports, and says which section of a scenario yields it ("" is all).
type MetricInfo struct {
	Name, Title, Help, Section string
}

// Metrics are the durations that are measured, each from the moment at which the event was due.
var Metrics = []MetricInfo{
	{"connect", "connect and hello", "From when a device was to connect to the answer to its hello.", ""},
	{"resume", "come back and resume", "From when a device whose socket broke was to come back to the answer to its hello.", "resume"},
	{"join", "join a session", "From when a member was to join to the answer.", "sessions"},
	{"roster", "a joiner on others' screens", "From when a member was to join to each other member's device knowing it.", "sessions"},
	{"complete", "all know everybody", "From when all members of a session were to join at once to a device knowing all of them.", "storms"},
	{"leave", "a leaver gone from screens", "From when a member was to leave to each other member's device knowing it.", "moves"},
	{"invite", "invitation on the screen", "From when an invitation was to be sent to each of the recipient's devices showing it.", "invitations"},
	{"withdraw", "gone from the other's screen", "From when an invitation was to be withdrawn to its being gone from each of the recipient's devices.", "withdraw"},
	{"accept", "connection on the screen", "From when an invitation was to be accepted to each of the sender's devices showing the connection.", "accept"},
	{"decline", "gone from the own screen", "From when an invitation was to be declined to its being gone from each of the recipient's devices.", "decline"},
	{"cross", "crossed invitations connect", "From when both were to invite to each device of both showing the connection.", "cross"},
	{"remove", "gone from the other's screen", "From when a connection was to be removed to its being gone from each of the other's devices.", "connected"},
	{"presence", "status on a friend's screen", "From when a status was to be set to each friend's device showing it.", "presence"},
	{"message", "message to other members", "From when a message was to be sent to each other member's device having it.", "messages"},
	{"state", "state to other members", "From when a state was to be written to another member's device having it; one of 16 is measured.", "states"},
	{"jitter", "unsteadiness of ticks", "How much longer or shorter it was from one frame of states to the next, on each device, than the ticks between them say.", "states"},
	{"answer", "any request to its answer", "From writing a request to its answer, whatever it asks.", ""},
	{"lag", "lateness of the bots", "From when an event was due to its being begun. If this is long, these bots or their machine are the limit.", ""},
}

// The series: numbers over time.
const (
	SeriesOnline   = "online"   // devices
	SeriesRequests = "requests" // answered
	SeriesPushes   = "pushes"   // notifications that came
	SeriesStates   = "states"   // that came
	SeriesErrors   = "errors"   // what counts as one
	SeriesLost     = "lost"     // sockets that broke though nobody broke them
)

// Counters are the numbers that objectives may name, beside metrics.
var Counters = []MetricInfo{
	{Name: "errors", Help: "Requests that were refused or not answered, and what was due but could not be begun."},
	{Name: "lost_sockets", Help: "Sockets that the server closed or that broke though no scenario broke them."},
	{Name: "violations", Help: "What must never happen. Any fails the run; no objective is needed."},
	{Name: "states.delivered", Help: "Share of the states that members should have got, 0 to 1.", Section: "states"},
	{Name: "states.arrived", Help: "States that arrived.", Section: "states"},
	{Name: "requests", Help: "Requests answered."},
	{Name: "pushes", Help: "Notifications that came."},
}
