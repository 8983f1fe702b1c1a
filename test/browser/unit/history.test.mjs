import { test } from 'node:test';
import assert from 'node:assert/strict';
import { History, flatten, flattenColumns, linesOf, peaks, sampleOfSummary, slope, thin, trend } from '../../../web/lib/history.js';
import { curve } from '../../../web/parts/sparkline.js';

test('history: forgets what is older than its span, and nothing else', () => {
  const h = new History(3000);
  for (let t = 0; t <= 10_000; t += 1000) h.push(t, { a: t });
  assert.deepEqual(h.times, [7000, 8000, 9000, 10_000]);
  assert.deepEqual(h.get('a'), [7000, 8000, 9000, 10_000]);
});

test('history: a name that comes later was unknown before, one that goes is unknown after', () => {
  const h = new History();
  h.push(1000, { a: 1 });
  h.push(2000, { a: 2, b: 5 });
  h.push(3000, { b: 6 });
  assert.deepEqual(h.get('a'), [1, 2, null]);
  assert.deepEqual(h.get('b'), [null, 5, 6]);
  assert.equal(h.last('b'), 6);
  assert.equal(h.last('c'), null);
});

test('history: what comes twice is kept once', () => {
  const h = new History();
  h.load([1000, 2000], { a: [1, 2] });
  h.push(2000, { a: 9 });
  h.push(1500, { a: 9 });
  h.push(3000, { a: 3 });
  assert.deepEqual(h.get('a'), [1, 2, 3]);
});

test('history: curves of a new program are of two minutes, of an old one of all that is kept', () => {
  const h = new History();
  assert.deepEqual(h.range(), { from: -120_000, to: 0 });
  h.push(1_000_000, { a: 1 });
  assert.deepEqual(h.range(), { from: 880_000, to: 1_000_000 });
  h.push(1_500_000, { a: 1 });
  assert.deepEqual(h.range(), { from: 1_000_000, to: 1_500_000 });
  for (let t = 1_501_000; t < 4_000_000; t += 1000) h.push(t, { a: 1 });
  assert.deepEqual(h.range(), { from: 3_099_000, to: 3_999_000 });
});

test('history: what came while the past was asked for stays', () => {
  const h = new History();
  h.push(1000, { a: 1 });
  h.push(8000, { a: 8, b: 3 });
  h.load([2000, 7000], { a: [2, 7] });
  assert.deepEqual(h.times, [2000, 7000, 8000]);
  assert.deepEqual([h.get('a'), h.get('b')], [[2, 7, 8], [null, null, 3]]);
  h.load([], {});
  assert.deepEqual(h.times, []);
});

test('history: what somebody looks at is kept, an hour at most', () => {
  const h = new History(3000);
  h.hold = 2000;
  for (let t = 0; t <= 10_000; t += 1000) h.push(t, { a: t });
  assert.equal(h.times[0], 2000);
  assert.equal(h.range().from, 10_000 - 3000);
  h.push(3_605_000, { a: 1 });
  assert.equal(h.times[0], 5000);
  h.hold = null;
  h.push(3_606_000, { a: 1 });
  assert.deepEqual(h.times, [3_605_000, 3_606_000]);
});

test('lines: of all columns the same times, of what is looked at and a point at each side', () => {
  const h = new History();
  for (let t = 0; t <= 100_000; t += 1000) h.push(t, { a: t / 1000, b: t < 50_000 ? null : 1 });
  const [times, a, b, c] = linesOf(h, ['a', 'b', 'c'], { from: 48_500, to: 51_500 }, 100);
  assert.deepEqual(times, [48_000, 49_000, 50_000, 51_000, 52_000]);
  assert.deepEqual(a, [48, 49, 50, 51, 52]);
  assert.deepEqual(b, [null, null, 1, 1, 1]);
  assert.deepEqual(c, [null, null, null, null, null]);
  assert.deepEqual(linesOf(new History(), ['a'], { from: 0, to: 1000 }, 100), [[], []]);
  assert.equal(linesOf(h, ['a'], { from: 0, to: 100_000 }, 10)[0].length, 11);
});

