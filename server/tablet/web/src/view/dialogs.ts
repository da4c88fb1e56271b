import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Session, Visibility } from 'foyer-client';
import type { App, Dialog } from '../model/app.js';
import { create, join, unban, update } from '../model/hosting.js';
import { avatar, button, empty, skeleton, type View } from './parts.js';

type Of<K extends Dialog['kind']> = Extract<Dialog, { kind: K }>;

function dismiss(app: App): void {
  app.dialog = undefined;
  app.changed();
}

/** What is asked before going on. The app's <dialog> element shows it. */
export function dialogContent(app: App): View {
  const { dialog } = app;
  switch (dialog?.kind) {
    case undefined:
      return nothing;
    case 'confirm':
      return confirm(app, dialog);
    case 'password':
      return password(app, dialog);
    case 'create':
      return createForm(app, dialog);
    case 'join_id':
      return joinById(app, dialog);
    case 'room':
      return roomForm(app, dialog);
    case 'bans':
      return bans(app, dialog);
  }
}

function frame(title: string, body: View, submit: (form: FormData) => void, error: string | undefined, foot: View): View {
  return html`<form
    class="dialog"
    method="dialog"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      submit(new FormData(event.target as HTMLFormElement));
    }}
  >
    <h2 id="dialog-title" class="heading" tabindex="-1">${title}</h2>
    ${body} ${error ? html`<p class="inline-error" role="alert">${error}</p>` : nothing}
    <div class="dialog-foot">${foot}</div>
  </form>`;
}

const submitButton = (label: string, kind: 'primary' | 'danger', busy: boolean) =>
  html`<button class="button button-${kind}" aria-busy=${busy ? 'true' : nothing}><span>${label}</span></button>`;

const cancelButton = (app: App, label = 'Cancel') => button({ label }, () => dismiss(app));

function confirm(app: App, { title, text, yes, no, danger, run }: Of<'confirm'>): View {
  const go = () => {
    dismiss(app);
    run();
  };
  const foot = html`${cancelButton(app, no)}${submitButton(yes, danger ? 'danger' : 'primary', false)}`;
  return frame(title, html`<p>${text}</p>`, go, undefined, foot);
}

function password(app: App, { session, error }: Of<'password'>): View {
  return frame(
    `Join ${session.name}`,
    html`<label class="field">
      <span>Password</span>
      <input name="password" type="password" required maxlength="128" autocomplete="off" autofocus />
    </label>`,
    (form) => void join(app, session, String(form.get('password'))),
    error,
    html`${cancelButton(app)}${submitButton('Join', 'primary', app.busy.has('join'))}`,
  );
}

function joinById(app: App, { error }: Of<'join_id'>): View {
  return frame(
    'Join with a session ID',
    html`<label class="field">
      <span>Session ID</span>
      <input name="id" required maxlength="128" autocomplete="off" autofocus />
    </label>`,
    (form) => void join(app, { id: String(form.get('id')).trim(), name: 'the session' }),
    error,
    html`${cancelButton(app)}${submitButton('Join', 'primary', app.busy.has('join'))}`,
  );
}

const visibilities: [Visibility, string][] = [
  ['public', 'Everyone can find it'],
  ['connections', 'My connections can find it'],
  ['private', 'Only with the ID or an invitation'],
];

function fields(session?: Session, mayRestrict = true): View {
  return html`
    <label class="field">
      <span>Name</span>
      <input name="name" required maxlength="80" autocomplete="off" autofocus .value=${session?.name ?? ''} />
    </label>
    <label class="field">
      <span>People at most</span>
      <input name="capacity" type="number" inputmode="numeric" min="1" max="1000" required .value=${String(session?.capacity ?? 50)} />
    </label>
    ${mayRestrict
      ? html`<label class="field">
            <span>Who can find it</span>
            <select name="visibility">
              ${visibilities.map(
                ([value, word]) =>
                  html`<option value=${value} ?selected=${value === (session?.visibility ?? 'public')}>${word}</option>`,
              )}
            </select>
          </label>
          <label class="field">
            <span>${session?.has_password ? 'New password (leave empty to keep it)' : 'Password (optional)'}</span>
            <input name="password" type="password" maxlength="128" autocomplete="new-password" />
          </label>`
      : nothing}
    ${mayRestrict && session?.has_password
      ? html`<label class="check"><input type="checkbox" name="open" /><span>Remove the password</span></label>`
      : nothing}
  `;
}

function createForm(app: App, { error }: Of<'create'>): View {
  const submit = (form: FormData) =>
    void create(app, {
      name: String(form.get('name')).trim(),
      capacity: Number(form.get('capacity')),
      visibility: form.get('visibility') as Visibility,
      ...(form.get('password') ? { password: String(form.get('password')) } : {}),
    });
  const foot = html`${cancelButton(app)}${submitButton('Start session', 'primary', app.busy.has('create'))}`;
  return frame('New session', fields(), submit, error, foot);
}

function roomForm(app: App, { error }: Of<'room'>): View {
  const { session } = app.room;
  if (!session) return nothing;
  // Only what was changed is sent: a cohost may not touch everything.
  const submit = (form: FormData) => {
    const name = String(form.get('name')).trim();
    const capacity = Number(form.get('capacity'));
    const visibility = form.get('visibility') as Visibility | null;
    const secret = String(form.get('password') ?? '');
    void update(app, {
      ...(name !== session.name ? { name } : {}),
      ...(capacity !== session.capacity ? { capacity } : {}),
      ...(visibility && visibility !== session.visibility ? { visibility } : {}),
      ...(form.get('open') ? { password: '' } : secret ? { password: secret } : {}),
    });
  };
  const foot = html`${cancelButton(app)}${submitButton('Save', 'primary', app.busy.has('update'))}`;
  const host = app.room.members.get(app.me.id)?.role === 'host';
  return frame('Edit session', fields(session, host), submit, error, foot);
}

function bans(app: App, { users }: Of<'bans'>): View {
  const list = !users
    ? skeleton(1)
    : users.length
      ? html`<ul class="rows" aria-label="Banned people">
          ${repeat(
            users,
            ({ id }) => id,
            (user) => html`<li class="row">
              <span class="row-main"
                >${avatar(user)}<span class="row-words"><span class="row-name"><bdi>${user.name}</bdi></span></span></span
              >
              <span class="row-end">
                ${button({ label: 'Lift ban', busy: app.busy.has(`unban ${user.id}`) }, () => unban(app, user))}
              </span>
            </li>`,
          )}
        </ul>`
      : empty('check', 'Nobody is banned', 'People you ban from this session are listed here.');
  return frame('Banned people', list, () => dismiss(app), undefined, submitButton('Done', 'primary', false));
}
