import { html, nothing, type TemplateResult } from 'lit';
import type { Presence, PresenceStatus, Relation, User } from 'foyer-client';
import { statusWord } from '../model/words.js';
import { icon, type Icon } from './icons.js';

export type View = TemplateResult | typeof nothing;

const HUES = 10;

/** A picture, or initials on a colour that stays with the person. */
export function avatar(user: User | undefined, size: 's' | 'm' | 'l' = 'm', status?: PresenceStatus): View {
  const name = user?.name ?? '';
  const picture = user?.avatar_url && /^(https:|\/(?!\/))/.test(user.avatar_url) ? user.avatar_url : undefined;
  return html`<span class="avatar avatar-${size} hue-${hash(user?.id ?? name) % HUES}" aria-hidden="true">
    <span class="avatar-face">
      ${user ? initials(name) : icon('mail')}
      ${picture
        ? html`<img src=${picture} alt="" loading="lazy" referrerpolicy="no-referrer" @error=${hideBroken} />`
        : nothing}
    </span>
    ${status ? html`<span class="dot dot-${status}"></span>` : nothing}
  </span>`;
}

// The initials are underneath.
function hideBroken(event: Event): void {
  (event.target as HTMLElement).remove();
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => [...word][0].toLocaleUpperCase()).join('') || '·';
}

function hash(text: string): number {
  let sum = 2166136261;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 16777619);
  return sum >>> 0;
}

/** A node of the server; nothing where none is told. */
export const node = (name: unknown, title: string): View =>
  typeof name === 'string' && name
    ? html`<span class="node" title=${title} data-testid="node">${icon('node')}<span class="visually-hidden">Node </span
        ><span class="clip">${name}</span></span
      >`
    : nothing;

export function presenceLine(presence: Presence | undefined): string {
  if (!presence) return '';
  const where = presence.session ? ` · in ${presence.session.name}` : '';
  return `${statusWord[presence.status] ?? presence.status}${where}`;
}

/** The relation as a word beside a name; nothing where there is none. */
export function relationChip(relation: Relation): View {
  const chips: Partial<Record<Relation['state'], [string, Icon, string]>> = {
    connected: ['Connected', 'check', 'good'],
    invitation_sent: ['Request sent', 'mail', 'wait'],
    invitation_received: ['Wants to connect', 'mail', 'ask'],
    blocked: ['Blocked', 'block', 'bad'],
  };
  const chip = chips[relation.state];
  if (!chip) return nothing;
  const [word, name, tone] = chip;
  return html`<span class="chip chip-${tone}">${icon(name)}<span>${word}</span></span>`;
}

export interface ButtonLook {
  label: string;
  icon?: Icon;
  kind?: 'primary' | 'soft' | 'plain' | 'danger';
  /** Only the icon is seen; the label is for screen readers and as a tooltip. */
  bare?: boolean;
  busy?: boolean;
  disabled?: boolean;
  pressed?: boolean;
  testid?: string;
}

export function button(look: ButtonLook, click: (event: Event) => void): TemplateResult {
  return html`<button
    type="button"
    class="button button-${look.kind ?? 'soft'} ${look.bare ? 'bare' : ''}"
    data-testid=${look.testid ?? nothing}
    title=${look.bare ? look.label : nothing}
    aria-label=${look.bare ? look.label : nothing}
    aria-pressed=${look.pressed === undefined ? nothing : look.pressed}
    aria-busy=${look.busy ? 'true' : nothing}
    ?disabled=${look.disabled}
    @click=${(event: Event) => {
      // A second tap while the first is under way changes nothing.
      if (!look.busy) click(event);
    }}
  >
    ${look.icon ? icon(look.icon) : nothing}${look.bare ? nothing : html`<span>${look.label}</span>`}
  </button>`;
}

/** A heading that takes the focus when what had it is gone. */
export function heading(text: string, extra: View = nothing, level: 1 | 2 = 2): TemplateResult {
  const inner = html`${text}${extra}`;
  return level === 1
    ? html`<h1 class="heading" tabindex="-1">${inner}</h1>`
    : html`<h2 class="heading" tabindex="-1">${inner}</h2>`;
}

export function empty(name: Icon, title: string, text: string, more: View = nothing): TemplateResult {
  return html`<div class="empty">
    <span class="empty-icon">${icon(name)}</span>
    <p class="empty-title">${title}</p>
    <p class="muted">${text}</p>
    ${more}
  </div>`;
}

export function searchField(
  label: string,
  value: string,
  input: (value: string) => void,
  placeholder = label,
): TemplateResult {
  return html`<label class="search">
    <span class="visually-hidden">${label}</span>
    ${icon('search')}
    <input
      type="search"
      autocomplete="off"
      spellcheck="false"
      enterkeyhint="search"
      placeholder=${placeholder}
      .value=${value}
      @input=${(event: Event) => input((event.target as HTMLInputElement).value)}
    />
  </label>`;
}

/** Rows while the first answer is on its way, as high as what will come. */
export const skeleton = (rows = 4): TemplateResult =>
  html`<ul class="rows" aria-hidden="true">
    ${Array.from({ length: rows }, () => html`<li class="row skeleton"><span></span></li>`)}
  </ul>`;
