import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FoyerClient, FoyerError } from '../src/index.js';
import { FakeSocket } from './socket.js';

const welcome = (more = {}) => ({
  user: { id: 'ana', name: 'Ana' },
  device_id: 'd1',
  epoch: 'e1',
  rev: 4,
  resumed: false,
  unseen: 0,
  ...more,
});

/** A client, its first socket, and hello answered. */
async function online(options = {}, hello = {}) {
  let tokens = 0;
  const next = FakeSocket.next();
  const client = new FoyerClient({
    url: 'ws://test/v1/ws',
    token: () => `token-${++tokens}`,
    WebSocket: FakeSocket,
    random: () => 0,
    ...options,
  });
  const log = [];
  client.on('sync', ({ cause }) => log.push(`sync ${cause}`));
  client.on('status', ({ status, reason }) => log.push(reason ? `${status} ${reason}` : status));
  client.on('relation.changed', ({ rev }) => log.push(`rev ${rev}`));
  const connecting = client.connect();
  const socket = await next;
  const request = await socket.read();
  socket.answer(request.id, welcome(hello));
  await connecting;
  return { client, socket, request, log };
}

/** Answers hello on the socket that follows a break. */
async function back(waiting, hello = {}) {
  const socket = await waiting;
  const request = await socket.read();
  socket.answer(request.id, welcome({ resumed: true, ...hello }));
  return { socket, request };
}

test('hello carries the token, and the subprotocol is offered', async () => {
  const { client, socket, request } = await online({ client: { kind: 'tablet' } });
  assert.deepEqual(socket.protocols, ['foyer.v1']);
  assert.equal(request.method, 'hello');
  assert.deepEqual(request.params, { token: 'token-1', client: { name: 'foyer-client', version: '0.1.0', kind: 'tablet' } });
  assert.deepEqual(client.resume, { epoch: 'e1', rev: 4, device_id: 'd1' });
  client.close();
  assert.equal(socket.closedWith, 1000);
});

test('what is asked as soon as there is a connection is asked once', async (t) => {
  const asked = [];
  const next = FakeSocket.next();
  const client = new FoyerClient({ url: 'ws://test/v1/ws', token: () => 'token', WebSocket: FakeSocket, random: () => 0 });
  t.after(() => client.close());
  client.on('status', ({ status }) => status === 'online' && asked.push(client.call('session.list')));
  client.on('hello', () => asked.push(client.call('settings.get')));
  const connecting = client.connect();
  const socket = await next;
  socket.answer((await socket.read()).id, welcome());
  await connecting;
  asked.forEach((one) => one.catch(() => {})); // nobody answers
  assert.deepEqual(socket.sent.map(({ method }) => method), ['session.list', 'settings.get']);
});

test('answers find their calls, refusals are typed', async () => {
  const { client, socket } = await online();
  const one = client.call('session.leave', { session_id: 's' });
  const two = client.call('invitation.accept', { invitation_id: 'i' });
  const first = await socket.read();
  const second = await socket.read();
  assert.match(second.params.op_id, /^[0-9a-f]{32}$/);
  assert.equal(first.params.op_id, undefined);
  socket.refuse(second.id, { code: -32004, message: 'Gone.', data: { reason: 'invitation_not_pending', relation: { state: 'none' } } });
  socket.answer(first.id, {});
  assert.deepEqual(await one, {});
  await assert.rejects(two, (error) => {
    assert.ok(error instanceof FoyerError);
    assert.equal(error.reason, 'invitation_not_pending');
    assert.equal(error.relation.state, 'none');
    return true;
  });
  client.close();
});

test('revisions: duplicates are dropped, a hole asks for a fresh look', async () => {
  const { client, socket, log } = await online();
  for (const rev of [4, 5, 5, 6, 8]) socket.notify('relation.changed', { rev });
  assert.deepEqual(log.slice(-4), ['rev 5', 'rev 6', 'sync gap', 'rev 8']);
  assert.equal(client.rev, 8);
  client.close();
});

test('a break: resumes from the last revision and repeats what is safe with the same op_id', async () => {
  const { client, socket, log } = await online();
  socket.notify('relation.changed', { rev: 5 });
  const withdraw = client.call('invitation.withdraw', { user_id: 'bo' });
  const send = client.call('session.send', { session_id: 's', kind: 'k', data: 1 });
  const asked = await socket.read();
  const next = FakeSocket.next();
  socket.end(1006);
  await assert.rejects(send, { reason: 'disconnected' });
  await assert.rejects(client.call('people.search', { query: 'bo' }), { reason: 'offline' });
  const { socket: second, request } = await back(next, { rev: 6 });
  assert.deepEqual(request.params.resume, { epoch: 'e1', rev: 5, device_id: 'd1' });
  second.notify('relation.changed', { rev: 6 });
  const again = await second.read();
  assert.deepEqual(again.params, asked.params);
  second.answer(again.id, { relation: { state: 'none' } });
  assert.equal((await withdraw).relation.state, 'none');
  assert.deepEqual(log, ['connecting', 'online', 'sync start', 'rev 5', 'offline network', 'connecting', 'online', 'rev 6']);
  client.close();
});

