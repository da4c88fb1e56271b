import { FoyerError, type Invitation, type Methods, type Recipient, type Relation, type User } from 'foyer-client';
import type { App, Route } from './app.js';
import { addressIn, count, explain } from './words.js';

/** Goes to a view and fetches what it shows beyond what is kept live. */
export function go(app: App, route: Route): void {
  app.route = route;
  app.notice = undefined;
  if (route === 'add') void loadRecent(app);
  if (route === 'sessions') void loadSessions(app);
  void markSeen(app);
  app.changed();
}

let seeing = false;

/** Whatever is on the screen counts as seen. */
export async function markSeen(app: App): Promise<void> {
  const looking = app.route === 'invitations' && document.visibilityState === 'visible';
  if (seeing || !looking || !app.relations.unseen || app.status !== 'online') return;
  seeing = true;
  try {
    const { unseen } = await app.client.call('invitation.mark_seen', { rev: app.client.rev });
    app.relations.unseen = unseen;
    app.changed();
  } catch {
    // The badge simply stays.
  } finally {
    seeing = false;
  }
}

// Long enough for a bad network, short enough not to be fooled by a dead one.
const PROBE_MS = 5_000;

/** Asks something small, so that a network that died silently is noticed before the user needs it. */
export async function probe(app: App): Promise<void> {
  if (app.status !== 'online' || document.visibilityState !== 'visible') return;
  try {
    const { settings, rev } = await app.client.call('settings.get', {}, { timeoutMs: PROBE_MS });
    app.learnSettings(settings, rev);
  } catch {
    // No answer in time: the client has dropped the socket and comes back.
  }
}

// --- the focus panel ---

export async function open(app: App, user: User): Promise<void> {
  if (user.id !== app.focusUser?.id) app.focus = undefined;
  app.focusUser = user;
  app.notice = undefined;
  app.changed();
  await refocus(app);
}

/** Asks for the open panel's content; from then on the server sends what changes. */
export async function refocus(app: App): Promise<void> {
  const user = app.focusUser;
  if (!user) return;
  try {
    const focus = await app.client.call('people.focus', { user_id: user.id });
    if (app.focusUser?.id === user.id) app.learnFocus(focus);
  } catch (error) {
    // Offline: the panel is asked for again after hello.
    app.tell(explain(error));
  }
  app.changed();
}

export function close(app: App): void {
  app.focusUser = undefined;
  app.focus = undefined;
  app.client.call('people.unfocus', {}).catch(() => {});
  app.changed();
}

// --- pairs ---

type PairMethod =
  | 'invitation.withdraw'
  | 'invitation.accept'
  | 'invitation.decline'
  | 'invitation.undo_decline'
  | 'connection.remove'
  | 'user.block'
  | 'user.unblock';

interface About {
  userId?: string;
  invitationId?: string;
}

/** A change of one pair. A refusal tells how the pair stands, so the screen is right after it too. */
async function change<M extends PairMethod>(app: App, method: M, params: Methods[M][0], about: About, said: string) {
  const since = app.relations.mark();
  const learn = (relation: Relation | undefined) => {
    if (relation) app.relations.learn(about.userId, relation, since, about.invitationId);
  };
  const key = about.userId ?? about.invitationId ?? method;
  await app.run(
    key,
    async () => {
      try {
        learn((await app.client.call(method, params as object)).relation);
      } catch (error) {
        if (error instanceof FoyerError) learn(error.relation);
        throw error;
      }
    },
    said,
  );
}

export const withdraw = (app: App, user: User): Promise<void> =>
  change(app, 'invitation.withdraw', { user_id: user.id }, { userId: user.id }, `Request to ${user.name} cancelled.`);

export const withdrawInvitation = (app: App, { id, user, address }: Invitation): Promise<void> =>
  change(
    app,
    'invitation.withdraw',
    { invitation_id: id },
    { userId: user?.id, invitationId: id },
    `Request to ${user?.name ?? address} cancelled.`,
  );

