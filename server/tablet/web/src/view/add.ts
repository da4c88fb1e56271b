import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Person } from 'foyer-client';
import * as act from '../model/actions.js';
import type { App } from '../model/app.js';
import { addressIn, ago } from '../model/words.js';
import { personRow } from './connections.js';
import { icon } from './icons.js';
import { avatar, button, empty, heading, relationChip, searchField, type View } from './parts.js';

/** Add connection: search, and people met lately. */
export function add(app: App): View {
  const { search } = app;
  return html`<section data-home aria-label="Add connection">
    ${heading('Add connection')}
    <div class="filters">
      ${searchField('Search people', search.query, (value) => act.search(app, value), 'Name or e-mail')}
    </div>
    ${search.error ? html`<p class="inline-error" role="alert">${search.error}</p>` : nothing}
    ${search.query.trim().length < 2 ? recent(app) : results(app)}
  </section>`;
}

function results(app: App): View {
  const { people, cursor, done, query } = app.search;
  if (!done) return nothing;
  const rows = [...people];
  const address = addressIn(query);
  return html`
    ${rows.length
      ? html`<ul class="rows" aria-label="Search results">
          ${repeat(
            rows,
            (person) => person.user?.id ?? person.address,
            (person) => result(app, person),
          )}
        </ul>`
      : nothing}
    ${address ? byAddress(app, address, query.trim()) : nothing}
    ${!rows.length && !address
      ? empty('search', 'Nobody found', 'Check the spelling, or type a whole e-mail address to invite someone by it.')
      : nothing}
    ${cursor ? button({ label: 'Show more' }, () => act.searchNow(app, true)) : nothing}
  `;
}

function recent(app: App): View {
  if (!app.recent.length) {
    return empty('add', 'Find someone', 'Type at least two letters of a name or username, or a whole e-mail address.');
  }
  return html`
    <h3 class="subheading">People you met lately</h3>
    <ul class="rows" aria-label="People you met lately">
      ${repeat(
        app.recent,
        ({ user }) => user?.id,
        (person) => result(app, person),
      )}
    </ul>
  `;
}

/** A hit carries the relation, and what can be done about it in one tap. */
function result(app: App, person: Person): View {
  const { user } = person;
  if (!user) return nothing;
  const relation = app.relations.of(user.id, person.relation);
  const busy = app.busy.has(user.id);
  const invitation = relation.invitation;
  if (relation.state === 'none') {
    const connect = button({ label: 'Connect', kind: 'primary', busy }, () =>
      act.invite(app, { user_id: user.id }, user.name, user),
    );
    return personRow(app, person, nothing, connect);
  }
  if (relation.state === 'invitation_sent') {
    const cross = button(
      { label: `Cancel request to ${user.name}`, icon: 'close', bare: true, busy, testid: 'cancel-cross' },
      () => act.withdraw(app, user),
    );
    return personRow(app, person, nothing, html`${relationChip(relation)}${cross}`);
  }
  if (relation.state === 'invitation_received' && invitation) {
    const answer = button({ label: 'Accept', kind: 'primary', busy }, () => act.accept(app, invitation.id, user));
    return personRow(app, person, html`<span class="row-more"><span>Wants to connect</span></span>`, answer);
  }
  return personRow(app, person, nothing, relationChip(relation));
}

/** Someone who may not be here yet, invited by what one knows of them. */
function byAddress(app: App, to: { email: string } | { phone: string }, typed: string): View {
  const feature = 'email' in to ? 'email' : 'sms';
  const address = 'email' in to ? to.email : to.phone;
  const open = openFor(app, address);
  const busy = app.busy.has(open?.id ?? address);
  if (!open && !app.features.includes(feature)) {
    return html`<p class="muted hint">Inviting by ${feature === 'email' ? 'e-mail' : 'text message'} isn’t available here.</p>`;
  }
  return html`
    <h3 class="subheading">By ${feature === 'email' ? 'e-mail' : 'text message'}</h3>
    <ul class="rows" aria-label="By address">
      <li class="row" data-testid="address-row">
        <span class="row-main">
          ${avatar(undefined)}
          <span class="row-words">
            <span class="row-name"><bdi>${typed}</bdi></span>
            <span class="row-more">
              <span>${open ? `Invited ${ago(open.sent_at)}` : 'We’ll send them an invitation'}</span>
            </span>
          </span>
        </span>
        <span class="row-end">
          ${open
            ? html`<span class="chip chip-wait">${icon('mail')}<span>Request sent</span></span>${button(
                  { label: `Cancel request to ${address}`, icon: 'close', bare: true, busy, testid: 'cancel-cross' },
                  () => act.withdrawInvitation(app, open),
                )}`
            : button({ label: 'Invite', kind: 'primary', busy }, () => act.invite(app, to, address))}
        </span>
      </li>
    </ul>
  `;
}

/** My open invitation to an address: from the list, or found by the search. */
function openFor(app: App, address: string) {
  const wanted = address.toLowerCase();
  const { sent } = app.relations;
  const listed = sent.items.find((invitation) => invitation.address?.toLowerCase() === wanted);
  if (listed || !sent.cursor) return listed;
  return app.search.people.find((person) => person.address?.toLowerCase() === wanted)?.relation.invitation;
}
