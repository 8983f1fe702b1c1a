import { test } from 'node:test';
import assert from 'node:assert/strict';
import { UNKNOWN, age, bytes, clock, count, dateTime, duration, hexDump, micros, percent, plural, rate, short } from '../../../web/lib/format.js';

const table = (f, pairs) => pairs.forEach(([value, text]) => assert.equal(f(value), text, `${value}`));

test('format: what is unknown is never a zero', () => {
  for (const f of [count, short, rate, bytes, duration, micros, percent]) {
    assert.equal(f(null), UNKNOWN);
    assert.equal(f(undefined), UNKNOWN);
    assert.equal(f(NaN), UNKNOWN);
    assert.notEqual(f(0), UNKNOWN);
    assert.match(f(0), /^0/);
  }
});

test('format: short figures have four digits at most', () => table(short, [
  [0, '0'], [0.04, '0.04'], [0.5, '0.5'], [7, '7'], [7.25, '7.3'], [9999, '9,999'], [9999.6, '10.0k'], [12_345, '12.3k'], [999_499, '999k'], [999_999, '1.00M'], [4_560_000, '4.56M'], [1.5e12, '1.50T'], [-12_345, '-12.3k'],
]));

test('format: a rate that is hardly any is not none', () => table(rate, [[0, '0'], [0.001, '<0.01'], [0.2, '0.2'], [51_234, '51.2k']]));

test('format: bytes', () => table(bytes, [[0, '0 B'], [1023, '1,023 B'], [1024, '1.0 KiB'], [1536, '1.5 KiB'], [10 * 1024, '10 KiB'], [1023.9 * 1024, '1.0 MiB'], [3.2 * 2 ** 30, '3.2 GiB']]));

test('format: durations have their two largest units', () => table(duration, [
  [0, '0 s'], [0.0001, '<1 ms'], [0.85, '850 ms'], [1, '1 s'], [1.26, '1.3 s'], [59.6, '1 min'], [185, '3 min 5 s'], [7200, '2 h'], [7800, '2 h 10 min'], [356_400, '4 d 3 h'], [Infinity, '∞'],
]));

test('format: a time may be any that a record can have', () => {
  const noon = new Date(2026, 10, 24, 12, 3, 9).getTime();
  table(dateTime, [[noon, '2026-11-24 12:03:09'], [9223372036854775807, 'after 275760'], [-9223372036854775808, 'before -271821'], [8.64e15 + 1, 'after 275760'], [null, UNKNOWN], [NaN, UNKNOWN]]);
  table(clock, [[noon, '12:03:09'], [9223372036854775807, UNKNOWN], [-9223372036854775808, UNKNOWN]]);
  assert.match(dateTime(9223372036854), /^2262-04-1\d /);
});

test('format: ages do not tick', () => table(age, [[0, '1 s'], [59, '59 s'], [119, '1 min 59 s'], [120, '2 min'], [3_599, '59 min'], [8_000, '2 h'], [400_000, '4 d'], [null, '–']]));

test('format: microseconds', () => table(micros, [[0, '0 µs'], [0.4, '<1 µs'], [74.751, '75 µs'], [5308, '5.3 ms'], [999_600, '1 s'], [1_260_000, '1.3 s']]));

test('format: what is not whole is not a hundred percent', () => table(percent, [[0, '0 %'], [0.0004, '<0.1 %'], [0.125, '12.5 %'], [0.99999, '99.9 %'], [1, '100 %']]));

test('format: one is not many', () => {
  assert.equal(plural(1, 'partition'), '1 partition');
  assert.equal(plural(1000, 'partition'), '1,000 partitions');
  assert.equal(plural(null, 'row'), '– rows');
});

test('format: bytes are shown with offsets, and what is left out is said', () => {
  const dump = hexDump(Uint8Array.from({ length: 40 }, (_, i) => i + 60), 32);
  assert.equal(dump.split('\n')[0], '000000  3c 3d 3e 3f 40 41 42 43  44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK');
  assert.equal(dump.split('\n').length, 3);
  assert.match(dump, /… 8 bytes more$/);
});