export const accept = (app: App, invitationId: string, user?: User): Promise<void> =>
  change(
    app,
    'invitation.accept',
    { invitation_id: invitationId },
    { userId: user?.id, invitationId },
    `You and ${user?.name} are connected.`,
  );

export const decline = (app: App, invitationId: string, user?: User): Promise<void> =>
  change(
    app,
    'invitation.decline',
    { invitation_id: invitationId },
    { userId: user?.id, invitationId },
    `Request from ${user?.name} declined.`,
  );

export const undoDecline = (app: App, invitationId: string, user?: User): Promise<void> =>
  change(
    app,
    'invitation.undo_decline',
    { invitation_id: invitationId },
    { userId: user?.id, invitationId },
    `The request from ${user?.name} is open again.`,
  );

/** The invitation isn't in the relation any more, so it is looked up among those declined. */
export async function undoDeclineOf(app: App, user: User): Promise<void> {
  const among = (list: Invitation[]) => list.find((one) => one.user?.id === user.id)?.id;
  const id =
    among(app.relations.declined.items) ??
    (await app.run('declined', async () => {
      const params = { box: 'received', state: 'declined', query: user.name, limit: 200 } as const;
      return among((await app.client.call('invitation.list', params)).invitations);
    }));
  if (id) await undoDecline(app, id, user);
}

export const unblock = (app: App, user: User): Promise<void> =>
  change(app, 'user.unblock', { user_id: user.id }, { userId: user.id }, `${user.name} is unblocked.`);

export function removeConnection(app: App, user: User): void {
  ask(app, {
    title: `Remove ${user.name}?`,
    text: 'You’ll no longer see each other’s presence. They aren’t told.',
    yes: 'Remove connection',
    run: () =>
      change(app, 'connection.remove', { user_id: user.id }, { userId: user.id }, `${user.name} removed.`),
  });
}

export function block(app: App, user: User): void {
  ask(app, {
    title: `Block ${user.name}?`,
    text: 'Any connection or request between you ends, and they can’t reach you. They aren’t told.',
    yes: 'Block',
    run: () => change(app, 'user.block', { user_id: user.id }, { userId: user.id }, `${user.name} is blocked.`),
  });
}

export async function invite(app: App, to: Recipient, label: string, user?: User, message = ''): Promise<void> {
  const since = app.relations.mark();
  await app.run(
    user?.id ?? label,
    async () => {
      try {
        const answer = await app.client.call('invitation.send', { to, ...(message ? { message } : {}) });
        app.relations.learn(user?.id, answer.relation, since, answer.invitation?.id);
      } catch (error) {
        if (error instanceof FoyerError && error.relation) app.relations.learn(user?.id, error.relation, since);
        throw error;
      }
    },
    `Request sent to ${label}.`,
  );
}

// --- many at once ---

// As many as the server takes in one request.
const AT_ONCE = 500;

export function confirmWithdrawMany(app: App): void {
  const { sent } = app.relations;
  const loaded = sent.items.map(({ id }) => id).filter((id) => app.selected.has(id));
  const all = loaded.length === sent.items.length && sent.cursor !== undefined;
  const n = all ? sent.total : loaded.length;
  ask(app, {
    title: n === 1 ? 'Cancel this request?' : `Cancel ${n} requests?`,
    text: 'They disappear for the people you sent them to. Nobody is notified.',
    yes: n === 1 ? 'Cancel request' : `Cancel ${n} requests`,
    no: n === 1 ? 'Keep it' : 'Keep them',
    run: () => withdrawMany(app, all ? 'all' : loaded),
  });
}

