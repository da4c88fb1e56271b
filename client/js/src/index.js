export { FoyerClient } from './client.js';
export { FoyerError } from './errors.js';
export { encodeState, decodeStates } from './state.js';
export { Revisions } from './revisions.js';
export { afterClose, backoff } from './reconnect.js';
