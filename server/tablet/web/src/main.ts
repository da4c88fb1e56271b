import { LitElement, html, nothing } from 'lit';
import * as act from './model/actions.js';
import { App } from './model/app.js';
import * as tab from './model/tab.js';
import { applyKeptTheme } from './model/theme.js';
import { TokenSource } from './model/token.js';
import { now } from './model/words.js';
import { dialogContent } from './view/dialogs.js';
import { isStale } from './view/focus.js';
import { gate, shell } from './view/shell.js';
import { notice, toasts } from './view/toasts.js';

// From here on the panel stands beside the list; below, it is a sheet over it.
const wide = matchMedia('(min-width: 900px)');
// Times are shown in words, which go out of date; a countdown sooner than others.
const SECOND = 1_000;
const COUNTDOWN = 120_000;

class FoyerApp extends LitElement {
  #app?: App;
  #tokens!: TokenSource;
  #companion = false;
  #focused?: Element;
  #home?: Element;
  #opener?: Element;
  #stale = false;

  // One stylesheet for the page; a shadow root would only keep it out.
  protected createRenderRoot(): HTMLElement {
    return this;
  }

  connectedCallback(): void {
    super.connectedCallback();
    const hash = new URLSearchParams(location.hash.slice(1));
    this.#companion = hash.has('companion');
    this.#tokens = new TokenSource(hash.get('as') ?? undefined);
    this.addEventListener('focusin', (event) => this.#remember(event.target as Element));
    this.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('hashchange', () => location.reload());
    addEventListener('online', () => this.#look());
    addEventListener('offline', () => this.#look());
    addEventListener('pagehide', () => this.#keep());
    document.addEventListener('visibilitychange', () => {
      this.#keep();
      if (document.visibilityState === 'visible') this.#look();
    });
    wide.addEventListener('change', () => this.requestUpdate());
    setInterval(() => this.#refresh(), 30 * SECOND);
    setInterval(() => this.#countDown(), SECOND);
    void this.#start();
  }

  async #start(): Promise<void> {
    const resume = await tab.resumable();
    const app = new App(this.#tokens, this.#companion, resume, () => {
      void act.markSeen(app);
      this.requestUpdate();
    });
    app.signIn = (token) => {
      this.#tokens.hand(token);
      void this.#start();
    };
    // The list of sessions is not kept live, and what was opened without a connection could not be loaded.
    for (const event of ['hello', 'session.ended'] as const) app.client.on(event, () => act.refreshSessions(app));
    this.#app = app;
    app.start();
    this.requestUpdate();
  }

  #keep(): void {
    const app = this.#app;
    if (app?.hello && app.status !== 'closed') tab.keep(app.client.resume);
  }

  protected render(): unknown {
    const app = this.#app;
    if (!app) return nothing;
    if (app.status === 'sign_in' || app.status === 'closed') return gate(app);
    return html`${shell(app, !wide.matches)} ${toasts(app)} ${notice(app)}
      <p class="visually-hidden" role="status" aria-live="polite" data-testid="said">${app.said}</p>
      <dialog aria-labelledby="dialog-title" @cancel=${this.#dismissDialog} @click=${this.#clickOutside}>
        ${dialogContent(app)}
      </dialog>`;
  }

  protected updated(): void {
    this.#syncDialog();
    this.#syncSheet();
    this.#rescueFocus();
    const unseen = this.#app?.relations.unseen;
    document.title = unseen ? `(${unseen}) Foyer` : 'Foyer';
  }

  #dismissDialog = (event: Event): void => {
    event.preventDefault();
    if (this.#app) this.#app.dialog = undefined;
    this.requestUpdate();
  };

  #clickOutside = (event: MouseEvent): void => {
    if (event.target instanceof HTMLDialogElement) this.#dismissDialog(event);
  };

  #syncDialog(): void {
    const dialog = this.querySelector('dialog');
    const wanted = this.#app?.dialog !== undefined;
    if (!dialog || dialog.open === wanted) return;
    if (wanted) dialog.showModal();
    else dialog.close();
  }

  /** A sheet takes the focus when it comes and gives it back when it goes. */
  #syncSheet(): void {
    const sheet = this.querySelector('.sheet');
    if (sheet && !this.#opener) {
      this.#opener = this.#focused ?? document.body;
      sheet.querySelector<HTMLElement>('.heading')?.focus();
    } else if (!sheet && this.#opener) {
      if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus();
      this.#opener = undefined;
    }
  }

  #remember(target: Element): void {
    this.#focused = target;
    this.#home = target.closest('[data-home]') ?? undefined;
  }

  /** What had the focus is gone, such as a row that was withdrawn: its heading is near. */
  #rescueFocus(): void {
    const lost = document.activeElement === document.body && this.#focused && !this.#focused.isConnected;
    if (!lost) return;
    const home = this.#home?.isConnected ? this.#home : this.querySelector('[data-home]');
    home?.querySelector<HTMLElement>('.heading')?.focus({ preventScroll: true });
  }

  /** Someone looks again, or the network changed: is what is shown still so? */
  #look(): void {
    if (!this.#app) return;
    this.#app.client.retryNow();
    void act.probe(this.#app);
    void act.markSeen(this.#app);
  }

  #refresh(): void {
    if (this.#app) act.refreshSessions(this.#app);
    if (this.#app) void act.probe(this.#app);
    this.requestUpdate();
  }

  #countDown(): void {
    const soon = this.#app?.focus?.actions.some(
      ({ retry_at }) => retry_at !== undefined && Date.parse(retry_at) - now() < COUNTDOWN,
    );
    if (soon) this.requestUpdate();
    // The server sends the panel anew by itself; should that be lost, ask.
    if (this.#app && this.#stale && isStale(this.#app)) void act.refocus(this.#app);
    this.#stale = this.#app !== undefined && isStale(this.#app);
  }

  #key(event: KeyboardEvent): void {
    const app = this.#app;
    if (event.key !== 'Escape' || !app?.focusUser || app.dialog) return;
    act.close(app);
  }
}

applyKeptTheme();
customElements.define('foyer-app', FoyerApp);
