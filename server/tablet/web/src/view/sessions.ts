import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Session } from 'foyer-client';
import * as act from '../model/actions.js';
import type { App } from '../model/app.js';
import { closeSession, join, leave, showBans, update } from '../model/hosting.js';
import { count, roleWord } from '../model/words.js';
import { icon } from './icons.js';
import { button, empty, heading, searchField, skeleton, type View } from './parts.js';

const visibilityWord = { public: 'Open to all', connections: 'Host’s connections', private: 'By invitation' };

let timer = 0;

/** Sessions: the one that the user is in, and those to go to. */
export function sessions(app: App): View {
  const { items, loaded, cursor, query } = app.sessions;
  const others = items.filter(({ id }) => id !== app.room.session?.id);
  return html`${app.room.session ? current(app, app.room.session) : nothing}
    <section data-home aria-label="Sessions" class=${app.room.session ? 'apart' : ''}>
      ${heading(app.room.session ? 'Other sessions' : 'Sessions')}
      <div class="filters">
        ${searchField('Find a session', query, (value) => {
          app.sessions.query = value;
          clearTimeout(timer);
          timer = window.setTimeout(() => act.loadSessions(app), 250);
        })}
        ${button({ label: 'New', icon: 'plus', kind: 'primary' }, () => {
          app.dialog = { kind: 'create' };
          app.changed();
        })}
      </div>
      ${!loaded
        ? skeleton(3)
        : others.length
          ? html`<ul class="rows" aria-label="Sessions">
              ${repeat(
                others,
                ({ id }) => id,
                (session) => sessionRow(app, session),
              )}
            </ul>`
          : empty('door', query ? 'No session by that name' : 'No sessions right now', 'Start one, and others can join you.')}
      ${cursor ? button({ label: 'Show more' }, () => act.loadSessions(app, true)) : nothing}
      <p class="below">
        ${button({ label: 'Join with a session ID', icon: 'key', kind: 'plain' }, () => {
          app.dialog = { kind: 'join_id' };
          app.changed();
        })}
      </p>
    </section>`;
}

function sessionRow(app: App, session: Session): View {
  const full = session.member_count >= session.capacity;
  const marks = [
    session.locked ? html`<span class="chip">${icon('lock')}<span>Locked</span></span>` : nothing,
    session.has_password ? html`<span class="chip">${icon('key')}<span>Password</span></span>` : nothing,
    full ? html`<span class="chip chip-wait"><span>Full</span></span>` : nothing,
  ];
  return html`<li class="row" data-testid="session-${session.id}">
    <span class="row-main">
      <span class="session-icon">${icon('door')}</span>
      <span class="row-words">
        <span class="row-name"><bdi>${session.name}</bdi></span>
        <span class="row-more">
          <span>${session.member_count} of ${session.capacity} · ${visibilityWord[session.visibility]}</span>
          ${marks}
        </span>
      </span>
    </span>
    <span class="row-end">
      ${button({ label: 'Join', kind: 'primary', busy: app.busy.has('join') }, () => join(app, session))}
    </span>
  </li>`;
}

function current(app: App, session: Session): View {
  const role = app.room.members.get(app.me.id)?.role ?? 'member';
  const edit = () => {
    app.dialog = { kind: 'room' };
    app.changed();
  };
  const facts = [
    `${count(app.room.members.size, 'person', 'people')} of ${session.capacity}`,
    visibilityWord[session.visibility],
    session.has_password ? 'Password' : '',
    session.locked ? 'Locked' : '',
    session.persistent ? 'Stays when empty' : '',
  ];
  return html`<section data-home aria-label="Current session" class="card" data-testid="current-session">
    <p class="eyebrow">You’re in</p>
    <h2 class="heading" tabindex="-1" dir="auto">${session.name}</h2>
    <p class="muted">${facts.filter(Boolean).join(' · ')}</p>
    <p class="muted">Your role: ${roleWord[role]}</p>
    <div class="card-actions">
      ${button({ label: 'See who’s here', icon: 'people' }, () => act.go(app, 'here'))}
      ${button({ label: 'Leave', icon: 'leave', busy: app.busy.has('leave') }, () => leave(app))}
    </div>
    ${role === 'member'
      ? nothing
      : html`<div class="card-actions host-row" role="group" aria-label="Host controls">
          ${button(
            {
              label: session.locked ? 'Unlock' : 'Lock',
              icon: session.locked ? 'unlock' : 'lock',
              busy: app.busy.has('update'),
            },
            () => update(app, { locked: !session.locked }),
          )}
          ${button({ label: 'Edit', icon: 'edit' }, edit)}
          ${button({ label: 'Banned', icon: 'block' }, () => showBans(app))}
          ${role === 'host' ? button({ label: 'Close session', kind: 'danger' }, () => closeSession(app)) : nothing}
        </div>`}
    <details class="share">
      <summary>Session ID</summary>
      <code>${session.id}</code>
    </details>
  </section>`;
}
