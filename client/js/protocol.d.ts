/** The objects of the Foyer protocol, version 1, as they look on the wire. */

export interface User {
  id: string;
  name: string;
  username?: string;
  avatar_url?: string;
  /** One's own only. */
  email?: string;
}

export type DeviceKind = 'headset' | 'tablet' | 'desktop' | 'mobile' | 'web' | 'bot';
export type PresenceStatus = 'online' | 'away' | 'busy' | 'offline';

export interface Presence {
  status: PresenceStatus;
  note?: string;
  note_until?: string;
  session?: { id: string; name: string };
  devices: DeviceKind[];
  since?: string;
  /** One's own only. */
  invisible?: boolean;
}

export type InvitationState = 'pending' | 'accepted' | 'declined' | 'withdrawn' | 'expired';

export interface Invitation {
  id: string;
  direction: 'sent' | 'received';
  /** The other one; absent on an open invitation to an address. */
  user?: User;
  address?: string;
  message?: string;
  channel: 'in_app' | 'email' | 'sms';
  session_id?: string;
  sent_at: string;
  expires_at: string;
  state: InvitationState;
  resolved_at?: string;
}

export type RelationState =
  | 'self'
  | 'none'
  | 'invitation_sent'
  | 'invitation_received'
  | 'connected'
  | 'blocked';

export interface Relation {
  state: RelationState;
  invitation?: Invitation;
  since?: string;
}

export type Role = 'host' | 'cohost' | 'member';
export type Attributes = Record<string, unknown>;

export interface Member {
  user: User;
  number: number;
  role: Role;
  attributes: Attributes;
  devices: DeviceKind[];
  connected: boolean;
  joined_at: string;
}

export interface Person {
  user?: User;
  address?: string;
  relation: Relation;
  presence?: Presence;
  member?: Member;
}

export type Visibility = 'public' | 'connections' | 'private';

export interface Session {
  id: string;
  name: string;
  visibility: Visibility;
  capacity: number;
  locked: boolean;
  has_password: boolean;
  persistent: boolean;
  member_count: number;
  metadata?: Record<string, unknown>;
  tick_hz: number;
  created_at: string;
}

export type ActionName =
  | 'invite'
  | 'withdraw'
  | 'accept'
  | 'decline'
  | 'undo_decline'
  | 'remove_connection'
  | 'block'
  | 'unblock'
  | 'join_session'
  | 'kick'
  | 'ban'
  | 'set_role'
  | 'mute';

export interface Action {
  action: ActionName;
  enabled: boolean;
  reason?: string;
  retry_at?: string;
}

export interface Focus {
  person: Person;
  actions: Action[];
}

export interface Settings {
  invitable_by: 'everyone' | 'shared_session' | 'email' | 'nobody';
  findable_by_name: boolean;
  findable_by_email: boolean;
  email_reminders: boolean;
  recent_people: boolean;
}

export interface HelloResult {
  user: User;
  device_id: string;
  epoch: string;
  rev: number;
  resumed: boolean;
  unseen: number;
  session_id?: string;
  features: string[];
  time: string;
  server: { version: string; node: string };
  limits: {
    message_bytes: number;
    state_bytes: number;
    requests_per_second: number;
    ping_ms: number;
    grace_ms: number;
  };
}

export interface JoinResult {
  session: Session;
  number: number;
  members: Member[];
  version: number;
  missed?: boolean;
}

export interface Page {
  cursor?: string;
  limit?: number;
}

interface PairResult {
  relation: Relation;
  unchanged?: boolean;
}

export interface ErrorObject {
  code: number;
  message: string;
  data?: ErrorData;
}

export interface ErrorData {
  reason?: string;
  field?: string;
  trace_id?: string;
  relation?: Relation;
  retry_at?: string;
  retry_after_ms?: number;
  limit?: number;
  unknown?: boolean;
  [more: string]: unknown;
}

export type Recipient = { user_id: string } | { username: string } | { email: string } | { phone: string };

