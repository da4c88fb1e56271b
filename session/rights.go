package session

import (
	"maps"

	"foyer/protocol"
)

// standingIn is what the rules on rights look at: how someone stands to a session.
type standingIn struct {
	userID  string
	role    protocol.Role // "" for who is not in it
	creator bool
	recent  bool // left it within RecentFor
	// bound: the session is led by a host who only inherited it. Such a host keeps it running, but what the creator
	// decided stands; cohosts can do no more than the host.
	bound bool
}

// standing returns how userID stands to the session.
func (s *Standings) standing(userID string) standingIn {
	by := s.By[userID]
	return standingIn{
		userID:  userID,
		role:    by.Role, // also of who just left: what a cohost may not do to a cohost, leaving doesn't open
		creator: userID != "" && userID == s.Creator,
		recent:  by.Member == nil && by.LeftAt != 0,
		bound:   s.Inherited,
	}
}

// forget drops who left too long before now: the Registry forgets them no sooner than it is swept.
func (s *Standings) forget(now int64) {
	maps.DeleteFunc(s.By, func(_ string, by Standing) bool { return by.Member == nil && by.LeftAt+RecentFor <= now })
}

// present reports whether p is a member.
func (p standingIn) present() bool { return p.role != "" && !p.recent }

// leads reports whether p has the say of a host here: the host, and the creator while away, who would be host again
// on return.
func (p standingIn) leads() bool {
	return p.present() && p.role == protocol.RoleHost || p.creator && !p.present()
}

// helps reports whether p has the say of a cohost here.
func (p standingIn) helps() bool { return p.leads() || p.present() && p.role == protocol.RoleCohost }

// restrained reports whether p acts under a host who only inherited the session.
func (p standingIn) restrained() bool { return p.bound && !p.creator }

// mayManage says whether p may use what hosts and cohosts can.
func (p standingIn) mayManage() *protocol.Error {
	switch {
	case p.helps():
		return nil
	case !p.present():
		return protocol.Refuse(protocol.NotInSession)
	}
	return protocol.Refuse(protocol.Forbidden)
}

// mayDecide says whether p may do what the creator's decisions depend on: bans, password, visibility.
func (p standingIn) mayDecide() *protocol.Error {
	if err := p.mayManage(); err != nil {
		return err
	}
	if p.restrained() {
		return protocol.Refuse(protocol.Forbidden)
	}
	return nil
}

// mayClose says whether p may end the session.
func (p standingIn) mayClose() *protocol.Error {
	if err := p.mayDecide(); err != nil {
		return err
	}
	if !p.leads() {
		return protocol.Refuse(protocol.Forbidden)
	}
	return nil
}

// mayKick says whether p may remove t, who is a member or just left.
func (p standingIn) mayKick(t standingIn) *protocol.Error {
	if err := p.mayManage(); err != nil {
		return err
	}
	switch {
	case t.userID == p.userID, t.creator:
		return protocol.Refuse(protocol.Forbidden)
	case !p.leads() && (t.role == protocol.RoleHost || t.role == protocol.RoleCohost):
		return protocol.Refuse(protocol.Forbidden)
	case !t.present() && !t.recent:
		return protocol.Refuse(protocol.UserNotFound)
	}
	return nil
}

// mayBan says whether p may remove t and keep t out.
func (p standingIn) mayBan(t standingIn) *protocol.Error {
	if err := p.mayDecide(); err != nil {
		return err
	}
	return p.mayKick(t)
}

// maySetRole says whether p may give t a role. The host's own role changes by handing it over only.
func (p standingIn) maySetRole(t standingIn) *protocol.Error {
	switch {
	case !p.present():
		return protocol.Refuse(protocol.NotInSession)
	case p.role != protocol.RoleHost:
		return protocol.Refuse(protocol.Forbidden)
	case !t.present():
		return protocol.Refuse(protocol.UserNotFound)
	}
	return nil
}

// mayMute says whether p may set the attribute muted of t.
func (p standingIn) mayMute(t standingIn) *protocol.Error {
	switch {
	case !p.present():
		return protocol.Refuse(protocol.NotInSession)
	case !p.helps():
		return protocol.Refuse(protocol.Forbidden)
	case !t.present():
		return protocol.Refuse(protocol.UserNotFound)
	}
	return nil
}

// mayUpdate says whether p may change the settings that u gives.
func (p standingIn) mayUpdate(u *protocol.SessionUpdateParams) *protocol.Error {
	if u.Password != nil || u.Visibility != nil {
		return p.mayDecide()
	}
	return p.mayManage()
}