const seconds = (n) => Array.from({ length: n }, (_, i) => i * 1000);

test('trend: a falling lag says when it is cleared', () => {
  const { direction, seconds: left } = trend(seconds(61), seconds(61).map((t) => 10_000 - t / 10));
  assert.equal(direction, 'falling');
  assert.ok(Math.abs(left - 40) < 0.5, `${left}`);
});

test('trend: rising, steady, none and unknown are told apart', () => {
  assert.equal(trend(seconds(30), seconds(30)).direction, 'rising');
  assert.deepEqual(trend(seconds(30), seconds(30).map(() => 0)), { direction: 'steady', seconds: 0 });
  assert.deepEqual(trend(seconds(30), seconds(30).map((t) => 5000 + (t % 2000 ? 3 : -3))), { direction: 'steady', seconds: null });
  assert.equal(trend(seconds(30), seconds(30).map(() => null)).direction, null);
  assert.equal(trend([0], [7]).direction, null);
});

test('slope: unknown points do not count', () => {
  assert.ok(Math.abs(slope([0, 1000, 2000, 3000], [0, null, 20, 30]) - 10) < 1e-9);
});

test('thin: keeps peaks, and its stretches stay where they are while time goes on', () => {
  const times = seconds(900);
  const values = times.map((t) => (t === 437_000 ? 99 : 1));
  const thinned = thin(times, values, 100, 900_000, true);
  assert.ok(thinned.length <= 101);
  assert.equal(Math.max(...thinned.map(([, v]) => v)), 99);
  const later = thin(times.slice(5), values.slice(5), 100, 900_000, true);
  assert.deepEqual(later.slice(1), thinned.slice(1));
});

test('thin: rates are averages, what must not be overlooked is not averaged away; unknown stays unknown', () => {
  const times = seconds(20);
  const values = times.map((t) => (t < 10_000 ? t / 1000 : null));
  assert.deepEqual(thin(times, values, 2, 20_000), [[0, 4.5], [10_000, null]]);
  assert.deepEqual(thin(times, values, 2, 20_000, true), [[0, 9], [10_000, null]]);
  assert.deepEqual(['total.in', 'p:a.out', 'total.lag', 'p:a.lag_seconds', 'total.failed', 'p:a.callback_p99_us'].map(peaks), [false, false, true, true, true, true]);
});

test('thin: where nothing was heard for long is a gap', () => {
  const [first, gap, last] = thin([0, 30_000], [1, 2], 100, 60_000);
  assert.deepEqual([first, gap[1], last], [[0, 1], null, [30_000, 2]]);
  assert.ok(gap[0] > 0 && gap[0] < 30_000);
  assert.equal(thin([0, 10_000, 20_000], [1, 2, 3], 100, 60_000).length, 3);
});

test('curve: unknown values are gaps', () => {
  const { stroke } = curve([[0, 1], [1, 1], [2, null], [3, 1], [4, 1]], { from: 0, to: 4 });
  assert.equal(stroke.match(/M/g).length, 2);
  assert.equal(curve([[0, null]], { from: 0, to: 4 }).stroke, '');
});

test('samples: the stream, the history and the summary have the same names', () => {
  const rates = { in: 1, lag: 2 };
  const sample = { t: 5, total: rates, processors: { a: rates, 'a#2': rates }, views: { v: { in: 3 } } };
  const summary = { t: 5, total: rates, processors: [{ group: 'a', rates }, { group: 'a', rates }], views: [{ view: 'v', rates: { in: 3 } }] };
  assert.deepEqual(flatten(sampleOfSummary(summary)), flatten(sample));
  assert.deepEqual(Object.keys(flattenColumns({ total: { in: [1] }, processors: { a: { in: [1] } }, views: {} })), ['total.in', 'p:a.in']);
});
