import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { Relations, matches } = await load('relations');

const bo = { id: 'bo', name: 'Bo Lindqvist' };
const cy = { id: 'cy', name: 'Cy Álvarez', username: 'cyber' };
const sentTo = (user, id) => ({ id, direction: 'sent', user, channel: 'in_app', sent_at: '', expires_at: '', state: 'pending' });
const sent = (user, id) => ({ state: 'invitation_sent', invitation: sentTo(user, id) });
const change = (rev, user, relation, more = {}) => ({ rev, user, relation, notify: false, unseen: 0, ...more });
const none = { state: 'none' };

/** Relations of a client whose answers the test gives. */
function make(answers = {}) {
  const client = { rev: 10, call: async (method, params) => answers[`${method} ${params.box ?? ''}`.trim()]?.() ?? empty(method) };
  const relations = new Relations(client, () => {});
  return { relations, client };
}

function empty(method) {
  if (method === 'connection.list') return { people: [], total: 0, rev: 10 };
  if (method === 'relation.list') return { relations: {}, rev: 10 };
  return { invitations: [], total: 0, unseen: 0, rev: 10 };
}

test('a list takes what is newer than its own revision, and nothing older', async () => {
  const { relations } = make({ 'invitation.list sent': () => ({ invitations: [sentTo(bo, 'i1')], total: 1, unseen: 0, rev: 10 }) });
  await relations.loadAll();
  relations.apply(change(10, cy, sent(cy, 'i2')));
  assert.deepEqual(relations.sent.items.map(({ id }) => id), ['i1']);
  relations.apply(change(11, cy, sent(cy, 'i2')));
  assert.deepEqual(relations.sent.items.map(({ id }) => id), ['i2', 'i1']);
  assert.equal(relations.sent.total, 2);
  relations.apply(change(12, bo, none, { invitation_id: 'i1' }));
  assert.deepEqual(relations.sent.items.map(({ id }) => id), ['i2']);
  assert.equal(relations.sent.total, 1);
});

test('what was told while a list was on its way is applied on top of it', async () => {
  let arrive;
  const late = new Promise((resolve) => (arrive = resolve));
  const { relations } = make({ 'invitation.list sent': () => late });
  const loading = relations.loadAll();
  relations.apply(change(11, bo, none, { invitation_id: 'i1' }));
  relations.apply(change(12, cy, sent(cy, 'i2')));
  arrive({ invitations: [sentTo(bo, 'i1')], total: 1, unseen: 0, rev: 10 });
  await loading;
  assert.deepEqual(relations.sent.items.map(({ id }) => id), ['i2']);
  assert.equal(relations.sent.total, 1);
  assert.equal(relations.of('bo').state, 'none');
});

test('an answer without a revision yields to what was told meanwhile', async () => {
  const { relations, client } = make();
  await relations.loadAll();
  const since = relations.mark();
  relations.apply(change(11, bo, { state: 'connected' }));
  relations.learn('bo', none, since, 'i1');
  assert.equal(relations.of('bo').state, 'connected');
  client.rev = 11;
  relations.learn('bo', none, relations.mark());
  assert.equal(relations.of('bo').state, 'none');
});

test('a refusal puts the lists right without a revision', async () => {
  const received = { ...sentTo(bo, 'i1'), direction: 'received' };
  const { relations } = make({ 'invitation.list received': () => ({ invitations: [received], total: 1, unseen: 1, rev: 10 }) });
  await relations.loadAll();
  relations.learn('bo', none, relations.mark(), 'i1');
  assert.equal(relations.received.items.length, 0);
});

test('an invitation to an address has no user and is known by its id', async () => {
  const { relations } = make();
  await relations.loadAll();
  const stub = { ...sentTo(undefined, 's1'), address: 'x@example.org', channel: 'email' };
  relations.apply(change(11, undefined, { state: 'invitation_sent', invitation: stub }));
  relations.apply(change(12, bo, sent(bo, 'i1')));
  assert.deepEqual(relations.sent.items.map(({ id }) => id), ['i1', 's1']);
  relations.apply(change(13, undefined, none, { invitation_id: 's1' }));
  assert.deepEqual(relations.sent.items.map(({ id }) => id), ['i1']);
});

test('connections come and go by name, and by the filter', async () => {
  const { relations } = make();
  await relations.loadAll();
  relations.apply(change(11, cy, { state: 'connected' }));
  relations.apply(change(12, bo, { state: 'connected' }));
  assert.deepEqual(relations.connections.people.map(({ user }) => user.id), ['bo', 'cy']);
  relations.connections.query = 'zoe';
  relations.apply(change(13, { id: 'di', name: 'Di' }, { state: 'connected' }));
  assert.equal(relations.connections.total, 2);
  relations.apply(change(14, bo, none));
  assert.deepEqual(relations.connections.people.map(({ user }) => user.id), ['cy']);
});

test('people match from the start of the name, of a word, or of the username', () => {
  for (const query of ['cy', 'CY Á', 'alv', 'álv', 'cyb', '']) assert.equal(matches(cy, query), true, query);
  for (const query of ['lvarez', 'ber', 'y']) assert.equal(matches(cy, query), false, query);
});
