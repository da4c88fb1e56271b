import type { Resume } from 'foyer-client';

const KEY = 'foyer.resume';
// A reloaded page's lock is free as soon as the old page is gone; a duplicated
// tab's never is, as the original holds it.
const LOCK_WAIT = 400;

interface Kept extends Resume {
  identity: string;
}

/** Who the page was opened as, as far as its address tells: another one is another device. */
const identity = (): string => location.hash;

/**
 * What this tab may resume. sessionStorage outlives a reload, but a duplicated
 * tab gets a copy, and two tabs must not replace each other's device in turn:
 * the device belongs to the tab that holds its lock.
 */
export async function resumable(): Promise<Resume | undefined> {
  const kept = read();
  if (!kept?.device_id || kept.identity !== identity()) return undefined;
  const mine = await hold(kept.device_id);
  return mine ? { epoch: kept.epoch, rev: kept.rev, device_id: kept.device_id } : undefined;
}

/** Keeps what the next load of this tab may resume. */
export function keep(resume: Resume | undefined): void {
  if (!resume) return;
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ identity: identity(), ...resume } satisfies Kept));
  } catch {
    // Storage is off: a reload is a new device then.
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

const held = new Set<string>();

/** Holds a device for as long as the page lives. */
export function hold(deviceId: string): Promise<boolean> {
  if (held.has(deviceId)) return Promise.resolve(true);
  if (!navigator.locks) return Promise.resolve(isReload());
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(LOCK_WAIT);
    navigator.locks
      .request(`foyer.device.${deviceId}`, { signal }, () => {
        held.add(deviceId);
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}

/** Without locks (plain HTTP on another machine), a reload is the only case that is certain. */
function isReload(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return navigation?.type === 'reload';
}

function read(): Kept | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
