/**
 * Revisions of one user's view. The server sends each once and in order, so a
 * duplicate can only be a replay seen before, and a hole means that this client
 * no longer knows what it missed.
 */
export class Revisions {
  constructor(rev = 0) {
    this.rev = rev;
  }

  reset(rev) {
    this.rev = rev;
  }

  take(rev) {
    if (rev <= this.rev) return 'drop';
    const next = rev === this.rev + 1;
    this.rev = rev;
    return next ? 'apply' : 'gap';
  }
}
