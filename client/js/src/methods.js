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
]);

export const takesOpId = (method) => durable.has(method);

/** Whether a call may be sent again on the next socket. */
export const repeatable = (method, params) => reads.has(method) || params.op_id !== undefined;

export function newOpId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
