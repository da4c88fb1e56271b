import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Person } from 'foyer-client';
import * as act from '../model/actions.js';
import type { App } from '../model/app.js';
import { explain } from '../model/words.js';
import { avatar, button, empty, heading, presenceLine, searchField, skeleton, type View } from './parts.js';

let timer = 0;

function filter(app: App, query: string): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => load(app, false, query.trim()), 200);
}

function load(app: App, more: boolean, query = app.relations.connections.query): void {
  app.relations.loadConnections(more, query).catch((error) => app.tell(explain(error)));
}

export function connections(app: App): View {
  const list = app.relations.connections;
  return html`<section data-home aria-label="Connections">
    ${heading('Connections', html` <span class="count" data-testid="connections-total">${list.loaded ? list.total : ''}</span>`)}
    <div class="filters">
      ${searchField('Find a connection', list.query, (value) => filter(app, value))}
    </div>
    ${!list.loaded
      ? skeleton()
      : list.people.length
        ? html`<ul class="rows" aria-label="Connections">
            ${repeat(
              list.people,
              ({ user }) => user?.id,
              (person) => personRow(app, person),
            )}
          </ul>`
        : list.query
          ? empty('search', 'Nobody by that name', 'Only people you’re connected with are listed here.')
          : empty(
              'link',
              'No connections yet',
              'Connect with people you meet to find them again.',
              button({ label: 'Add a connection', kind: 'primary' }, () => act.go(app, 'add')),
            )}
    ${list.cursor ? button({ label: 'Show more' }, () => load(app, true)) : nothing}
  </section>`;
}

/** A person whose panel opens on a tap; what stands at the end is up to the list. */
export function personRow(app: App, person: Person, more: View = nothing, end: View = nothing): View {
  const { user } = person;
  if (!user) return nothing;
  const presence = app.presenceOf(person);
  const note = presence?.note ? `“${presence.note}”` : '';
  const line = [presenceLine(presence), note].filter(Boolean).join(' · ') || (user.username ? `@${user.username}` : '');
  return html`<li class="row" data-testid="person-${user.id}">
    <button
      type="button"
      class="row-main"
      aria-current=${app.focusUser?.id === user.id ? 'true' : nothing}
      @click=${() => act.open(app, user)}
    >
      ${avatar(user, 'm', presence?.status)}
      <span class="row-words">
        <span class="row-name"><bdi>${user.name}</bdi></span>
        <span class="row-more"><span class="clip" dir="auto">${line}</span></span>
        ${more}
      </span>
    </button>
    ${end === nothing ? nothing : html`<span class="row-end">${end}</span>`}
  </li>`;
}
