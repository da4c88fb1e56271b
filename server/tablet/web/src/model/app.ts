import {
  FoyerClient,
  FoyerError,
  type Focus,
  type HelloResult,
  type JoinResult,
  type Person,
  type Presence,
  type RelationChanged,
  type Resume,
  type Session,
  type Settings,
  type User,
} from 'foyer-client';
import { Relations } from './relations.js';
import { Room, nodeAttribute, type Sort } from './room.js';
import * as tab from './tab.js';
import { TokenSource } from './token.js';
import { closedWord, endedWord, explain, setClock } from './words.js';

export type Route = 'here' | 'connections' | 'invitations' | 'add' | 'sessions' | 'you';
export type Status = 'starting' | 'online' | 'offline' | 'closed' | 'sign_in';

export interface Toast {
  id: number;
  cause: 'received' | 'accepted' | 'crossed';
  user: User;
  invitationId?: string;
}

export interface Notice {
  text: string;
  tone: 'info' | 'error';
}

export type Dialog =
  | { kind: 'confirm'; title: string; text: string; yes: string; no: string; danger?: boolean; run: () => void }
  | { kind: 'password'; session: { id: string; name: string }; error?: string }
  | { kind: 'create'; error?: string }
  | { kind: 'join_id'; error?: string }
  | { kind: 'room'; error?: string }
  | { kind: 'bans'; users?: User[] };

const NOTICE_MS = 8_000;
const TOAST_MS = 10_000;
const RETRY_MS = 2_000;

/** Everything that the page knows. Views read it, actions change it. */
export class App {
  status: Status = 'starting';
  closedBecause = '';
  draining = false;
  hello?: HelloResult;
  relations: Relations;
  room = new Room();
  presences = new Map<string, Presence>();
  own: Presence = { status: 'online', devices: [] };
  /** One's own note, which others don't see while one is invisible. */
  note?: string;
  settings?: Settings;
  settingsRev = 0;

  route: Route = 'here';
  hereQuery = '';
  hereSort: Sort = 'joined';
  boxTab: 'received' | 'declined' = 'received';
  selected = new Set<string>();
  search = { query: '', people: [] as Person[], cursor: undefined as string | undefined, done: '', error: '' };
  recent: Person[] = [];
  sessions = { query: '', items: [] as Session[], cursor: undefined as string | undefined, loaded: false };
  focusUser?: User;
  focus?: Focus;
  dialog?: Dialog;
  toasts: Toast[] = [];
  notice?: Notice;
  /** For screen readers: what an action did. */
  said = '';
  busy = new Set<string>();
  /** Starts anew with a token that was pasted. */
  signIn: (token: string) => void = () => {};

  readonly client: FoyerClient;
  #noticeTimer = 0;
  #toastId = 0;