/** method → [params, result] */
export interface Methods {
  'token.refresh': [{ token: string }, { expires_at: string }];
  'invitation.send': [
    { to: Recipient; message?: string; session_id?: string },
    { relation: Relation; invitation?: Invitation; unchanged?: boolean },
  ];
  'invitation.withdraw': [{ invitation_id: string } | { user_id: string }, PairResult];
  'invitation.withdraw_many': [
    { invitation_ids: string[] } | { all: true; older_than_ms?: number },
    { withdrawn: string[]; failed: { invitation_id: string; error: ErrorObject }[] },
  ];
  'invitation.accept': [{ invitation_id: string }, PairResult];
  'invitation.decline': [{ invitation_id: string; block?: boolean }, PairResult];
  'invitation.undo_decline': [{ invitation_id: string }, { relation: Relation }];
  'invitation.list': [
    Page & { box: 'sent' | 'received'; state?: 'pending' | 'declined' | 'history'; query?: string },
    { invitations: Invitation[]; total: number; unseen: number; rev: number; next_cursor?: string },
  ];
  'invitation.mark_seen': [{ rev?: number }, { unseen: number }];
  'connection.list': [
    Page & { query?: string; status?: PresenceStatus },
    { people: Person[]; total: number; rev: number; next_cursor?: string },
  ];
  'connection.remove': [{ user_id: string }, PairResult];
  'relation.list': [Page, { relations: Record<string, Relation>; rev: number; next_cursor?: string }];
  'user.block': [{ user_id: string }, PairResult];
  'user.unblock': [{ user_id: string }, PairResult];
  'settings.get': [Record<string, never>, { settings: Settings; rev: number }];
  'settings.update': [Partial<Settings>, { settings: Settings; rev: number }];
  'people.search': [Page & { query: string }, { people: Person[]; next_cursor?: string }];
  'people.in_session': [
    Page & { session_id: string; query?: string; sort?: 'joined' | 'name' | 'role' | 'device' },
    { people: Person[]; total: number; next_cursor?: string },
  ];
  'people.recent': [Page, { people: Person[]; next_cursor?: string }];
  'people.focus': [{ user_id: string }, Focus];
  'people.unfocus': [Record<string, never>, Record<string, never>];
  'presence.set': [
    { status: 'online' | 'away' | 'busy' | 'invisible'; note?: string; note_until?: string },
    { presence: Presence },
  ];
  'session.create': [
    {
      name: string;
      visibility?: Visibility;
      capacity?: number;
      password?: string;
      persistent?: boolean;
      metadata?: Record<string, unknown>;
      tick_hz?: number;
    },
    JoinResult,
  ];
  'session.list': [Page & { query?: string }, { sessions: Session[]; next_cursor?: string }];
  'session.join': [{ session_id: string; password?: string }, JoinResult];
  'session.leave': [{ session_id: string }, Record<string, never>];
  'session.update': [
    {
      session_id: string;
      name?: string;
      capacity?: number;
      locked?: boolean;
      password?: string;
      visibility?: Visibility;
      metadata?: Record<string, unknown>;
    },
    { session: Session },
  ];
  'session.set_attributes': [{ session_id: string; user_id?: string; attributes: Attributes }, { member: Member }];
  'session.set_role': [{ session_id: string; user_id: string; role: Role }, { member: Member }];
  'session.kick': [{ session_id: string; user_id: string; ban?: boolean; reason?: string }, Record<string, never>];
  'session.unban': [{ session_id: string; user_id: string }, Record<string, never>];
  'session.bans': [Page & { session_id: string }, { users: User[]; next_cursor?: string }];
  /** Whose states this device gets: those numbered at every tick, the others `others_hz` times a second or never. */
  'session.subscribe': [{ session_id: string; numbers?: number[]; others_hz?: number }, Record<string, never>];
  'session.send': [{ session_id: string; to?: string[]; kind: string; data: unknown }, { seq: number }];
  'session.close': [{ session_id: string; reason?: string }, Record<string, never>];
}

export interface RelationChanged {
  rev: number;
  user?: User;
  relation: Relation;
  invitation_id?: string;
  cause?:
    | 'sent'
    | 'received'
    | 'accepted'
    | 'crossed'
    | 'withdrawn'
    | 'expired'
    | 'removed'
    | 'blocked'
    | 'unblocked'
    | 'declined'
    | 'undone';
  notify: boolean;
  unseen: number;
}

export interface SessionRoster {
  session_id: string;
  version: number;
  joined?: Member[];
  updated?: Member[];
  left?: {
    user_id: string;
    number: number;
    reason: 'left' | 'dropped' | 'moved' | 'kicked' | 'banned' | 'node_lost';
  }[];
}

/** notification → params */
export interface Notifications {
  'relation.changed': RelationChanged;
  'invitation.seen': { unseen: number };
  'settings.changed': { rev: number; settings: Settings };
  'people.focus_changed': Focus;
  'presence.changed': { people: { user_id: string; presence: Presence }[] };
  'session.roster': SessionRoster;
  'session.resync': JoinResult;
  'session.updated': { session: Session };
  'session.message': { session_id: string; from: string; seq: number; kind: string; data: unknown };
  'session.ended': { session_id: string; reason: 'closed' | 'kicked' | 'banned' | 'moved' };
  'server.draining': { reconnect_after_ms: number };
  'token.expiring': { expires_at: string };
}
