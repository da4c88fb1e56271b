import { FoyerError, type DeviceKind, type PresenceStatus, type Role } from 'foyer-client';

// What each refusal means for whoever holds the tablet, and what they can do.
const refusals: Record<string, string> = {
  offline: 'You’re offline, so nothing was changed. Try again once you’re back.',
  disconnected: 'The connection broke before the answer came. Check below and try again.',
  timeout: 'The server took too long to answer. Check below and try again.',
  unavailable: 'Foyer can’t reach its database right now. Nothing was changed — try again in a moment.',
  rate_limited: 'That was a lot at once. Wait a moment, then try again.',
  invitation_not_pending: 'This request is no longer open.',
  invitation_accepted: 'They accepted before you cancelled, so you’re connected now.',
  stale_invitation: 'That was an older request. There’s a newer one open.',
  already_connected: 'You’re already connected.',
  cannot_invite_self: 'That’s you — you can’t send yourself a request.',
  not_accepting_invitations: 'They aren’t taking requests at the moment.',
  shared_session_required: 'They only take requests from people they’ve shared a session with.',
  email_required: 'They only take requests from people who know their e-mail address. Search for it to send one.',
  unblock_first: 'You’ve blocked this person. Unblock them first.',
  reinvite_cooldown: 'You’ve asked this person recently.',
  invitation_limit: 'You’ve sent many requests lately.',
  too_many_outstanding: 'Too many of your requests are still open. Cancel some to send more.',
  connection_limit: 'You’ve reached your limit of connections. Remove one to add another.',
  feature_unavailable: 'This isn’t available for your account.',
  token_invalid: 'This token isn’t valid here. Get a new one and try again.',
  token_expired: 'Your sign-in has ended. Sign in again to go on.',
  forbidden: 'You’re not allowed to do that.',
  not_in_session: 'You’re not in that session any more.',
  banned: 'You’ve been banned from this session.',
  wrong_password: 'That password isn’t right. Check it and try again.',
  session_full: 'This session is full. Try again when someone has left.',
  session_locked: 'This session is locked. Ask someone inside to unlock it.',
  session_not_found: 'That session has ended, or you can’t see it.',
  session_limit: 'You’re hosting as many sessions as you can. Close one first.',
  user_not_found: 'This person can’t be found any more.',
  invitation_not_found: 'This request can’t be found any more.',
};

/** Refusals that say how things stand rather than that something went wrong. */
const calm = new Set([
  'offline',
  'invitation_not_pending',
  'invitation_accepted',
  'stale_invitation',
  'already_connected',
  'reinvite_cooldown',
  'email_required',
  'shared_session_required',
  'not_accepting_invitations',
]);

export function explain(error: unknown): { text: string; tone: 'info' | 'error' } {
  if (!(error instanceof FoyerError)) return { text: 'Something went wrong. Reload the page.', tone: 'error' };
  return {
    text: because(error.reason, error.data.retry_at) ?? error.message,
    tone: calm.has(error.reason) ? 'info' : 'error',
  };
}

/** A reason in words, with the time from which it no longer holds. */
export function because(reason: string | undefined, retryAt?: string): string | undefined {
  const text = refusals[reason ?? ''];
  if (!text) return undefined;
  return retryAt ? `${text} You can try again ${until(retryAt)}.` : text;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let ahead = 0;

/** The server's clock, which a headset's may be far from. */
export const now = (): number => Date.now() + ahead;

export function setClock(serverTime: string): void {
  ahead = Date.parse(serverTime) - Date.now() || 0;
}

/** "in 40 seconds", "in 3 hours", "in 12 days" */
export function until(time: string, from = now()): string {
  const ms = Date.parse(time) - from;
  if (ms <= 0) return 'now';
  return `in ${amount(ms)}`;
}

/** "just now", "5 minutes ago", "3 days ago" */
export function ago(time: string, from = now()): string {
  const ms = from - Date.parse(time);
  return ms < MINUTE ? 'just now' : `${amount(ms)} ago`;
}

function amount(ms: number): string {
  if (ms < 90_000) return count(Math.max(1, Math.ceil(ms / 1000)), 'second');
  if (ms < HOUR) return count(Math.round(ms / MINUTE), 'minute');
  if (ms < 2 * DAY) return count(Math.round(ms / HOUR), 'hour');
  return count(Math.round(ms / DAY), 'day');
}

export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

export const statusWord: Record<PresenceStatus, string> = {
  online: 'Online',
  away: 'Away',
  busy: 'Busy',
  offline: 'Offline',
};

export const roleWord: Record<Role, string> = { host: 'Host', cohost: 'Co-host', member: 'Member' };

export const deviceWord: Record<DeviceKind, string> = {
  headset: 'Headset',
  tablet: 'Tablet',
  desktop: 'Desktop',
  mobile: 'Phone',
  web: 'Browser',
  bot: 'Bot',
};

export const endedWord: Record<string, string> = {
  closed: 'The host closed this session.',
  kicked: 'You were removed from the session. You can join again.',
  banned: 'You were banned from the session.',
  moved: 'You’re in another session now.',
};

export const closedWord: Record<string, string> = {
  replaced: 'This device was taken over by another tab or window.',
  suspended: 'Your account is suspended. Ask whoever runs this service.',
  too_many_devices: 'You’re signed in on too many devices. Close one of them, then try again.',
  rate_limited: 'You’re signed in on too many devices. Close one of them, then try again.',
  flooding: 'This tablet sent too much at once and was disconnected.',
  token: 'Your sign-in has ended. Sign in again to go on.',
};

/** Whether what was typed is an address rather than a name. */
export function addressIn(query: string): { email: string } | { phone: string } | undefined {
  const text = query.trim();
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return { email: text };
  const digits = text.replace(/[\s().-]/g, '');
  if (/^\+\d{7,15}$/.test(digits)) return { phone: digits };
  return undefined;
}
