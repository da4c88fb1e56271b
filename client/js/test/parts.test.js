import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FoyerError, Revisions, afterClose, backoff, decodeStates, encodeState } from '../src/index.js';

test('a revision is applied once and in order', () => {
  const revisions = new Revisions(5);
  assert.equal(revisions.take(5), 'drop');
  assert.equal(revisions.take(6), 'apply');
  assert.equal(revisions.take(6), 'drop');
  assert.equal(revisions.take(8), 'gap');
  assert.equal(revisions.take(9), 'apply');
  revisions.reset(2);
  assert.equal(revisions.take(3), 'apply');
});

test('close codes: who comes back', () => {
  for (const code of [1001, 1006, 1011, 1012, 1013, 4000, 4001]) assert.equal(afterClose(code).comeBack, true, `${code}`);
  for (const code of [1000, 1007, 1009, 4400, 4401, 4403, 4408, 4409, 4410, 4429]) {
    assert.equal(afterClose(code).comeBack, false, `${code}`);
  }
  assert.equal(afterClose(4410).reason, 'replaced');
});

test('backoff doubles, is bounded and at least half of it is certain', () => {
  assert.equal(backoff(0, 0), 125);
  assert.equal(backoff(0, 1), 250);
  assert.equal(backoff(3, 0), 1000);
  assert.equal(backoff(50, 0.999) <= 15_000, true);
});

test('state frames', () => {
  assert.deepEqual([...encodeState(Uint8Array.of(7, 8))], [1, 7, 8]);
  const frame = Uint8Array.of(0x03, 1, 2, 0, 0, 2, 0, /* number 258 */ 2, 1, 2, 0, 9, 9, /* number 4, empty */ 4, 0, 0, 0);
  const decoded = decodeStates(frame);
  assert.equal(decoded.key, true);
  assert.equal(decoded.tick, 513);
  assert.deepEqual([...decoded.states.get(258)], [9, 9]);
  assert.equal(decoded.states.get(4).length, 0);
  assert.throws(() => decodeStates(frame.subarray(0, 12)), RangeError);
  assert.throws(() => decodeStates(Uint8Array.of(...frame, 0)), RangeError);
  assert.throws(() => decodeStates(Uint8Array.of(0x01)), RangeError);
  assert.equal(decodeStates(Uint8Array.of(0x02, 0, 0, 0, 0, 0, 0)).states.size, 0);
});

test('errors carry the reason and the relation', () => {
  const error = new FoyerError(-32004, 'Gone.', { reason: 'invitation_not_pending', relation: { state: 'none' } });
  assert.equal(error.reason, 'invitation_not_pending');
  assert.equal(error.relation.state, 'none');
  assert.equal(new FoyerError(-32602, 'Bad.', { field: 'to.foo' }).reason, 'invalid_params');
});
