import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Member } from 'foyer-client';
import * as act from '../model/actions.js';
import type { App } from '../model/app.js';
import { leave, setAttributes } from '../model/hosting.js';
import { nodeAttribute, type Sort } from '../model/room.js';
import { count, deviceWord, roleWord, statusWord } from '../model/words.js';
import { deviceIcon, icon } from './icons.js';
import { avatar, button, empty, heading, node, relationChip, searchField, type View } from './parts.js';

const sorts: [Sort, string][] = [
  ['joined', 'Joined'],
  ['name', 'Name'],
  ['role', 'Role'],
  ['device', 'Device'],
];

/** In this session: one row for each member. */
export function here(app: App): View {
  const { session, members } = app.room;
  if (!session) {
    return html`<section data-home aria-label="In this session">
      ${heading('In this session')}
      ${empty(
        'door',
        'You’re not in a session',
        app.companion
          ? 'This tablet follows your headset: join a session there, or pick one here.'
          : 'Join one to see who’s around.',
        button({ label: 'Find a session', kind: 'primary' }, () => act.go(app, 'sessions')),
      )}
    </section>`;
  }
  const shown = app.room.list(app.hereQuery, app.hereSort);
  return html`<section data-home aria-label="In this session">
    <div class="room">
      <div class="room-words">
        <h2 class="heading" tabindex="-1" dir="auto">${session.name}</h2>
        <p class="muted">
          ${session.locked ? html`${icon('lock')}Locked · ` : nothing}<span data-testid="member-count"
            >${count(members.size, 'person', 'people')}</span
          >
          of ${session.capacity}
        </p>
      </div>
      ${ownControls(app)}
    </div>
    <div class="filters">
      ${searchField('Filter by name', app.hereQuery, (value) => {
        app.hereQuery = value;
        app.changed();
      })}
      <label class="select">
        <span class="select-label">Sort</span>
        <select
          aria-label="Sort"
          @change=${(event: Event) => {
            app.hereSort = (event.target as HTMLSelectElement).value as Sort;
            app.changed();
          }}
        >
          ${sorts.map(
            ([value, word]) => html`<option value=${value} ?selected=${value === app.hereSort}>${word}</option>`,
          )}
        </select>
      </label>
    </div>
    ${shown.length
      ? html`<ul class="rows" aria-label="People in this session">
          ${repeat(
            shown,
            ({ user }) => user.id,
            (member) => row(app, member),
          )}
        </ul>`
      : empty('search', 'Nobody by that name', 'Try another part of the name.')}
  </section>`;
}

/** What one says of oneself in the session; the mark is on one's row for all. */
function ownControls(app: App): View {
  const attributes = app.room.members.get(app.me.id)?.attributes ?? {};
  const raised = attributes.hand_raised === true;
  const muted = attributes.muted === true;
  const busy = app.busy.has('attributes ');
  return html`<div class="room-controls">
    ${button({ label: raised ? 'Lower hand' : 'Raise hand', icon: 'hand', bare: true, pressed: raised, busy }, () =>
      setAttributes(app, { hand_raised: raised ? null : true }),
    )}
    ${button({ label: muted ? 'Unmute' : 'Mute', icon: muted ? 'micOff' : 'mic', bare: true, pressed: muted, busy }, () =>
      setAttributes(app, { muted: muted ? null : true }),
    )}
    ${button({ label: 'Leave session', icon: 'leave', bare: true, busy: app.busy.has('leave') }, () => leave(app))}
  </div>`;
}

function row(app: App, member: Member): View {
  const { user, role, attributes, devices, connected } = member;
  const mine = user.id === app.me.id;
  const known = mine ? app.own : app.presences.get(user.id);
  const status = !connected ? 'offline' : known && known.status !== 'offline' ? known.status : 'online';
  const relation = app.relations.of(user.id);
  return html`<li class="row" data-testid="member-${user.id}">
    <button
      type="button"
      class="row-main"
      aria-current=${app.focusUser?.id === user.id ? 'true' : nothing}
      @click=${() => act.open(app, user)}
    >
      ${avatar(user, 'm', status)}
      <span class="row-words">
        <span class="row-name"><bdi>${user.name}</bdi>${mine ? html` <span class="tag">you</span>` : nothing}</span>
        <span class="row-more">
          ${connected ? nothing : html`<span class="warn">Reconnecting…</span>`}
          ${role === 'member' ? nothing : html`<span class="role">${icon('star')}${roleWord[role]}</span>`}
          ${devices.map((kind) => html`<span class="device">${deviceIcon(kind)}<span>${deviceWord[kind] ?? kind}</span></span>`)}
          ${node(attributes[nodeAttribute], 'The server’s node they are on')}
          ${connected && status !== 'online' ? html`<span>${statusWord[status]}</span>` : nothing}
        </span>
      </span>
      <span class="row-marks">
        ${attributes.hand_raised ? html`<span class="mark mark-hand">${icon('hand')}<span class="visually-hidden">Hand raised</span></span>` : nothing}
        ${attributes.muted ? html`<span class="mark">${icon('micOff')}<span class="visually-hidden">Muted</span></span>` : nothing}
        ${mine ? nothing : relationChip(relation)}
      </span>
    </button>
  </li>`;
}
