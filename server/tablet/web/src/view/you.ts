import { html, nothing } from 'lit';
import type { Methods, Settings } from 'foyer-client';
import type { App } from '../model/app.js';
import { now } from '../model/words.js';
import { setTheme, theme, type Theme } from '../model/theme.js';
import { avatar, button, heading, skeleton, type View } from './parts.js';

type Choice = Methods['presence.set'][0]['status'];

const choices: [Choice, string, string][] = [
  ['online', 'Online', ''],
  ['away', 'Away', ''],
  ['busy', 'Busy', 'No pop-ups'],
  ['invisible', 'Invisible', 'Looks like offline'],
];

/** You: how others see you, who may reach you, and this tablet. */
export function you(app: App): View {
  return html`<section data-home aria-label="You">
      <div class="me">
        ${avatar(app.me, 'l', app.own.invisible ? 'offline' : app.own.status)}
        <div class="me-words">
          <h2 class="heading" tabindex="-1"><bdi>${app.me.name}</bdi></h2>
          <p class="muted">${[app.me.username ? `@${app.me.username}` : '', app.me.email].filter(Boolean).join(' · ')}</p>
        </div>
      </div>
      ${presence(app)}
    </section>
    <section data-home aria-label="Privacy" class="apart">${heading('Privacy')} ${privacy(app)}</section>
    <section data-home aria-label="This tablet" class="apart">${heading('This tablet')} ${device(app)}</section>`;
}

function setPresence(app: App, status: Choice, note: string, until?: string): void {
  void app.run('presence', async () => {
    const { presence } = await app.client.call('presence.set', {
      status,
      note,
      ...(until ? { note_until: until } : {}),
    });
    app.learnOwn({ ...presence, ...(status === 'invisible' ? { invisible: true } : {}) });
    app.note = note;
  }, 'Your status is set.');
}

function presence(app: App): View {
  const chosen: Choice = app.own.invisible ? 'invisible' : app.own.status === 'offline' ? 'online' : app.own.status;
  const note = app.note ?? '';
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const hours = Number(form.get('hours'));
    const until = hours ? new Date(now() + hours * 3_600_000).toISOString() : undefined;
    setPresence(app, chosen, String(form.get('note') ?? '').trim(), until);
  };
  return html`<div class="statuses" role="group" aria-label="Status">
      ${choices.map(
        ([choice, word, more]) => html`<button
          type="button"
          class="status"
          aria-pressed=${choice === chosen}
          aria-busy=${app.busy.has('presence') ? 'true' : nothing}
          @click=${() => setPresence(app, choice, note)}
        >
          <span class="dot dot-${choice === 'invisible' ? 'offline' : choice}"></span>
          <span>${word}${more ? html`<small>${more}</small>` : nothing}</span>
        </button>`,
      )}
    </div>
    <form class="note-form" @submit=${submit}>
      <label class="field grow">
        <span>Note</span>
        <input name="note" maxlength="128" autocomplete="off" placeholder="What you’re up to" .value=${note} />
      </label>
      <label class="field">
        <span>Clear after</span>
        <select name="hours">
          <option value="0">Never</option>
          <option value="1">1 hour</option>
          <option value="4">4 hours</option>
          <option value="24">1 day</option>
        </select>
      </label>
      <button class="button button-soft" aria-busy=${app.busy.has('presence') ? 'true' : nothing}><span>Save note</span></button>
    </form>`;
}

const invitableBy: [Settings['invitable_by'], string][] = [
  ['everyone', 'Everyone'],
  ['shared_session', 'People I’ve shared a session with'],
  ['email', 'People who know my e-mail address'],
  ['nobody', 'Nobody'],
];

const switches: [Exclude<keyof Settings, 'invitable_by'>, string, string][] = [
  ['findable_by_name', 'Found by name', 'Others can find you by your name or username.'],
  ['findable_by_email', 'Found by e-mail', 'Whoever types your whole address can find you.'],
  ['recent_people', 'Shown among people met', 'People you shared a session with can see you in their list.'],
  ['email_reminders', 'Reminders by e-mail', 'A mail when a request waits for you.'],
];

function privacy(app: App): View {
  const { settings } = app;
  if (!settings) return skeleton(3);
  const update = async (input: HTMLInputElement | HTMLSelectElement, change: Partial<Settings>) => {
    // Two settings may be changed at a time; one only once.
    const answer = await app.run(`settings ${Object.keys(change).join()}`, () => app.client.call('settings.update', change), 'Saved.');
    if (answer) app.learnSettings(answer.settings, answer.rev);
    // Refused: the control shows again what holds.
    else if (input instanceof HTMLInputElement) input.checked = !input.checked;
    else input.value = settings.invitable_by;
    app.changed();
  };
  return html`<label class="select select-wide">
      <span class="select-label">Who may send me requests</span>
      <select
        @change=${(event: Event) => {
          const select = event.target as HTMLSelectElement;
          void update(select, { invitable_by: select.value as Settings['invitable_by'] });
        }}
      >
        ${invitableBy.map(
          ([value, word]) => html`<option value=${value} ?selected=${value === settings.invitable_by}>${word}</option>`,
        )}
      </select>
    </label>
    ${switches.map(
      ([name, word, more]) => html`<label class="switch">
        <span class="switch-words"><span>${word}</span><small class="muted">${more}</small></span>
        <input
          type="checkbox"
          role="switch"
          .checked=${settings[name]}
          @change=${(event: Event) => {
            const input = event.target as HTMLInputElement;
            void update(input, { [name]: input.checked });
          }}
        />
      </label>`,
    )}`;
}

const themes: [Theme, string][] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

function device(app: App): View {
  const { hello } = app;
  const facts: [string, string | undefined][] = [
    ['Node', hello?.server.node],
    ['Server', hello?.server.version],
    ['Device', hello?.device_id],
    ['Follows', app.companion ? 'your headset (companion)' : undefined],
  ];
  return html`<div class="segments" role="group" aria-label="Theme">
      ${themes.map(
        ([value, word]) => html`<button
          type="button"
          class="segment"
          aria-pressed=${value === theme()}
          @click=${() => {
            setTheme(value);
            app.changed();
          }}
        >
          ${word}
        </button>`,
      )}
    </div>
    <dl class="facts">
      ${facts.map(([word, value]) => (value ? html`<div><dt>${word}</dt><dd>${value}</dd></div>` : nothing))}
    </dl>
    ${app.tokens.automatic
      ? nothing
      : button({ label: 'Sign out', icon: 'leave' }, () => {
          app.client.close();
          location.reload();
        })}`;
}