test('not resumed: everything is to be fetched again', async () => {
  const { client, socket, log } = await online();
  const next = FakeSocket.next();
  socket.end(1012);
  await back(next, { resumed: false, epoch: 'e2', rev: 1 });
  assert.equal(log.at(-1), 'sync not_resumed');
  assert.equal(client.rev, 1);
  client.close();
});

test('an outcome nobody knows is asked for again with the same op_id', async () => {
  const { client, socket } = await online();
  const call = client.call('invitation.send', { to: { user_id: 'bo' } }, { opId: 'mine' });
  const first = await socket.read();
  socket.refuse(first.id, { code: -32006, message: 'Later.', data: { reason: 'unavailable', unknown: true, retry_after_ms: 1 } });
  const second = await socket.read();
  assert.equal(first.params.op_id, 'mine');
  assert.deepEqual(second.params, first.params);
  socket.answer(second.id, { relation: { state: 'invitation_sent' } });
  assert.equal((await call).relation.state, 'invitation_sent');
  client.close();
});

test('4401: one try with a newer token, then the end', async () => {
  const asked = [];
  const { client, socket, log } = await online({
    token: ({ rejected }) => {
      asked.push(rejected);
      return `token-${asked.length}`;
    },
  });
  const next = FakeSocket.next();
  socket.end(4401);
  const second = await next;
  const hello = await second.read();
  assert.equal(hello.params.token, 'token-2');
  second.refuse(hello.id, { code: -32001, message: 'No.', data: { reason: 'token_invalid' } });
  second.end(4401);
  assert.deepEqual(asked, [false, true]);
  assert.equal(log.at(-1), 'closed token');
  await assert.rejects(client.call('settings.get'), { reason: 'offline' });
});

test('4401 with the same token again is the end', async () => {
  const { client, socket, log } = await online({ token: () => 'same' });
  const ended = new Promise((resolve) => client.on('status', ({ status }) => status === 'closed' && resolve()));
  socket.end(4401);
  await ended;
  assert.equal(log.at(-1), 'closed token');
});

test('replaced by the same device: stays away', async () => {
  const { socket, log } = await online();
  socket.end(4410);
  assert.equal(log.at(-1), 'closed replaced');
});

test('draining: waits as long as it was told, then comes back', async (t) => {
  const { client, socket } = await online();
  let wait;
  client.on('status', ({ retryInMs }) => (wait = retryInMs));
  socket.notify('server.draining', { reconnect_after_ms: 5000 });
  socket.end(1001);
  assert.ok(wait > 4000 && wait <= 5000, `${wait}`);
  const next = FakeSocket.next();
  client.retryNow();
  await back(next);
  client.close();
});

test('token.expiring: a new token replaces the old one in place', async () => {
  const { client, socket } = await online();
  socket.notify('token.expiring', { expires_at: '2030-01-01T00:00:00.000Z' });
  const refresh = await socket.read();
  assert.equal(refresh.method, 'token.refresh');
  assert.equal(refresh.params.token, 'token-2');
  socket.answer(refresh.id, { expires_at: '2030-01-01T01:00:00.000Z' });
  client.close();
});

test('a socket that swallows requests is given up', async () => {
  const { client, socket, log } = await online();
  const next = FakeSocket.next();
  await assert.rejects(client.call('session.leave', { session_id: 's' }, { timeoutMs: 5 }), { reason: 'timeout' });
  assert.equal(socket.closedWith, 4000);
  assert.equal(log.at(-1), 'offline no_pong');
  await back(next);
  client.close();
});

test('hello while the store is out of reach: tries again', async () => {
  const first = FakeSocket.next();
  const client = new FoyerClient({ url: 'ws://test', token: () => 't', WebSocket: FakeSocket, random: () => 0 });
  const connecting = client.connect();
  const socket = await first;
  const hello = await socket.read();
  const next = FakeSocket.next();
  socket.refuse(hello.id, { code: -32006, message: 'Later.', data: { reason: 'unavailable', retry_after_ms: 1 } });
  await back(next, { resumed: false });
  assert.equal((await connecting).device_id, 'd1');
  client.close();
});

test('the state lane', async () => {
  const { client, socket } = await online();
  let got;
  client.on('states', (frame) => (got = frame));
  assert.equal(client.sendState(Uint8Array.of(5)), true);
  assert.deepEqual([...socket.frames[0]], [1, 5]);
  socket.onmessage({ data: Uint8Array.of(2, 1, 0, 0, 0, 0, 0).buffer });
  assert.deepEqual(got, { key: false, tick: 1, states: new Map() });
  client.close();
});
