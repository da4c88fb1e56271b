package schema

import (
	"reflect"

	"foyer/protocol"
)

// refinements say what the types alone can't: which members go together.
var refinements = map[reflect.Type]func(*Schema){
	reflect.TypeFor[protocol.To]():                           exactlyOne,
	reflect.TypeFor[protocol.InvitationWithdrawParams]():     refineWithdraw,
	reflect.TypeFor[protocol.InvitationWithdrawManyParams](): refineWithdrawMany,
	reflect.TypeFor[protocol.Relation]():                     refineRelation,
	reflect.TypeFor[protocol.Presence]():                     refinePresence,
	reflect.TypeFor[protocol.Person]():                       refinePerson,
	reflect.TypeFor[protocol.Action]():                       refineAction,
	reflect.TypeFor[protocol.Error]():                        refineError,
}

func exactlyOne(s *Schema) {
	one := 1
	s.MinProperties, s.MaxProperties = &one, &one
}

func refineWithdraw(s *Schema) {
	s.OneOf = []*Schema{{Required: []string{"invitation_id"}}, {Required: []string{"user_id"}}}
}

func refineWithdrawMany(s *Schema) {
	all := &Schema{Required: []string{"all"}, Properties: Properties{{"all", constant(true)}}}
	s.OneOf = []*Schema{
		{Required: []string{"invitation_ids"}, Not: &Schema{AnyOf: []*Schema{all, {Required: []string{"older_than_ms"}}}}},
		{Required: all.Required, Properties: all.Properties, Not: &Schema{Required: []string{"invitation_ids"}}},
	}
}

// refineRelation: an invitation is there exactly while one is open.
func refineRelation(s *Schema) {
	open := words(protocol.RelationSent, protocol.RelationReceived)
	s.If = &Schema{Properties: Properties{{"state", &Schema{Enum: open}}}}
	s.Then = &Schema{Required: []string{"invitation"}}
	s.Else = &Schema{Not: &Schema{Required: []string{"invitation"}}}
}

// refinePresence: offline tells nothing else, save the invisible their own.
func refinePresence(s *Schema) {
	none := int64(0)
	s.If = &Schema{
		Properties: Properties{{"status", constant(string(protocol.StatusOffline))}},
		Not:        &Schema{Required: []string{"invisible"}},
	}
	s.Then = &Schema{
		Properties: Properties{{"devices", &Schema{MaxItems: &none}}},
		Not:        &Schema{AnyOf: []*Schema{{Required: []string{"note"}}, {Required: []string{"session"}}, {Required: []string{"since"}}}},
	}
}

// refinePerson: somebody is named, by who they are or by an address.
func refinePerson(s *Schema) {
	s.AnyOf = []*Schema{{Required: []string{"user"}}, {Required: []string{"address"}}}
}

// refineAction: what is enabled has no reason why not.
func refineAction(s *Schema) {
	s.If = &Schema{Properties: Properties{{"enabled", constant(true)}}}
	s.Then = &Schema{Not: &Schema{AnyOf: []*Schema{{Required: []string{"reason"}}, {Required: []string{"retry_at"}}}}}
	s.Else = &Schema{Required: []string{"reason"}}
}

// refineError ties each class to its reasons, and each reason to what comes with it.
func refineError(s *Schema) {
	own := map[protocol.Code]*Schema{
		protocol.CodeInvalidParams: data("field"),
		protocol.CodeInternal:      data("trace_id"),
	}
	codes := []protocol.Code{
		protocol.CodeParse, protocol.CodeInvalidRequest, protocol.CodeMethodNotFound,
		protocol.CodeInvalidParams, protocol.CodeInternal,
	}
	byCode := map[protocol.Code][]string{}
	for _, r := range protocol.Reasons() {
		code := protocol.Refuse(r).Code
		if byCode[code] == nil {
			codes = append(codes, code)
		}
		byCode[code] = append(byCode[code], string(r))
	}
	var all []int
	for _, c := range codes {
		all = append(all, int(c))
		then := own[c]
		if reasons := byCode[c]; reasons != nil {
			then = data("reason")
			then.Properties[0].Schema.Properties = Properties{{"reason", &Schema{Enum: reasons}}}
		}
		if then != nil {
			s.AllOf = append(s.AllOf, &Schema{If: &Schema{Properties: Properties{{"code", constant(int(c))}}}, Then: then})
		}
	}
	s.Properties.named("code").Enum = all
	with := map[protocol.Reason]string{
		protocol.ReinviteCooldown: "retry_at", protocol.InvitationLimit: "retry_at",
		protocol.RateLimited: "retry_after_ms", protocol.TooManyOutstanding: "limit", protocol.Unavailable: "retry_after_ms",
	}
	for _, r := range protocol.Reasons() {
		if member := with[r]; member != "" {
			is := data("reason")
			is.Properties[0].Schema.Properties = Properties{{"reason", constant(string(r))}}
			s.AllOf = append(s.AllOf, &Schema{If: is, Then: data(member)})
		}
	}
}

// data asks for a member of the error's data.
func data(member string) *Schema {
	return object([]string{"data"}, Property{"data", object([]string{member})})
}

func words[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
