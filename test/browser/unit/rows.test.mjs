import { test } from 'node:test';
import assert from 'node:assert/strict';
import { inSight, matching, sorted } from '../../../web/lib/rows.js';
import { heat, rowsOf, skew, wholeOf } from '../../../web/lib/partitions.js';
import { bars } from '../../../web/lib/histogram.js';
import { readKey, showKey } from '../../../web/lib/keys.js';
import { byTable, recoveries } from '../../../web/lib/recoveries.js';
import { verdict } from '../../../web/lib/tones.js';
import { fromBase64url, toBase64url } from '../../../web/lib/api.js';
import { href, parse } from '../../../web/lib/route.js';
import { Program } from '../stand_in/program.mjs';

test('rows: unknown values come last, up and down', () => {
  const rows = [{ v: 2 }, { v: null }, { v: 10 }, { v: 0 }];
  assert.deepEqual(sorted(rows, (r) => r.v, 1).map((r) => r.v), [0, 2, 10, null]);
  assert.deepEqual(sorted(rows, (r) => r.v, -1).map((r) => r.v), [10, 2, 0, null]);
  assert.deepEqual(sorted([{ v: 'a10' }, { v: 'a9' }], (r) => r.v).map((r) => r.v), ['a9', 'a10']);
});

test('rows: every word must be there', () => {
  const rows = [{ t: ['planes', 'running'] }, { t: ['planes', 'failed'] }];
  assert.equal(matching(rows, 'PLAN fail', (r) => r.t).length, 1);
  assert.equal(matching(rows, '  ', (r) => r.t).length, 2);
});

test('rows: of a thousand only those in sight are drawn, and the rest keeps its place', () => {
  for (const top of [0, 1, 17_000, 35_300, 99_999]) {
    const { from, to, before, after } = inSight({ total: 1000, height: 36, top, view: 700 });
    assert.ok(to - from <= 45, `${from} ${to}`);
    assert.equal(before + after + (to - from) * 36, 36_000);
    const seen = Math.min(top, 36_000 - 700);
    assert.ok(from * 36 <= Math.max(0, seen) && to * 36 >= Math.min(36_000, seen + 700));
  }
  assert.deepEqual(inSight({ total: 0, height: 36, top: 0, view: 700 }), { from: 0, to: 0, before: 0, after: 0 });
});

test('partitions: unknown lag stays unknown, standbys are told apart', () => {
  const gone = new Program({ scene: 'gone', partitions: 20 });
  const g = gone.groups[0];
  const whole = { instance: 'x', partitions_total: 20, partitions: gone.numbers().map((p) => gone.partition(g, p)), standbys: gone.processor(g).standby_copies };
  const rows = rowsOf({ ...whole, partitions: whole.partitions.map((p) => gone.progress(p)), unassigned: [19] });
  assert.deepEqual(rows.filter((r) => r.mode === 'unassigned').map((r) => [r.partition, r.instance, r.lag]), [[19, null, null]]);
  assert.equal(wholeOf(rows[0], whole), whole.partitions[0]);
  assert.equal(wholeOf(rows.find((r) => r.mode === 'standby'), whole), whole.standbys[0]);
  assert.equal(wholeOf({ ...rows[0], instance: 'y' }, whole), null);
  assert.ok(rows.filter((r) => r.mode === 'active').every((r) => r.lag === null && r.end === null));
  assert.equal(rows.filter((r) => r.mode === 'standby').length, gone.copies().length);
  assert.ok(gone.copies().length > 0);
  assert.equal(skew(rows), null);
  assert.equal(skew([{ mode: 'active', lag: 30 }, { mode: 'active', lag: 10 }]), 1.5);
});

test('partitions: heat is by age: none for none, all for ten minutes', () => {
  assert.equal(heat({ lag: 0, lagSeconds: 0 }), 0);
  assert.equal(heat({ lag: null, lagSeconds: null }), 0);
  assert.ok(heat({ lag: 50, lagSeconds: 0.5 }) < 0.1);
  assert.equal(heat({ lag: 5, lagSeconds: 600 }), 1);
});

test('histogram: empty buckets at both ends are left out, those between are not', () => {
  assert.deepEqual(bars([1, 2, 5, 10], [0, 4, 0, 2, 0]).map((b) => [b.from, b.to, b.count, b.share]), [[1, 2, 4, 1], [2, 5, 0, 0], [5, 10, 2, 0.5]]);
  assert.deepEqual(bars([1, 2], [0, 0, 3]), [{ from: 2, to: null, count: 3, share: 1 }]);
  assert.deepEqual(bars([1, 2], [0, 0, 0]), []);
});

test('keys: text and hexadecimal, and what is neither', () => {
  assert.deepEqual([...readKey('é', 'text').bytes], [0xc3, 0xa9]);
  assert.deepEqual([...readKey('00 ff:1A', 'hex').bytes], [0, 255, 26]);
  assert.match(readKey('0', 'hex').mistake, /pairs/);
  assert.deepEqual(showKey({ key: null, key64: 'AP8' }, fromBase64url), { text: '00 ff', form: 'hex' });
  assert.deepEqual(showKey({ key: '' }, fromBase64url), { text: '', form: 'text' });
  for (const length of [0, 1, 2, 3, 255]) {
    const data = Uint8Array.from({ length }, (_, i) => i * 7);
    assert.deepEqual(fromBase64url(toBase64url(data)), data);
  }
});

test('routes: an empty key is a key, other empty things are left out', () => {
  assert.equal(href('tables', { table: 'a b', key: '', q: '' }), '#/tables?table=a+b&key=');
  assert.deepEqual(parse('#/tables?table=a+b&key='), { page: 'tables', query: { table: 'a b', key: '' } });
  assert.deepEqual(parse(''), { page: 'overview', query: {} });
});

test('recoveries: what still reads comes first; remaining time is the longest, and unknown where one is', () => {
  const p = new Program({ scene: 'recovering', partitions: 8 });
  const tables = byTable(recoveries(p.status()));
  assert.ok(tables.length >= 6);
  assert.ok(tables[0].progress < 1);
  const finished = tables.findIndex((t) => t.progress === 1);
  if (finished >= 0) assert.ok(tables.slice(finished).every((t) => t.progress === 1));
  const one = { what: 'table', of: 'g', table: 't' };
  const open = (remaining) => ({ ...one, recovery: { position: 5, end: 10, done: false, remaining_ms: remaining, records_per_second: 5 } });
  assert.equal(byTable([open(1000), open(9000)])[0].seconds, 9);
  assert.equal(byTable([open(1000), open(null)])[0].seconds, null);
  assert.equal(byTable([open(1000)])[0].progress, 0.5);
});

test('verdict: the worst is said first', () => {
  const of = (scene) => verdict(new Program({ scene, partitions: 4 }).summary());
  assert.equal(of('running').tone, 'good');
  assert.equal(of('failing').title, 'delays has failed');
  assert.equal(of('gone').title, 'No broker answers');
  assert.match(of('recovering').title, /partitions? (is|are) recovering/);
  assert.equal(of('empty').tone, 'calm');
});
