// Methods that take an op_id: the server carries out the same op_id once, so a
// call whose answer was lost with the socket is simply sent again.
const durable = new Set([
  'invitation.send',
  'invitation.withdraw',
  'invitation.withdraw_many',
  'invitation.accept',
  'invitation.decline',
  'invitation.undo_decline',
  'connection.remove',
  'user.block',
  'user.unblock',
  'settings.update',
  'session.create',
]);

// Asking again changes nothing.
const reads = new Set([
  'invitation.list',
  'connection.list',
  'relation.list',
  'settings.get',
  'people.search',
  'people.in_session',
  'people.recent',
  'people.focus',
  'people.unfocus',
  'session.list',
  'session.bans',
  'session.subscribe',
]);

export const takesOpId = (method) => durable.has(method);

/** Whether a call may be sent again on the next socket. */
export const repeatable = (method, params) => reads.has(method) || params.op_id !== undefined;

/** Unique among one user's calls of a day; it is no secret, so node 18 (no global crypto) may roll dice. */
export function newOpId() {
  const bytes = Array.from({ length: 16 }, () => Math.floor(Math.random() * 256));
  globalThis.crypto?.getRandomValues(Uint8Array.from(bytes)).forEach((byte, i) => (bytes[i] = byte));
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
