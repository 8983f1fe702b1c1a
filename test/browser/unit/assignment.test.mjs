import { test } from 'node:test';
import assert from 'node:assert/strict';
import { byNumber, evenness, nameOf, ranges, stretches, stripOf } from '../../../web/lib/assignment.js';
import { together } from '../../../web/lib/rebalances.js';
import { toneOf } from '../../../web/lib/tones.js';
import { instances } from '../stand_in/cluster.mjs';
import { Program } from '../stand_in/program.mjs';

test('assignment: numbers that follow each other are one stretch, in whatever order they come', () => {
  assert.deepEqual(stretches([3, 1, 2, 0, 7, 10, 9]), [[0, 3], [7, 7], [9, 10]]);
  assert.deepEqual(stretches([]), []);
  assert.equal(ranges([3, 1, 2, 0, 7, 10, 9]), '0–3, 7, 9, 10');
  assert.equal(ranges([]), '');
});

const member = (name, holds, states, standbys = []) => ({ member: name, instance: null, holds, states, standbys: standbys.map((partition) => ({ partition })) });

test('assignment: what a member has has its state’s tone; what it does not say of is calm, not good', () => {
  const strip = stripOf(member('a', [0, 1, 2, 5], { 0: 'running', 1: 'running', 2: 'recovering' }, [3, 4]), toneOf);
  assert.deepEqual(strip, [{ tone: 'good', first: 0, last: 1 }, { tone: 'warn', first: 2, last: 2 }, { tone: 'calm', first: 5, last: 5 }, { tone: 'standby', first: 3, last: 4 }]);
});

test('assignment: every number has its owner and its copies, or nobody', () => {
  const a = member('a', [0, 1], { 0: 'running' }, [2]);
  const b = member('b', [2], { 2: 'failed' }, [0, 1]);
  const all = byNumber({ partitions_total: 4, members: [a, b] });
  assert.deepEqual(all.map((c) => [c.owner?.member ?? null, c.state, c.copies.map(nameOf)]), [['a', 'running', ['b']], ['a', null, ['b']], ['b', 'failed', ['a']], [null, null, []]]);
  assert.deepEqual(evenness([a, b]), { least: 1, most: 2 });
  assert.equal(evenness([]), null);
});

test('assignment: fifty instances share a thousand partitions, each once', () => {
  const group = instances(new Program({ partitions: 1000, instances: 50 })).groups[0];
  assert.equal(group.members.reduce((n, m) => n + m.holds.length, 0), 1000);
  assert.ok(byNumber(group).every((c) => c.owner && c.copies.length === 1 && c.copies[0] !== c.owner));
});

const entry = (instance, t, kind, partitions, ms, reason = null) => ({ instance, t, kind, partitions, duration_ms: ms, reason });

test('rebalances: what happens at several instances at about one time is one', () => {
  const all = together([
    entry('b', 10_400, 'assigned', [1, 2], 600, 'joined'), entry('a', 10_000, 'revoked', [1, 2], 80, 'b joined'),
    entry('a', 60_000, 'lost', [3], 0), entry('b', 60_200, 'assigned', [3], 400, 'a left'), entry('a', 1_000, 'assigned', [1, 2, 3], 200),
  ]);
  assert.deepEqual(all.map(({ t, ms, moved, instances: n, kind, reason }) => [t, ms, moved, n, kind, reason]), [
    [60_000, 600, 1, 2, 'lost', 'a left'], [10_000, 1000, 2, 2, 'moved', 'b joined; joined'], [1_000, 200, 3, 1, 'assigned', null],
  ]);
  assert.deepEqual(together([]), []);
});

test('rebalances: one that still goes on is not cut in two', () => {
  assert.equal(together([entry('a', 0, 'assigned', [0], 9_000), entry('b', 8_000, 'assigned', [1], 500)]).length, 1);
  assert.equal(together([entry('a', 0, 'assigned', [0], 100), entry('b', 8_000, 'assigned', [1], 500)]).length, 2);
});
