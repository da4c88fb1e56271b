package scenario

// Sections names what a scenario has, as result.MetricInfo does: each metric needs one of them to be measured.
func (s *Scenario) Sections() map[string]bool {
	has := map[string]bool{
		"sessions": s.Sessions != nil, "states": s.States != nil, "presence": s.Presence != nil, "messages": s.Messages != nil,
		"moves": s.Moves != nil || s.Sessions != nil && len(s.People) > 1, "storms": len(s.Storms) > 0, "resume": s.Drops != nil || len(s.Herds) > 0,
	}
	if s.Invitations == nil {
		return has
	}
	shares := s.Invitations.Mix.Shares()
	has["invitations"] = true
	has["withdraw"] = shares[0] > 0 || shares[2] > 0
	has["accept"] = shares[1] > 0 || shares[2] > 0
	has["decline"], has["cross"] = shares[2] > 0, shares[3] > 0
	has["connected"] = has["accept"] || has["cross"]
	return has
}
