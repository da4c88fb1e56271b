import { html, nothing } from 'lit';
import * as act from '../model/actions.js';
import type { App, Route } from '../model/app.js';
import { add } from './add.js';
import { connections } from './connections.js';
import { focusPanel } from './focus.js';
import { here } from './here.js';
import { icon, logo, type Icon } from './icons.js';
import { badge, invitations } from './invitations.js';
import { avatar, button, node, skeleton, type View } from './parts.js';
import { sessions } from './sessions.js';
import { you } from './you.js';

type Area = 'people' | 'sessions' | 'you';

const people: [Route, string, string, Icon][] = [
  ['here', 'In this session', 'In session', 'here'],
  ['connections', 'Connections', 'Connections', 'link'],
  ['invitations', 'Invitations', 'Invitations', 'mail'],
  ['add', 'Add connection', 'Add', 'add'],
];

const views: Record<Route, (app: App) => View> = { here, connections, invitations, add, sessions, you };

const areaOf = (route: Route): Area => (route === 'sessions' || route === 'you' ? route : 'people');

let lastOfPeople: Route = 'here';

/** The page: where one is at the top, where one can go, a list, and a panel. */
export function shell(app: App, sheet: boolean): View {
  const area = areaOf(app.route);
  if (area === 'people') lastOfPeople = app.route;
  const covered = sheet && app.focusUser !== undefined;
  return html`
    <div class="shell" ?inert=${covered}>
      <header class="top">
        <div class="brand">${logo}<h1>Foyer</h1></div>
        ${state(app)}
        <button type="button" class="top-me" @click=${() => act.go(app, 'you')}>
          ${avatar(app.me, 's', app.own.invisible ? 'offline' : app.own.status)}
          <span class="visually-hidden">You, ${app.me.name}</span>
        </button>
      </header>
      <nav class="rail" aria-label="Areas">
        ${areaLink(app, 'people', 'People', 'people', lastOfPeople)}
        ${areaLink(app, 'sessions', 'Sessions', 'door', 'sessions')} ${areaLink(app, 'you', 'You', 'you', 'you')}
      </nav>
      <main class="list ${area === 'people' ? '' : 'list-alone'}">
        ${area === 'people'
          ? html`<nav class="tabs" aria-label="People">${people.map((tab) => peopleLink(app, tab))}</nav>`
          : nothing}
        <div class="scroll" data-route=${app.route}>
          ${app.hello ? views[app.route](app) : skeleton()}
        </div>
      </main>
      ${sheet ? nothing : html`<aside class="panel" aria-label="Person">${focusPanel(app)}</aside>`}
    </div>
    ${covered
      ? html`<div class="veil" @click=${() => act.close(app)}></div>
          <div class="sheet" role="dialog" aria-modal="true" aria-label=${app.focusUser?.name ?? 'Person'}>${focusPanel(app)}</div>`
      : nothing}
  `;
}

/** Offline is said where it can be seen without being in the way. */
function state(app: App): View {
  const session = app.room.session;
  if (app.status === 'offline' || app.draining) {
    return html`<p class="state" role="status" data-testid="offline">
      <span class="pulse"></span><span class="clip">${app.draining ? 'Switching servers…' : 'Offline, retrying…'}</span>
      ${app.status === 'offline' ? button({ label: 'Retry', kind: 'plain' }, () => app.client.retryNow()) : nothing}
    </p>`;
  }
  return html`<p class="state" role="status">
    ${session ? html`<span class="state-session" dir="auto">${session.name}</span>` : nothing}
    ${node(app.hello?.server.node, 'The server’s node that this device is on')}
  </p>`;
}

function areaLink(app: App, area: Area, word: string, name: Icon, route: Route): View {
  const current = areaOf(app.route) === area;
  return html`<button
    type="button"
    class="rail-link"
    aria-current=${current ? 'page' : nothing}
    @click=${() => act.go(app, route)}
  >
    ${icon(name)}<span>${word}</span>${area === 'people' ? badge(app.relations.unseen) : nothing}
  </button>`;
}

function peopleLink(app: App, [route, long, short, name]: (typeof people)[number]): View {
  return html`<button
    type="button"
    class="tab"
    aria-current=${app.route === route ? 'page' : nothing}
    @click=${() => act.go(app, route)}
  >
    ${icon(name)}<span class="tab-long">${long}</span><span class="tab-short">${short}</span>
    ${route === 'invitations' ? badge(app.relations.unseen) : nothing}
  </button>`;
}

/** Instead of the page: a token is needed, or this device has ended. */
export function gate(app: App): View {
  const signIn = app.status === 'sign_in';
  return html`<main class="gate" data-home>
    ${logo}
    <h1 class="heading" tabindex="-1">${signIn ? 'Sign in to Foyer' : 'Disconnected'}</h1>
    ${app.closedBecause ? html`<p role="alert">${app.closedBecause}</p>` : nothing}
    ${signIn ? tokenForm(app) : button({ label: 'Connect again', kind: 'primary' }, () => location.reload())}
  </main>`;
}

function tokenForm(app: App): View {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = String(new FormData(event.target as HTMLFormElement).get('token') ?? '').trim();
    if (token) app.signIn(token);
  };
  return html`<form class="gate-form" @submit=${submit}>
    <label class="field">
      <span>Token</span>
      <textarea name="token" rows="4" required autocomplete="off" spellcheck="false"></textarea>
    </label>
    <p class="muted">The app that brought you here usually signs you in. Otherwise paste the token it gave you.</p>
    <button class="button button-primary"><span>Sign in</span></button>
  </form>`;
}