async function withdrawMany(app: App, ids: string[] | 'all'): Promise<void> {
  await app.run('withdraw_many', async () => {
    const since = app.relations.mark();
    let withdrawn = 0;
    let accepted = 0;
    let failed = 0;
    for (let at = 0; at === 0 || (ids !== 'all' && at < ids.length); at += AT_ONCE) {
      const answer = await app.client.call(
        'invitation.withdraw_many',
        ids === 'all' ? { all: true } : { invitation_ids: ids.slice(at, at + AT_ONCE) },
      );
      withdrawn += answer.withdrawn.length;
      for (const id of answer.withdrawn) gone(app, id, { state: 'none' }, since);
      for (const { invitation_id, error } of answer.failed) {
        if (error.data?.relation) gone(app, invitation_id, error.data.relation, since);
        if (error.data?.reason === 'invitation_accepted') accepted++;
        else failed++;
      }
    }
    app.selected.clear();
    app.said = `${count(withdrawn, 'request')} cancelled.`;
    const notes = [
      accepted ? `${count(accepted, 'request')} had just been accepted, so you’re connected now.` : '',
      failed ? `${count(failed, 'request')} could not be cancelled. Try again.` : '',
    ].filter(Boolean);
    if (notes.length) app.tell({ text: `${app.said} ${notes.join(' ')}`, tone: failed ? 'error' : 'info' });
  });
}

function gone(app: App, invitationId: string, relation: Relation, since: number): void {
  const user = app.relations.sent.items.find(({ id }) => id === invitationId)?.user;
  app.relations.learn(user?.id, relation, since, invitationId);
}

/** Asks before something that can't be taken back. */
export function ask(
  app: App,
  question: { title: string; text: string; yes: string; no?: string; run: () => void },
): void {
  app.dialog = { kind: 'confirm', no: 'Keep', danger: true, ...question };
  app.changed();
}

// --- finding people and sessions ---

// As many as a list has unless told.
const PAGE = 50;

const SEARCH_WAIT = 250;
let searchTimer = 0;

export function search(app: App, query: string): void {
  app.search.query = query;
  app.search.error = '';
  clearTimeout(searchTimer);
  if (query.trim().length < 2) {
    app.search.people = [];
    app.search.done = '';
  } else {
    searchTimer = window.setTimeout(() => void searchNow(app), SEARCH_WAIT);
  }
  app.changed();
}

export async function searchNow(app: App, more = false): Promise<void> {
  const query = app.search.query.trim();
  const since = app.relations.mark();
  const phone = addressIn(query);
  // Phone numbers are not searched, only invited.
  if (phone && 'phone' in phone) {
    Object.assign(app.search, { people: [], cursor: undefined, done: query });
    app.changed();
    return;
  }
  try {
    const answer = await app.client.call('people.search', {
      query,
      ...(more && app.search.cursor ? { cursor: app.search.cursor } : {}),
    });
    if (query !== app.search.query.trim()) return;
    app.relations.learnPeople(answer.people, since);
    app.search.people = more ? [...app.search.people, ...answer.people] : answer.people;
    app.search.cursor = answer.next_cursor;
    app.search.done = query;
  } catch (error) {
    app.search.error = explain(error).text;
  }
  app.changed();
}

async function loadRecent(app: App): Promise<void> {
  const since = app.relations.mark();
  try {
    const { people } = await app.client.call('people.recent', { limit: 20 });
    app.relations.learnPeople(people, since);
    app.recent = people;
  } catch {
    // A convenience: without it the search is still there.
  }
  app.changed();
}

/** The list of sessions is not kept live: it is fetched again now and then while it is looked at. */
export function refreshSessions(app: App): void {
  const looking = app.route === 'sessions' && document.visibilityState === 'visible';
  const further = app.sessions.items.length > PAGE;
  if (looking && !further && app.status === 'online' && !app.dialog) void loadSessions(app);
}

export async function loadSessions(app: App, more = false): Promise<void> {
  const { sessions } = app;
  const query = sessions.query.trim();
  try {
    const answer = await app.client.call('session.list', {
      ...(query ? { query } : {}),
      ...(more && sessions.cursor ? { cursor: sessions.cursor } : {}),
    });
    if (query !== sessions.query.trim()) return;
    sessions.items = more ? [...sessions.items, ...answer.sessions] : answer.sessions;
    sessions.cursor = answer.next_cursor;
    sessions.loaded = true;
  } catch (error) {
    app.tell(explain(error));
  }
  app.changed();
}
