package schema

import "foyer/protocol"

// Names of the components that no Go type stands for.
const (
	RequestID = "RequestID"
	Refusal   = "Refusal"
)

// RequestName is the component of a method's request.
func RequestName(m protocol.Method) string { return string(m) + ".request" }

// ResultName is the component of a method's answer.
func ResultName(m protocol.Method) string { return string(m) + ".result" }

// NotificationName is the component of a notification.
func NotificationName(m protocol.Method) string { return string(m) + ".notification" }

// Build makes the schemas of all frames of the control lane and of everything in them.
func (b *Builder) Build() {
	b.Components = map[string]*Schema{}
	b.Components[RequestID] = &Schema{
		Description: "Chosen by the client; the answer has the same.",
		AnyOf:       []*Schema{{Type: "string"}, {Type: "integer"}},
	}
	for _, info := range protocol.Methods() {
		params := b.Params(info.NewParams())
		required := []string{"jsonrpc", "method"}
		if needsParams(b.Components[name(params)]) {
			required = append(required, "params")
		}
		request := object(required,
			Property{"jsonrpc", constant("2.0")},
			Property{"id", ref(RequestID)},
			Property{"method", constant(string(info.Method))},
			Property{"params", params})
		request.AdditionalProperties = false
		b.Components[RequestName(info.Method)] = request
		b.Components[ResultName(info.Method)] = b.fromServer(
			Property{"jsonrpc", constant("2.0")},
			Property{"id", ref(RequestID)},
			Property{"result", b.Result(info.NewResult())})
	}
	for _, info := range protocol.Notifications() {
		b.Components[NotificationName(info.Method)] = b.fromServer(
			Property{"jsonrpc", constant("2.0")},
			Property{"method", constant(string(info.Method))},
			Property{"params", b.Result(info.NewParams())})
	}
	b.Components[Refusal] = b.fromServer(
		Property{"jsonrpc", constant("2.0")},
		Property{"id", &Schema{AnyOf: []*Schema{ref(RequestID), {Type: "null"}}}},
		Property{"error", b.Result(&protocol.Error{})})
}

// fromServer makes an object all of whose members are there.
func (b *Builder) fromServer(properties ...Property) *Schema {
	s := object(nil, properties...)
	for _, p := range properties {
		s.Required = append(s.Required, p.Name)
	}
	if b.Closed {
		s.AdditionalProperties = false
	}
	return s
}

func needsParams(s *Schema) bool { return len(s.Required) > 0 || s.OneOf != nil }

func name(s *Schema) string { return s.Ref[len("#/components/schemas/"):] }
