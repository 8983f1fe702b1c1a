import { test } from 'node:test';
import assert from 'node:assert/strict';
import { nearest, whole, zoomBy, zoomTo, zoomed } from '../../../web/lib/moment.js';

const range = { from: 100_000, to: 1_000_000 };

test('moment: the nearest of times', () => {
  const times = [10, 20, 40];
  assert.deepEqual([-5, 10, 14, 16, 30, 31, 99].map((t) => nearest(times, t)), [0, 0, 0, 1, 1, 2, 2]);
  assert.equal(nearest([], 5), -1);
});

test('moment: a stretch is drawn in either direction, and stays within what there is', () => {
  zoomTo(500_000, 300_000, range);
  assert.deepEqual(zoomed.value, { from: 300_000, to: 500_000 });
  zoomTo(990_000, 1_090_000, range);
  assert.deepEqual(zoomed.value, { from: 900_000, to: 1_000_000 });
  zoomTo(0, 100_000, range);
  assert.deepEqual(zoomed.value, { from: 100_000, to: 200_000 });
  zoomTo(400_000, 400_001, range);
  assert.equal(zoomed.value.to - zoomed.value.from, 5_000);
});

test('moment: closer and further leave what is pointed at where it is; furthest is the whole', () => {
  whole();
  zoomBy(0.5, 325_000, range);
  assert.deepEqual(zoomed.value, { from: 212_500, to: 662_500 });
  zoomBy(0.5, 212_500, range);
  assert.deepEqual(zoomed.value, { from: 212_500, to: 437_500 });
  zoomBy(2, 212_500, range);
  assert.deepEqual(zoomed.value, { from: 212_500, to: 662_500 });
  zoomBy(2, 300_000, range);
  assert.equal(zoomed.value, null);
});
