import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FoyerError } from 'foyer-client';
import { load } from './load.mjs';

const { addressIn, ago, because, explain, until } = await load('words');

const now = Date.parse('2030-01-01T00:00:00.000Z');
const after = (seconds) => new Date(now + seconds * 1000).toISOString();

test('times in words', () => {
  assert.equal(until(after(40), now), 'in 40 seconds');
  assert.equal(until(after(-1), now), 'now');
  assert.equal(until(after(3 * 3600), now), 'in 3 hours');
  assert.equal(until(after(12 * 86400), now), 'in 12 days');
  assert.equal(ago(after(-5), now), 'just now');
  assert.equal(ago(after(-120), now), '2 minutes ago');
});

test('a refusal says what to do, and a lost race is told calmly', () => {
  const error = (reason, message = 'The server says.') => new FoyerError(-32004, message, { reason });
  assert.equal(explain(error('invitation_not_pending')).tone, 'info');
  assert.equal(explain(error('invitation_accepted')).tone, 'info');
  assert.equal(explain(error('session_full')).tone, 'error');
  assert.equal(explain(error('something_new')).text, 'The server says.');
  assert.match(because('reinvite_cooldown', new Date(Date.now() + 30_000).toISOString()), /try again in \d+ seconds/);
  assert.equal(because('something_new'), undefined);
});

test('an address is told from a name', () => {
  assert.deepEqual(addressIn(' ana@example.org '), { email: 'ana@example.org' });
  assert.deepEqual(addressIn('+47 (912) 34-567'), { phone: '+4791234567' });
  for (const text of ['ana', 'ana@', '@ana', '12345', 'ana @x.y']) assert.equal(addressIn(text), undefined, text);
});
