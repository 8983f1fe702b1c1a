import { test } from 'node:test';
import assert from 'node:assert/strict';
import { keyOf, merged, sinceOf } from '../../../web/lib/whole_log.js';

const entry = (instance, id, t) => ({ instance, id, t });

test('whole log: entries of all instances are there once, by time', () => {
  const known = [entry('a', 1, 10), entry('b', 1, 20)];
  const more = merged(known, [entry('b', 1, 20), entry('a', 2, 15), entry('b', 2, 30)]);
  assert.deepEqual(more.map(keyOf), ['a 1 10', 'a 2 15', 'b 1 20', 'b 2 30']);
  assert.equal(merged(more, [entry('a', 2, 15)]), more); // nothing is drawn anew for nothing
});

test('whole log: an instance that was started again counts anew, and its old entries stay', () => {
  assert.equal(merged([entry('a', 1, 10)], [entry('a', 1, 90)]).length, 2);
});

test('whole log: no more than two thousand are kept, the newest', () => {
  const all = merged([], Array.from({ length: 2_500 }, (_, i) => entry('a', i + 1, i)));
  assert.equal(all.length, 2_000);
  assert.equal(all[0].t, 500);
});

test('whole log: news is asked for with an overlap, by round times', () => {
  assert.equal(sinceOf([]), 0);
  assert.equal(sinceOf([entry('a', 1, 1_000_123_456)]), 1_000_090_000);
});
