import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { Room } = await load('room');

const member = (id, number, more = {}) => ({
  user: { id, name: id },
  number,
  role: 'member',
  attributes: {},
  devices: ['headset'],
  connected: true,
  joined_at: `2030-01-01T00:00:${10 + number}.000Z`,
  ...more,
});

function room() {
  const one = new Room();
  one.enter({ session: { id: 's', capacity: 10 }, number: 1, version: 5, members: [member('Ana', 1), member('Bo', 2)] });
  return one;
}

test('rosters are taken in order; a hole is noticed; old ones and other sessions are dropped', () => {
  const one = room();
  assert.equal(one.apply({ session_id: 's', version: 5, joined: [member('Zoe', 9)] }), true);
  assert.equal(one.members.size, 2);
  assert.equal(one.apply({ session_id: 's', version: 6, joined: [member('Cy', 3)], left: [{ user_id: 'Bo', number: 2 }] }), true);
  assert.deepEqual([...one.members.keys()], ['Ana', 'Cy']);
  assert.equal(one.apply({ session_id: 's', version: 8, joined: [] }), false);
  assert.equal(one.apply({ session_id: 'other', version: 99, joined: [member('Di', 4)] }), true);
  assert.equal(one.session.member_count, 2);
});

test('whoever leaves and is back within a tick stays', () => {
  const one = room();
  one.apply({ session_id: 's', version: 6, left: [{ user_id: 'Bo', number: 2 }], joined: [member('Bo', 7)] });
  assert.equal(one.members.get('Bo').number, 7);
});

test('filter by any part of the name, sort by joining, name, role or device', () => {
  const one = new Room();
  one.enter({
    session: { id: 's' },
    number: 1,
    version: 1,
    members: [
      member('Zoë', 1, { devices: ['web'] }),
      member('Ana', 2, { role: 'host' }),
      member('Bo', 3, { role: 'cohost', devices: ['desktop'] }),
    ],
  });
  const ids = (query, sort) => one.list(query, sort).map(({ user }) => user.id);
  assert.deepEqual(ids('', 'joined'), ['Zoë', 'Ana', 'Bo']);
  assert.deepEqual(ids('', 'name'), ['Ana', 'Bo', 'Zoë']);
  assert.deepEqual(ids('', 'role'), ['Ana', 'Bo', 'Zoë']);
  assert.deepEqual(ids('', 'device'), ['Bo', 'Ana', 'Zoë']);
  assert.deepEqual(ids('OE', 'joined'), ['Zoë']);
});
