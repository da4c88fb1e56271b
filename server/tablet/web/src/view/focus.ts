import { html, nothing } from 'lit';
import type { Action, ActionName, Focus, Role, User } from 'foyer-client';
import * as act from '../model/actions.js';
import type { App } from '../model/app.js';
import { join, kick, setAttributes, setRole } from '../model/hosting.js';
import { ago, because, deviceWord, roleWord, statusWord, until } from '../model/words.js';
import { deviceIcon, icon, type Icon } from './icons.js';
import { avatar, button, relationChip, type ButtonLook, type View } from './parts.js';

const MESSAGE_LENGTH = 300;

/** The focus panel: one person, and everything that this user may do about them. */
export function focusPanel(app: App): View {
  const user = app.focus?.person.user ?? app.focusUser;
  if (!user) {
    return html`<div class="panel-empty">
      <span class="empty-icon">${icon('you')}</span>
      <p class="muted">Tap someone to see who they are and what you can do.</p>
    </div>`;
  }
  return html`<div class="panel-inner" data-home data-testid="focus">
    <div class="panel-close">
      ${button({ label: 'Close', icon: 'close', bare: true, kind: 'plain' }, () => act.close(app))}
    </div>
    ${profile(app, user)} ${app.focus ? details(app, app.focus, user) : html`<div class="panel-loading" aria-busy="true"></div>`}
  </div>`;
}

function profile(app: App, user: User): View {
  const presence = app.presences.get(user.id) ?? app.focus?.person.presence;
  const self = user.id === app.me.id;
  const shown = self ? app.own : presence;
  return html`<header class="profile">
    ${avatar(user, 'l', shown?.status)}
    <h2 class="heading profile-name" tabindex="-1"><bdi>${user.name}</bdi></h2>
    ${user.username ? html`<p class="muted">@${user.username}</p>` : nothing}
    ${shown
      ? html`<p class="profile-presence">
            <span>${statusWord[shown.status]}</span>
            ${shown.devices.map(
              (kind) => html`<span class="device">${deviceIcon(kind)}<span>${deviceWord[kind] ?? kind}</span></span>`,
            )}
          </p>
          ${shown.session
            ? html`<p class="muted profile-where" dir="auto">
                ${shown.session.id === app.room.session?.id ? 'In this session' : `In ${shown.session.name}`}
              </p>`
            : nothing}`
      : nothing}
    ${shown?.note ? html`<p class="profile-note" dir="auto">${shown.note}</p>` : nothing}
  </header>`;
}

function details(app: App, focus: Focus, user: User): View {
  const allowed = new Map(focus.actions.map((action) => [action.action, action]));
  const relation = app.relations.of(user.id, focus.person.relation);
  return html`
    ${relationLine(relation.state === 'none' ? nothing : relationChip(relation), relation.invitation ?? undefined)}
    <div class="actions">${pairActions(app, user, focus, allowed)}</div>
    ${hostActions(app, user, allowed)}
    <div class="actions actions-last">
      ${show(app, allowed, 'unblock', user, { label: 'Unblock', icon: 'block' }, () => act.unblock(app, user))}
      ${show(app, allowed, 'block', user, { label: 'Block', icon: 'block', kind: 'plain' }, () => act.block(app, user))}
    </div>
  `;
}

function relationLine(chip: View, invitation?: { sent_at: string; expires_at: string; direction: string; message?: string }): View {
  if (chip === nothing) return nothing;
  return html`<div class="relation" data-testid="focus-relation">
    ${chip}
    ${invitation
      ? html`<span class="muted"
          >${ago(invitation.sent_at)}${invitation.direction === 'sent' ? ` · expires ${until(invitation.expires_at)}` : ''}</span
        >`
      : nothing}
    ${invitation?.message ? html`<p class="message" dir="auto">${invitation.message}</p>` : nothing}
  </div>`;
}

type Allowed = Map<ActionName, Action>;

function pairActions(app: App, user: User, focus: Focus, allowed: Allowed): View {
  const invitation = focus.person.relation.invitation;
  const session = app.presenceOf(focus.person)?.session;
  return html`
    ${show(app, allowed, 'withdraw', user, { label: 'Cancel request', icon: 'close', kind: 'danger' }, () => act.withdraw(app, user))}
    ${invitation
      ? html`
          ${show(app, allowed, 'accept', user, { label: 'Accept', icon: 'check', kind: 'primary' }, () =>
            act.accept(app, invitation.id, user),
          )}
          ${show(app, allowed, 'decline', user, { label: 'Decline' }, () => act.decline(app, invitation.id, user))}
        `
      : nothing}
    ${allowed.has('invite') ? invite(app, user, allowed) : nothing}
    ${show(app, allowed, 'undo_decline', user, { label: 'Undo decline', icon: 'undo' }, () => act.undoDeclineOf(app, user))}
    ${session && session.id !== app.room.session?.id
      ? show(app, allowed, 'join_session', user, { label: 'Join their session', icon: 'door' }, () => join(app, session))
      : nothing}
    ${show(app, allowed, 'remove_connection', user, { label: 'Remove connection' }, () => act.removeConnection(app, user))}
  `;
}

