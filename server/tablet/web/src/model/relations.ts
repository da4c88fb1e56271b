import type { FoyerClient, Invitation, Person, Relation, RelationChanged, User } from 'foyer-client';

/** A list of invitations as far as it was fetched, kept right by revisions. */
export interface Box {
  items: Invitation[];
  total: number;
  rev: number;
  cursor?: string;
  loaded: boolean;
}

export interface Connections {
  query: string;
  people: Person[];
  total: number;
  rev: number;
  cursor?: string;
  loaded: boolean;
}

const NONE: Relation = { state: 'none' };
const LOG_LENGTH = 1000;
const TOGETHER_MS = 50;
const emptyBox = (): Box => ({ items: [], total: 0, rev: 0, loaded: false });

/**
 * What this user sees of pairs. Notifications carry a revision and always win;
 * lists carry the revision at which they were read, so what came after it is
 * applied on top; answers and refusals carry none, so they count only until the
 * next notification about the same person.
 */
export class Relations {
  sent = emptyBox();
  received = emptyBox();
  declined = emptyBox();
  connections: Connections = { query: '', people: [], total: 0, rev: 0, loaded: false };
  unseen = 0;
  #known = new Map<string, Relation>();
  #log: RelationChanged[] = [];
  #declinedDue = false;

  constructor(
    private client: FoyerClient,
    private changed: () => void,
  ) {}