  constructor(
    readonly tokens: TokenSource,
    readonly companion: boolean,
    resume: Resume | undefined,
    readonly changed: () => void,
  ) {
    this.client = new FoyerClient({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/ws`,
      token: tokens.get,
      client: { name: 'foyer-tablet', kind: companion ? 'tablet' : 'web', ...(companion ? { companion } : {}) },
      ...(resume ? { resume } : {}),
    });
    this.relations = new Relations(this.client, changed);
    this.#listen();
  }

  get me(): User {
    return this.hello?.user ?? { id: '', name: '' };
  }

  get features(): string[] {
    return this.hello?.features ?? [];
  }

  start(): void {
    this.client.connect().catch(() => {});
  }

  /** One request that the user asked for: busy while it runs, its refusal shown. */
  async run<T>(key: string, work: () => Promise<T>, said = ''): Promise<T | undefined> {
    if (this.busy.has(key)) return undefined;
    this.busy.add(key);
    this.changed();
    try {
      const result = await work();
      this.said = said;
      return result;
    } catch (error) {
      this.tell(explain(error));
      return undefined;
    } finally {
      this.busy.delete(key);
      this.changed();
    }
  }

  tell(notice: Notice | undefined): void {
    this.notice = notice;
    clearTimeout(this.#noticeTimer);
    if (notice) this.#noticeTimer = window.setTimeout(() => this.tell(undefined), NOTICE_MS);
    this.changed();
  }

  dismissToast(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    this.changed();
  }

  presenceOf(person: Pick<Person, 'user' | 'presence'>): Presence | undefined {
    return (person.user && this.presences.get(person.user.id)) ?? person.presence;
  }

  // --- what the server says ---

  #listen(): void {
    const on: FoyerClient['on'] = (event, listener) =>
      this.client.on(event, (value) => {
        listener(value);
        this.changed();
      });
    on('status', ({ status, reason, error }) => {
      if (status === 'online') this.status = 'online';
      if (status === 'offline') this.status = 'offline';
      if (status === 'closed') this.#ended(reason, error);
      if (status !== 'connecting') this.draining = false;
    });
    on('hello', (hello) => void this.#welcomed(hello).catch((error) => this.#loadFailed(error)));
    on('sync', ({ cause }) => {
      if (cause === 'gap') void this.relations.loadAll().catch((error) => this.#loadFailed(error));
    });
    on('relation.changed', (change) => this.#relationChanged(change));
    on('invitation.seen', ({ unseen }) => (this.relations.unseen = unseen));
    on('settings.changed', ({ rev, settings }) => this.learnSettings(settings, rev));
    on('people.focus_changed', (focus) => {
      if (focus.person.user?.id === this.focusUser?.id) this.learnFocus(focus);
    });
    on('presence.changed', ({ people }) => {
      for (const { user_id, presence } of people) {
        if (user_id === this.me.id) this.learnOwn(presence);
        else this.presences.set(user_id, presence);
      }
    });
    on('session.roster', (change) => {
      if (!this.room.apply(change)) void this.rejoin(change.session_id);
    });
    on('session.resync', (joined) => this.enter(joined));
    on('session.updated', ({ session }) => {
      if (session.id === this.room.session?.id) this.room.session = session;
    });
    on('session.ended', ({ session_id, reason }) => {
      if (session_id !== this.room.session?.id) return;
      this.room.leave();
      this.tell({ text: endedWord[reason] ?? 'You left the session.', tone: 'info' });
    });
    on('server.draining', () => (this.draining = true));
  }

  async #welcomed(hello: HelloResult): Promise<void> {
    const first = this.hello === undefined || this.hello.user.id !== hello.user.id;
    this.hello = hello;
    this.relations.unseen = hello.unseen;
    setClock(hello.time);
    void tab.hold(hello.device_id);
    tab.keep(this.client.resume);
    const loads: Promise<unknown>[] = [this.#resumeRoom(hello), this.#loadPanels()];
    // Presence has no revision, so what was missed is unknown even after a resume.
    loads.push(first || !hello.resumed ? this.relations.loadAll() : this.relations.loadConnections());
    if (first || !hello.resumed) {
      loads.push(this.client.call('settings.get').then(({ settings, rev }) => this.learnSettings(settings, rev)));
    }
    await Promise.all(loads);
  }

  async #resumeRoom({ session_id }: HelloResult): Promise<void> {
    if (!session_id) this.room.leave();
    // A companion is told by session.resync.
    else if (!this.companion) await this.rejoin(session_id);
  }

  /** Takes over who is here. Where others tell which node they are on, this device does, too; a companion is no member. */
  enter(joined: JoinResult): void {
    this.room.enter(joined);
    const node = this.hello?.server.node;
    const told = joined.members.map(({ user, attributes }) => ({ id: user.id, node: attributes[nodeAttribute] }));
    const wanted = told.some((one) => one.node !== undefined) && told.find(({ id }) => id === this.me.id)?.node !== node;
    if (!node || !wanted || this.companion) return;
    const params = { session_id: joined.session.id, attributes: { [nodeAttribute]: node } };
    // Only for show: whoever comes back tells it again.
    this.client.call('session.set_attributes', params).catch(() => {});
  }

  /** Who is here, anew; joining where one already is changes nothing. */
  async rejoin(sessionId: string): Promise<void> {
    try {
      this.enter(await this.client.call('session.join', { session_id: sessionId }));
    } catch (error) {
      if (error instanceof FoyerError && error.code === 0) return;
      this.room.leave();
      this.tell({ text: endedWord.closed, tone: 'info' });
    }
    this.changed();
  }

  /** One's own panel is the one place that tells how others see oneself; after it, the panel that was open. */
  async #loadPanels(): Promise<void> {
    const { person } = await this.client.call('people.focus', { user_id: this.me.id });
    if (person.presence) this.learnOwn(person.presence);
    const open = this.focusUser;
    if (!open) await this.client.call('people.unfocus', {});
    else this.learnFocus(await this.client.call('people.focus', { user_id: open.id }));
  }

  #loadFailed(error: unknown): void {
    // Offline again: the next hello loads anew.
    if (!(error instanceof FoyerError) || error.code === 0) return;
    this.tell(explain(error));
    if (error.reason !== 'unavailable' && error.reason !== 'rate_limited') return;
    window.setTimeout(() => {
      this.relations.loadAll().catch((again) => this.#loadFailed(again));
    }, error.data.retry_after_ms ?? RETRY_MS);
  }

  #relationChanged(change: RelationChanged): void {
    this.relations.apply(change);
    for (const id of this.selected) {
      if (!this.relations.sent.items.some((invitation) => invitation.id === id)) this.selected.delete(id);
    }
    const { user, cause } = change;
    if (!user) return;
    if (change.relation.state !== 'connected' && !this.room.members.has(user.id)) this.presences.delete(user.id);
    // A toast about what no longer holds goes as quietly as its row.
    this.toasts = this.toasts.filter((toast) => toast.user.id !== user.id);
    const worthIt = cause === 'received' || cause === 'accepted' || cause === 'crossed';
    if (!change.notify || !worthIt || this.own.status === 'busy') return;
    const toast = { id: ++this.#toastId, cause, user, invitationId: change.invitation_id };
    this.toasts = [...this.toasts, toast].slice(-3);
    window.setTimeout(() => this.#fade(toast.id), TOAST_MS);
  }

  /** A toast stays for as long as someone points at it or is inside it. */
  #fade(id: number): void {
    const element = document.getElementById(`toast-${id}`);
    if (element?.matches(':hover, :focus-within')) window.setTimeout(() => this.#fade(id), 1_000);
    else this.dismissToast(id);
  }

  #ended(reason: string | undefined, error: FoyerError | undefined): void {
    tab.forget();
    if (reason === 'token') {
      this.status = 'sign_in';
      const refused = error && error.reason !== 'sign_in' ? explain(error).text : '';
      this.closedBecause = refused || (this.hello ? closedWord.token : '');
      return;
    }
    this.status = 'closed';
    this.closedBecause = closedWord[reason ?? ''] ?? error?.message ?? 'This device was disconnected.';
  }

  learnSettings(settings: Settings, rev: number): void {
    if (rev < this.settingsRev) return;
    this.settings = settings;
    this.settingsRev = rev;
  }

  /** What others see of oneself; while invisible, that may leave out one's note. */
  learnOwn(presence: Presence): void {
    this.own = presence;
    if (!presence.invisible || presence.note) this.note = presence.note;
  }

  learnFocus(focus: Focus): void {
    const { user, presence } = focus.person;
    this.focus = focus;
    if (user && presence && user.id !== this.me.id) this.presences.set(user.id, presence);
  }
}
