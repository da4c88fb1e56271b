// An ordinary JSON-RPC library has to be enough to be a client of Foyer: it says hello, invites, and takes it back.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Client } from 'rpc-websockets';

const { FOYER_BIN, ...rest } = process.env;
const env = { ...rest, FOYER_AUTH_SECRET: '0f1e2d3c4b5a69788796a5b4c3d2e1f0' };
const folder = mkdtempSync(join(tmpdir(), 'foyer-rpc-'));
const foyer = FOYER_BIN ?? join(folder, 'foyer');
let server;
let address;

before(async () => {
  if (!FOYER_BIN) execFileSync('go', ['build', '-o', foyer, 'foyer/cmd/foyer'], { stdio: 'inherit' });
  const args = ['serve', '--listen=127.0.0.1:0', '--admin-listen=127.0.0.1:0', '--store=sqlite::memory:', '--log-format=json'];
  server = spawn(foyer, args, { env, stdio: ['ignore', 'inherit', 'pipe'] });
  for await (const line of createInterface({ input: server.stderr })) {
    const said = JSON.parse(line);
    if (said.message !== 'foyer is up') continue;
    address = `ws://${said.listen}/v1/ws`;
    break;
  }
  assert.ok(address, 'the server started');
  server.stderr.resume();
});

after(() => {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A client that has said hello. */
async function arrive(t, user) {
  const client = new Client(address, { reconnect: false });
  t.after(() => client.close());
  await new Promise((resolve, reject) => {
    client.on('open', resolve);
    client.on('error', reject);
  });
  const token = execFileSync(foyer, ['token', '--user', user, '--name', user], { env }).toString().trim();
  const hello = await client.call('hello', { token });
  assert.equal(hello.user.id, user);
  return client;
}

/** The next notification of this name. */
const next = (client, name) => new Promise((resolve) => client.once(name, resolve));

test('hello, an invitation, and its withdrawal', { timeout: 60_000 }, async (t) => {
  const ada = await arrive(t, 'ada');
  const ben = await arrive(t, 'ben');

  let told = next(ben, 'relation.changed');
  const sent = await ada.call('invitation.send', { to: { user_id: 'ben' }, message: 'Hello!' });
  assert.equal(sent.relation.state, 'invitation_sent');
  const received = await told;
  assert.equal(received.cause, 'received');
  assert.equal(received.relation.invitation.message, 'Hello!');
  assert.equal(received.unseen, 1);

  told = next(ben, 'relation.changed');
  const gone = await ada.call('invitation.withdraw', { invitation_id: sent.invitation.id });
  assert.deepEqual(gone, { relation: { state: 'none' }, unchanged: false });
  const silently = await told;
  assert.equal(silently.relation.state, 'none');
  assert.equal(silently.notify, false);
  assert.equal(silently.cause, undefined);
  assert.equal(silently.unseen, 0);

  await assert.rejects(ben.call('invitation.accept', { invitation_id: sent.invitation.id }), (error) => {
    assert.equal(error.code, -32004);
    assert.equal(error.data.reason, 'invitation_not_pending');
    assert.equal(error.data.relation.state, 'none');
    return true;
  });
});