/**
 * Whether the relation has moved on and the panel has not yet: its actions follow
 * from the relation, so until the server has sent them anew none can be tapped.
 */
export function isStale(app: App): boolean {
  const { user, relation } = app.focus?.person ?? {};
  if (!user || !relation) return false;
  const now = app.relations.of(user.id, relation);
  return now.state !== relation.state || now.invitation?.id !== relation.invitation?.id;
}

const isBusy = (app: App, user: User): boolean =>
  isStale(app) || app.busy.has(user.id) || app.busy.has(`kick ${user.id}`);

/** An action of the server's list, enabled or with the reason why not; nothing when it isn't listed. */
function show(app: App, allowed: Allowed, name: ActionName, user: User, look: ButtonLook, click: () => void): View {
  const action = allowed.get(name);
  if (!action) return nothing;
  const reason = action.enabled ? undefined : (because(action.reason, action.retry_at) ?? 'Not possible right now.');
  const busy = isBusy(app, user);
  return html`<div class="action" data-testid="action-${name}">
    ${button({ ...look, busy, disabled: !action.enabled }, click)}
    ${reason ? html`<p class="reason">${reason}</p>` : nothing}
  </div>`;
}

function invite(app: App, user: User, allowed: Allowed): View {
  const enabled = allowed.get('invite')?.enabled;
  const messageOf = (event: Event) =>
    (event.target as HTMLElement).closest('.invite')?.querySelector('textarea')?.value.trim() ?? '';
  const action = allowed.get('invite');
  const reason = enabled ? undefined : because(action?.reason, action?.retry_at);
  return html`<div class="action invite" data-testid="action-invite">
    ${button(
      { label: 'Connect', icon: 'add', kind: 'primary', busy: isBusy(app, user), disabled: !enabled },
      (event) => act.invite(app, { user_id: user.id }, user.name, user, messageOf(event)),
    )}
    ${reason ? html`<p class="reason">${reason}</p>` : nothing}
    ${enabled
      ? html`<details class="add-note">
          <summary>Add a message</summary>
          <label>
            <span class="visually-hidden">Message to ${user.name}</span>
            <textarea rows="3" maxlength=${MESSAGE_LENGTH} placeholder="Say where you met, or what it’s about"></textarea>
          </label>
        </details>`
      : nothing}
  </div>`;
}

/** What hosts and cohosts may do about someone in the session. */
function hostActions(app: App, user: User, allowed: Allowed): View {
  const names: ActionName[] = ['set_role', 'mute', 'kick', 'ban'];
  if (!names.some((name) => allowed.has(name))) return nothing;
  const member = app.room.members.get(user.id);
  const muted = member?.attributes.muted === true;
  return html`<section class="host" aria-label="Host controls">
    <h3 class="subheading">In this session</h3>
    ${member && allowed.has('set_role') ? roleSelect(app, user, member.role, allowed.get('set_role')) : nothing}
    <div class="actions actions-grid">
      ${member ? host('mute', muted ? 'Unmute' : 'Mute', muted ? 'mic' : 'micOff', () => setAttributes(app, { muted: muted ? null : true }, user.id)) : nothing}
      ${host('kick', 'Remove', 'leave', () => kick(app, user, false))}
      ${host('ban', 'Ban', 'block', () => kick(app, user, true))}
    </div>
  </section>`;

  function host(name: ActionName, label: string, mark: Icon, click: () => void): View {
    return show(app, allowed, name, user, { label, icon: mark }, click);
  }
}

function roleSelect(app: App, user: User, role: Role, action: Action | undefined): View {
  const change = (event: Event) => {
    const select = event.target as HTMLSelectElement;
    const wanted = select.value as Role;
    // Shows what is, until the server has said so.
    select.value = role;
    void setRole(app, user, wanted);
  };
  const reason = action?.enabled ? undefined : because(action?.reason, action?.retry_at);
  return html`<label class="select select-wide" data-testid="action-set_role">
      <span class="select-label">Role</span>
      <select aria-label="Role" .value=${role} ?disabled=${!action?.enabled} @change=${change}>
        ${(['member', 'cohost', 'host'] as const).map(
          (one) => html`<option value=${one} ?selected=${one === role}>${roleWord[one]}</option>`,
        )}
      </select>
    </label>
    ${reason ? html`<p class="reason">${reason}</p>` : nothing}`;
}
