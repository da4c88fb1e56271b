export type Theme = 'system' | 'light' | 'dark';

const KEY = 'foyer.theme';

export function theme(): Theme {
  return (document.documentElement.dataset.theme as Theme | undefined) ?? 'system';
}

/** Sets the theme, and keeps it for this browser. */
export function setTheme(wanted: Theme): void {
  apply(wanted);
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // Storage is off: it holds until the page is left.
  }
}

export function applyKeptTheme(): void {
  try {
    apply((localStorage.getItem(KEY) as Theme | null) ?? 'system');
  } catch {
    // As above.
  }
}

function apply(wanted: Theme): void {
  if (wanted === 'light' || wanted === 'dark') document.documentElement.dataset.theme = wanted;
  else delete document.documentElement.dataset.theme;
}
