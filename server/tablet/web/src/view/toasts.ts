import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import * as act from '../model/actions.js';
import type { App, Toast } from '../model/app.js';
import { avatar, button, type View } from './parts.js';

const words: Record<Toast['cause'], string> = {
  received: 'wants to connect',
  accepted: 'accepted your request',
  crossed: 'is now a connection',
};

/** What others did that is worth a word, above everything. */
export function toasts(app: App): View {
  return html`<div class="toasts" role="region" aria-label="New">
    <div role="status" aria-live="polite">
      ${repeat(
        app.toasts,
        ({ id }) => id,
        (toast) => one(app, toast),
      )}
    </div>
  </div>`;
}

function one(app: App, { id, cause, user, invitationId }: Toast): View {
  const busy = app.busy.has(user.id);
  return html`<div class="toast" id="toast-${id}" data-testid="toast">
    <button type="button" class="toast-main" @click=${() => act.open(app, user)}>
      ${avatar(user)}
      <span><bdi class="strong">${user.name}</bdi> ${words[cause]}</span>
    </button>
    ${cause === 'received' && invitationId
      ? html`<span class="toast-answers">
          ${button({ label: 'Decline', busy }, () => act.decline(app, invitationId, user))}
          ${button({ label: 'Accept', kind: 'primary', busy }, () => act.accept(app, invitationId, user))}
        </span>`
      : nothing}
    ${button({ label: 'Dismiss', icon: 'close', bare: true, kind: 'plain' }, () => app.dismissToast(id))}
  </div>`;
}

/** What became of what the user asked for, where it isn't plain to see. */
export function notice(app: App): View {
  const { notice: shown } = app;
  return html`<div class="notices">
    ${shown
      ? html`<div class="notice notice-${shown.tone}" role=${shown.tone === 'error' ? 'alert' : 'status'} data-testid="notice">
          <span>${shown.text}</span>
          ${button({ label: 'Dismiss', icon: 'close', bare: true, kind: 'plain' }, () => app.tell(undefined))}
        </div>`
      : nothing}
  </div>`;
}