  /** The relation to a user, as newly as it is known. */
  of(userId: string | undefined, otherwise: Relation = NONE): Relation {
    return (userId && this.#known.get(userId)) || otherwise;
  }

  /** To be told to `learn` later: what was known when a request was made. */
  mark(): number {
    return this.client.rev;
  }

  /** Takes over a relation that came without a revision, unless something newer is known. */
  learn(userId: string | undefined, relation: Relation, since: number, invitationId?: string): void {
    if (userId && this.#heardOf(userId, since)) return;
    if (userId) this.#known.set(userId, relation);
    const user = relation.invitation?.user ?? (userId ? this.#userOf(userId) : undefined);
    this.#applyToLists({ rev: 0, user, relation, invitation_id: invitationId, notify: false, unseen: this.unseen });
    this.changed();
  }

  /** People from lists without a revision: search, recent. */
  learnPeople(people: Person[], since: number): void {
    for (const { user, relation } of people) {
      if (user && !this.#heardOf(user.id, since)) this.#known.set(user.id, relation);
    }
  }

  apply(change: RelationChanged): void {
    this.#log.push(change);
    if (this.#log.length > LOG_LENGTH) this.#log.shift();
    if (change.user) this.#known.set(change.user.id, change.relation);
    this.unseen = change.unseen;
    this.#applyToLists(change);
    this.#applyToDeclined(change);
    this.changed();
  }

  /** Everything again: at the start and after what could not be replayed. */
  async loadAll(): Promise<void> {
    this.#known.clear();
    this.#log = [];
    await Promise.all([
      this.loadBox('received'),
      this.loadBox('sent'),
      this.loadBox('declined'),
      this.loadConnections(),
      this.#loadRelations(),
    ]);
  }

  async loadBox(name: 'sent' | 'received' | 'declined', more = false): Promise<void> {
    const box = this[name];
    const answer = await this.client.call('invitation.list', {
      box: name === 'sent' ? 'sent' : 'received',
      state: name === 'declined' ? 'declined' : 'pending',
      ...(more && box.cursor ? { cursor: box.cursor } : {}),
    });
    const have = new Set(more ? box.items.map(({ id }) => id) : []);
    box.items = [...(more ? box.items : []), ...answer.invitations.filter(({ id }) => !have.has(id))];
    if (!more) box.total = answer.total;
    box.cursor = answer.next_cursor;
    box.rev = answer.rev;
    box.loaded = true;
    if (name !== 'declined') {
      this.unseen = this.#log.at(-1)?.unseen ?? answer.unseen;
      for (const change of this.#after(answer.rev)) applyToBox(box, name, change);
    }
    this.changed();
  }

  async loadConnections(more = false, query = this.connections.query): Promise<void> {
    const list = this.connections;
    list.query = query;
    const answer = await this.client.call('connection.list', {
      ...(query ? { query } : {}),
      ...(more && list.cursor ? { cursor: list.cursor } : {}),
    });
    // Meanwhile the user may have typed on.
    if (query !== list.query) return;
    const have = new Set(more ? list.people.map(({ user }) => user?.id) : []);
    list.people = [...(more ? list.people : []), ...answer.people.filter(({ user }) => !have.has(user?.id))];
    if (!more) list.total = answer.total;
    list.cursor = answer.next_cursor;
    list.rev = answer.rev;
    list.loaded = true;
    for (const change of this.#after(answer.rev)) applyToConnections(list, change);
    this.changed();
  }

  async #loadRelations(): Promise<void> {
    let cursor: string | undefined;
    do {
      const answer = await this.client.call('relation.list', { limit: 200, ...(cursor ? { cursor } : {}) });
      for (const [userId, relation] of Object.entries(answer.relations)) {
        if (!this.#heardOf(userId, answer.rev)) this.#known.set(userId, relation);
      }
      cursor = answer.next_cursor;
    } while (cursor);
    this.changed();
  }

  /** What was declined is in no relation: it is fetched; many at once as one. */
  #applyToDeclined({ cause, user }: RelationChanged): void {
    if (cause === 'undone' || cause === 'accepted' || cause === 'crossed') {
      const rest = this.declined.items.filter((one) => one.user?.id !== user?.id);
      this.declined.total += rest.length - this.declined.items.length;
      this.declined.items = rest;
    }
    if (cause !== 'declined' || this.#declinedDue) return;
    this.#declinedDue = true;
    setTimeout(() => {
      this.#declinedDue = false;
      // Without it, the next decline or visit brings it.
      this.loadBox('declined').catch(() => {});
    }, TOGETHER_MS);
  }

  #after(rev: number): RelationChanged[] {
    return this.#log.filter((change) => change.rev > rev);
  }

  #heardOf(userId: string, since: number): boolean {
    return this.#log.some((change) => change.rev > since && change.user?.id === userId);
  }

  #userOf(userId: string): User | undefined {
    const invitations = [...this.sent.items, ...this.received.items, ...this.declined.items];
    return (
      invitations.find(({ user }) => user?.id === userId)?.user ??
      this.connections.people.find(({ user }) => user?.id === userId)?.user
    );
  }

  #applyToLists(change: RelationChanged): void {
    for (const name of ['sent', 'received'] as const) {
      if (isNewer(this[name], change)) applyToBox(this[name], name, change);
    }
    if (isNewer(this.connections, change)) applyToConnections(this.connections, change);
  }
}

/** Revision 0 stands for an answer without one. */
function isNewer(list: { loaded: boolean; rev: number }, change: RelationChanged): boolean {
  return list.loaded && (change.rev === 0 || change.rev > list.rev);
}

export function applyToBox(box: Box, direction: 'sent' | 'received', change: RelationChanged): void {
  const { relation, user } = change;
  const open = relation.state === `invitation_${direction}` ? relation.invitation : undefined;
  const concerned = (item: Invitation) =>
    item.id === (open?.id ?? change.invitation_id) || (user !== undefined && item.user?.id === user.id);
  const place = box.items.findIndex(concerned);
  const rest = box.items.filter((item) => !concerned(item));
  box.total += rest.length - box.items.length;
  if (open) {
    // In place where it was, so that rows don't jump; newest first otherwise.
    rest.splice(Math.max(place, 0), 0, { ...open, user: open.user ?? user });
    box.total += 1;
  }
  box.items = rest;
  box.rev = Math.max(box.rev, change.rev);
}

export function applyToConnections(list: Connections, change: RelationChanged): void {
  const { relation, user } = change;
  list.rev = Math.max(list.rev, change.rev);
  if (!user) return;
  const place = list.people.findIndex((person) => person.user?.id === user.id);
  if (relation.state === 'connected') {
    if (place >= 0) list.people[place] = { ...list.people[place], user, relation };
    else if (matches(user, list.query)) {
      list.people = [...list.people, { user, relation }].sort(byName);
      list.total += 1;
    }
  } else if (place >= 0) {
    list.people = list.people.filter((_, i) => i !== place);
    list.total -= 1;
  }
}

/** As the server finds people: from the start of the name, of a word of it, or of the username. */
export function matches(user: User, query: string): boolean {
  const wanted = fold(query);
  if (!wanted) return true;
  const name = fold(user.name);
  return name.startsWith(wanted) || name.includes(` ${wanted}`) || fold(user.username ?? '').startsWith(wanted);
}

export const fold = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase().trim();

const byName = (a: Person, b: Person): number => (a.user?.name ?? '').localeCompare(b.user?.name ?? '');
