/** An error answered by the server, or (code 0) one of this side. */
export class FoyerError extends Error {
  constructor(code, message, data = {}) {
    super(message);
    this.name = 'FoyerError';
    this.code = code;
    this.data = data ?? {};
    this.reason = this.data.reason ?? standardReasons[code] ?? 'error';
  }

  /** The relation as it now stands, where a conflict on a pair carries it. */
  get relation() {
    return this.data.relation;
  }
}

const standardReasons = {
  [-32700]: 'parse_error',
  [-32600]: 'invalid_request',
  [-32601]: 'method_not_found',
  [-32602]: 'invalid_params',
  [-32603]: 'internal_error',
};

/** An error of this side: nothing was answered. */
export function localError(reason, message) {
  return new FoyerError(0, message, { reason });
}
