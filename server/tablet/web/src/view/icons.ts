import { svg, html, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { DeviceKind } from 'foyer-client';

// Drawn on a 24 px grid, two units thick, so that they read at arm's length.
const paths = {
  people: svg`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 4.700a3.5 3.5 0 0 1 0 6.600M18 14.300c2 .8 3.2 2.7 3.5 5.7"/>`,
  door: svg`<path d="M6 21V7a6 6 0 0 1 12 0v14M3.5 21h17"/><circle cx="14" cy="14" r=".8" fill="currentColor"/>`,
  here: svg`<path d="M4 20V10l8-6 8 6v10"/><circle cx="12" cy="12" r="2.2"/><path d="M8 20c.2-2.6 1.7-4 4-4s3.8 1.4 4 4"/>`,
  link: svg`<circle cx="7" cy="9" r="3"/><circle cx="17" cy="9" r="3"/><path d="M10 9h4M2.5 19c.3-3 2-4.6 4.5-4.600s4.2 1.6 4.5 4.600M12.5 19c.3-3 2-4.6 4.5-4.600s4.2 1.6 4.5 4.6"/>`,
  mail: svg`<rect x="3" y="5" width="18" height="14" rx="3"/><path d="m4 8 8 5.500L20 8"/>`,
  add: svg`<circle cx="10" cy="8" r="3.5"/><path d="M3.5 20c.4-4 3-6 6.5-6 1.4 0 2.7.3 3.7 1M18.5 14v7M15 17.500h7"/>`,
  you: svg`<circle cx="12" cy="8" r="4"/><path d="M4 21c.5-4.7 3.6-7 8-7s7.5 2.3 8 7"/>`,
  search: svg`<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
  close: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
  check: svg`<path d="m5 12.5 4.5 4.500L19 7.5"/>`,
  hand: svg`<path d="M8 12V5.500a1.5 1.5 0 0 1 3 0V11m0-.5v-6a1.5 1.5 0 0 1 3 0V11m0-4.500a1.5 1.5 0 0 1 3 0V12m0-2.500a1.5 1.5 0 0 1 3 0V15c0 4-2.5 6.5-6 6.5-3 0-4.6-1.2-6-3.700L5 13.700c-.8-1.6 1.2-2.7 2.2-1.400L8 13.5"/>`,
  mic: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3"/>`,
  micOff: svg`<path d="M15 9.500V6a3 3 0 0 0-6 0v5a3 3 0 0 0 4.6 2.500M5.5 11.500a6.5 6.5 0 0 0 10.3 5.200M18.5 11.500c0 1-.2 1.8-.5 2.600M12 18v3M4 4l16 16"/>`,
  lock: svg`<rect x="5" y="11" width="14" height="9" rx="2.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
  unlock: svg`<rect x="5" y="11" width="14" height="9" rx="2.5"/><path d="M8 11V8a4 4 0 0 1 7.6-1.7"/>`,
  key: svg`<circle cx="8" cy="15" r="4"/><path d="m11 12 8.5-8.500M16 7l3 3"/>`,
  leave: svg`<path d="M14 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h7M10 12h10M16.5 8.5 20 12l-3.5 3.5"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  undo: svg`<path d="M9 7 4.5 11.5 9 16M5 11.500h9a5 5 0 0 1 0 10h-2"/>`,
  block: svg`<circle cx="12" cy="12" r="8.5"/><path d="m6 6 12 12"/>`,
  star: svg`<path d="m12 4 2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.7-5 2.7 1.1-5.500L4 9.7 9.6 9z"/>`,
  phone: svg`<path d="M6.5 3.500h3l1.5 4.5-2 1.500a11 11 0 0 0 5.5 5.500l1.5-2 4.5 1.500v3a2 2 0 0 1-2 2A15.5 15.5 0 0 1 4.5 5.500a2 2 0 0 1 2-2z"/>`,
  edit: svg`<path d="M4 20l1-4.500L16 4.500l3.5 3.500L8.5 19z"/>`,
  headset: svg`<rect x="3" y="7" width="18" height="10" rx="4"/><path d="M9.5 17c.8-2 4.2-2 5 0"/>`,
  tablet: svg`<rect x="5" y="3" width="14" height="18" rx="2.5"/><path d="M11 18h2"/>`,
  desktop: svg`<rect x="3" y="4" width="18" height="12" rx="2"/><path d="M9 20h6M12 16v4"/>`,
  mobile: svg`<rect x="7" y="3" width="10" height="18" rx="2.5"/><path d="M11 18h2"/>`,
  web: svg`<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.500c5 5.5 5 11.5 0 17-5-5.5-5-11.5 0-17z"/>`,
  node: svg`<rect x="4" y="4" width="16" height="7" rx="2"/><rect x="4" y="13" width="16" height="7" rx="2"/><path d="M8 7.500h.1M8 16.500h.1"/>`,
  bot: svg`<rect x="5" y="8" width="14" height="11" rx="3"/><path d="M12 8V4M9 13v1M15 13v1"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type Icon = keyof typeof paths;

/** Decoration only: whoever uses it says the same in words. */
export const icon = (name: Icon): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${paths[name]}</svg>`;

export const deviceIcon = (kind: DeviceKind): TemplateResult => icon(kind in paths ? kind : 'web');

export const logo = html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="9" /><path d="M10 25V12a6 6 0 0 1 12 0v13" /><circle cx="16" cy="18" r="2.4" />
</svg>`;
