import { FoyerError } from 'foyer-client';

declare global {
  interface Window {
    /** Defined by an engine's web view before the page loads. */
    foyerToken?: () => string | Promise<string>;
  }
}

const HOST_WAIT = 5_000;

const signIn = () => new FoyerError(0, 'Sign in to go on.', { reason: 'sign_in' });

/**
 * Where the page's token comes from. It is never in a URL: an engine's web view
 * defines `foyerToken`, an embedding page of the same origin posts it, the
 * development server gives one out for a name, and otherwise it is pasted.
 */
export class TokenSource {
  #handed?: string;
  #waiting: ((token: string) => void)[] = [];

  constructor(private name: string | undefined) {
    addEventListener('message', (event) => {
      const fromHost = event.source === window.opener || (window.parent !== window && event.source === window.parent);
      if (event.origin !== location.origin || !fromHost) return;
      if (event.data?.type === 'foyer.token' && typeof event.data.token === 'string') this.hand(event.data.token);
    });
  }

  /** Whether there is any source besides the sign-in screen. */
  get automatic(): boolean {
    return Boolean(this.name || window.foyerToken || this.#handed || this.#host);
  }

  get #host(): Window | undefined {
    return window.parent === window ? (window.opener ?? undefined) : window.parent;
  }

  /** A token pasted or posted. */
  hand(token: string): void {
    this.#handed = token.trim();
    for (const waiting of this.#waiting.splice(0)) waiting(this.#handed);
  }

  get = async ({ rejected }: { rejected: boolean }): Promise<string> => {
    if (window.foyerToken) return window.foyerToken();
    if (this.#handed && !rejected) {
      const token = this.#handed;
      // Asked again later, it is because this one ends: its host is to post another.
      if (this.#host) this.#handed = undefined;
      return token;
    }
    if (this.name) return this.#fromDevelopmentServer(this.name);
    if (this.#host) return this.#fromHost(this.#host);
    if (rejected || !this.#handed) throw signIn();
    return this.#handed;
  };

  async #fromDevelopmentServer(name: string): Promise<string> {
    let response: Response;
    try {
      response = await fetch('/dev/token', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
    } catch {
      throw new FoyerError(0, 'The server can’t be reached.', { reason: 'unavailable' });
    }
    if (response.status >= 500) throw new FoyerError(0, 'The server is not ready.', { reason: 'unavailable' });
    if (!response.ok) throw signIn();
    return ((await response.json()) as { token: string }).token;
  }

  #fromHost(host: Window): Promise<string> {
    host.postMessage({ type: 'foyer.token_wanted' }, location.origin);
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      // A host that knows nothing of this leaves the sign-in screen.
      setTimeout(() => reject(signIn()), HOST_WAIT);
    });
  }
}
