import { test } from 'node:test';
import assert from 'node:assert/strict';
import { marks, moments } from '../../../web/lib/axis.js';

test('axis: marks are round, few, and reach what is shown', () => {
  assert.deepEqual(marks(20_500), [0, 10_000, 20_000, 30_000]);
  assert.deepEqual(marks(1), [0, 0.5, 1]);
  assert.deepEqual(marks(0.03), [0, 0.01, 0.02, 0.03]);
  for (let most = 0.001; most < 1e12; most *= 1.37) {
    const all = marks(most);
    assert.ok(all.at(-1) >= most * 0.999 && all.at(-2) < most, `${most}: ${all}`);
    assert.ok(all.length >= 2 && all.length <= 5, `${most}: ${all}`);
  }
});

test('axis: moments are round and within, and no more than there is room for', () => {
  assert.deepEqual(moments(0, 900_000, 4).all, [0, 300_000, 600_000, 900_000]);
  assert.deepEqual(moments(1_000, 119_000, 5).all, [30_000, 60_000, 90_000]);
  for (const most of [1, 2, 3, 5, 9]) for (const span of [120_000, 300_000, 900_000]) assert.ok(moments(17_123, 17_123 + span, most).all.length <= most + 1);
});
