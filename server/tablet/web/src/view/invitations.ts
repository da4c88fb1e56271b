import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Invitation } from 'foyer-client';
import * as act from '../model/actions.js';
import type { App } from '../model/app.js';
import { ago, count, explain, until } from '../model/words.js';
import { avatar, button, empty, heading, skeleton, type View } from './parts.js';

type BoxName = 'sent' | 'received' | 'declined';

/** Invitations: received, declined, and the sent ones at the bottom. */
export function invitations(app: App): View {
  return html`<section data-home aria-label="Invitations">
      ${heading('Invitations')} ${receivedOrDeclined(app)}
    </section>
    <section data-home aria-label="Sent connection requests" class="apart">${sent(app)}</section>`;
}

function receivedOrDeclined(app: App): View {
  const { received, declined } = app.relations;
  const name = app.boxTab;
  const tab = (value: typeof name, word: string, n: number) =>
    html`<button
      type="button"
      class="segment"
      aria-pressed=${value === name}
      @click=${() => {
        app.boxTab = value;
        app.changed();
      }}
    >
      ${word} <span class="count">${n || ''}</span>
    </button>`;
  return html`
    <div class="segments" role="group" aria-label="Which invitations">
      ${tab('received', 'Received', received.total)}${tab('declined', 'Declined', declined.total)}
    </div>
    ${list(app, name, name === 'received' ? 'Received requests' : 'Declined requests', {
      row: (one) => (name === 'received' ? receivedRow(app, one) : declinedRow(app, one)),
      none:
        name === 'received'
          ? empty('mail', 'Nothing waiting for you', 'Requests from others show up here the moment they’re sent.')
          : empty('undo', 'Nothing declined', 'Requests you decline wait here in case you change your mind.'),
    })}
  `;
}

function list(app: App, name: BoxName, label: string, { row, none }: { row: (one: Invitation) => View; none: View }): View {
  const box = app.relations[name];
  if (!box.loaded) return skeleton(2);
  if (!box.items.length) return none;
  const more = () => app.relations.loadBox(name, true).catch((error) => app.tell(explain(error)));
  return html`<ul class="rows" aria-label=${label}>
      ${repeat(box.items, ({ id }) => id, row)}
    </ul>
    ${box.cursor ? button({ label: 'Show more' }, more) : nothing}`;
}

function words(app: App, one: Invitation, line: string): View {
  const { user, address, message } = one;
  const inner = html`
    ${avatar(user)}
    <span class="row-words">
      <span class="row-name"><bdi>${user?.name ?? address}</bdi></span>
      <span class="row-more"><span>${line}</span></span>
      ${message ? html`<span class="message" dir="auto">${message}</span>` : nothing}
    </span>
  `;
  if (!user) return html`<span class="row-main">${inner}</span>`;
  return html`<button
    type="button"
    class="row-main"
    aria-current=${app.focusUser?.id === user.id ? 'true' : nothing}
    @click=${() => act.open(app, user)}
  >
    ${inner}
  </button>`;
}

function receivedRow(app: App, one: Invitation): View {
  const { id, user } = one;
  const busy = app.busy.has(user?.id ?? id);
  const by = one.channel === 'in_app' ? '' : ` to ${one.address ?? 'your address'}`;
  return html`<li class="row row-wrap" data-testid="received-${user?.id ?? id}">
    ${words(app, one, `Sent ${ago(one.sent_at)}${by}`)}
    <span class="row-end">
      ${button({ label: 'Decline', busy }, () => act.decline(app, id, user))}
      ${button({ label: 'Accept', kind: 'primary', busy }, () => act.accept(app, id, user))}
    </span>
  </li>`;
}

function declinedRow(app: App, one: Invitation): View {
  const { id, user } = one;
  const when = one.resolved_at ? ` ${ago(one.resolved_at)}` : '';
  return html`<li class="row row-wrap" data-testid="declined-${user?.id ?? id}">
    ${words(app, one, `Declined${when}`)}
    <span class="row-end">
      ${button({ label: 'Undo', icon: 'undo', busy: app.busy.has(user?.id ?? id) }, () => act.undoDecline(app, id, user))}
    </span>
  </li>`;
}

function sent(app: App): View {
  const { items, total, loaded } = app.relations.sent;
  return html`
    ${heading('Sent connection requests', html` <span class="count" data-testid="sent-total">${loaded && total ? total : ''}</span>`)}
    ${items.length && app.features.includes('withdraw_many') ? selection(app) : nothing}
    ${list(app, 'sent', 'Sent connection requests', {
      row: (one) => sentRow(app, one),
      none: empty('mail', 'No open requests', 'Requests you send stay here until they’re answered, cancelled or expire.'),
    })}
  `;
}

function selection(app: App): View {
  const { items } = app.relations.sent;
  const chosen = items.filter(({ id }) => app.selected.has(id)).length;
  const all = chosen === items.length;
  return html`<div class="selection">
    <label class="check">
      <input
        type="checkbox"
        .checked=${all}
        .indeterminate=${chosen > 0 && !all}
        @change=${() => {
          app.selected = new Set(all ? [] : items.map(({ id }) => id));
          app.changed();
        }}
      />
      <span>Select all</span>
    </label>
    <span class="muted grow" aria-live="polite">${chosen ? `${chosen} selected` : ''}</span>
    ${button(
      {
        label: chosen ? `Cancel ${count(chosen, 'request')}` : 'Cancel requests',
        kind: 'danger',
        disabled: chosen === 0,
        busy: app.busy.has('withdraw_many'),
        testid: 'cancel-selected',
      },
      () => act.confirmWithdrawMany(app),
    )}
  </div>`;
}

function sentRow(app: App, one: Invitation): View {
  const { id, user, address } = one;
  const name = user?.name ?? address ?? '';
  const how = one.channel === 'in_app' ? '' : one.channel === 'email' ? ' by e-mail' : ' by text message';
  const many = app.features.includes('withdraw_many');
  return html`<li class="row" data-testid="sent-${user?.id ?? address}">
    ${many
      ? html`<label class="check check-only">
          <input
            type="checkbox"
            aria-label=${`Select request to ${name}`}
            .checked=${app.selected.has(id)}
            @change=${() => {
              if (!app.selected.delete(id)) app.selected.add(id);
              app.changed();
            }}
          />
        </label>`
      : nothing}
    ${words(app, one, `Sent ${ago(one.sent_at)}${how} · expires ${until(one.expires_at)}`)}
    ${many
      ? nothing
      : html`<span class="row-end"
          >${button({ label: `Cancel request to ${name}`, icon: 'close', bare: true, busy: app.busy.has(user?.id ?? id) }, () =>
            act.withdrawInvitation(app, one),
          )}</span
        >`}
  </li>`;
}

/** The badge: what was received and not yet looked at. */
export function badge(unseen: number): View {
  if (!unseen) return nothing;
  return html`<span class="badge" data-testid="unseen"
    >${unseen > 99 ? '99+' : unseen}<span class="visually-hidden"> new</span></span
  >`;
}
