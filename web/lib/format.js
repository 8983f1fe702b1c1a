// Numbers for people. Unknown (null, undefined, NaN) is an en dash and never a zero.

export const UNKNOWN = '–';

export const known = (n) => n !== null && n !== undefined && !Number.isNaN(n);

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 12,345 */
export const count = (n) => (known(n) ? whole.format(n) : UNKNOWN);

/** 950, 12.3k, 4.56M: at most four characters of digits, so that columns stay narrow. */
export function short(n) {
  if (!known(n)) return UNKNOWN;
  const size = Math.abs(n);
  if (size < 1) return size === 0 ? '0' : n.toFixed(size < 0.1 ? 2 : 1);
  if (size < 10 && !Number.isInteger(n)) return n.toFixed(1);
  if (size < 9999.5) return whole.format(n);
  for (const [unit, name] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    if (size >= unit * 0.9995) {
      const v = n / unit;
      return v.toFixed(Math.abs(v) < 9.995 ? 2 : Math.abs(v) < 99.95 ? 1 : 0) + name;
    }
  }
  return whole.format(n);
}

/** Records in a second. What is below a hundredth is shown as less than that, not as none. */
export function rate(n) {
  if (!known(n)) return UNKNOWN;
  if (n > 0 && n < 0.01) return '<0.01';
  return short(n);
}

/** 512 B, 1.5 KiB, 3.2 GiB */
export function bytes(n) {
  if (!known(n)) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let v = n;
  let i = 0;
  while (Math.abs(v) >= 1023.5 && i < units.length - 1) {
    v /= 1024;
    i += 1;
  }
  return `${i === 0 ? whole.format(v) : v.toFixed(Math.abs(v) < 9.95 ? 1 : 0)} ${units[i]}`;
}

/** Seconds as people say them, the two largest units: 0 s, 850 ms, 12 s, 3 min 5 s, 2 h 10 min, 4 d 3 h. */
export function duration(seconds) {
  if (!known(seconds)) return UNKNOWN;
  if (!Number.isFinite(seconds)) return '∞';
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return '<1 ms';
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${+seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const i = units.findIndex(([size]) => s >= size);
  const [size, name] = units[i];
  const first = Math.floor(s / size);
  const [nextSize, nextName] = units[i + 1];
  const rest = Math.floor((s - first * size) / nextSize);
  return rest > 0 ? `${first} ${name} ${rest} ${nextName}` : `${first} ${name}`;
}

/** How long ago something was, the largest unit only, so that it does not tick: 7 s, 35 min, 3 h. */
export function age(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const s = Math.max(1, Math.round(seconds));
  const size = [86_400, 3_600, 60].find((unit) => s >= 2 * unit) ?? 1;
  return duration(Math.floor(s / size) * size);
}

/** Microseconds: 74 µs, 5.3 ms, 1.2 s. */
export function micros(us) {
  if (!known(us)) return UNKNOWN;
  if (us === 0) return '0 µs';
  if (us < 1) return '<1 µs';
  if (us < 999.5) return `${us < 9.95 ? +us.toFixed(1) : Math.round(us)} µs`;
  const ms = us / 1000;
  if (ms < 999.5) return `${ms < 9.95 ? +ms.toFixed(1) : Math.round(ms)} ms`;
  return duration(us / 1e6);
}

/** 0 %, <0.1 %, 12.5 %, 100 %; never rounds up to 100. */
export function percent(part) {
  if (!known(part)) return UNKNOWN;
  const p = part * 100;
  if (p > 0 && p < 0.1) return '<0.1 %';
  if (p > 99.9 && p < 100) return '99.9 %';
  return `${+p.toFixed(1)} %`;
}

/** "3 partitions", "1 partition" */
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

const two = (n) => String(n).padStart(2, '0');

/** Local time of day of milliseconds since 1970: 14:03:59. Of a year that Date does not know it is unknown. */
export function clock(ms) {
  if (!known(ms)) return UNKNOWN;
  const d = new Date(ms);
  if (Number.isNaN(d.getTime())) return UNKNOWN;
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** 2026-11-24 14:03:59; a record may have any time, also one that Date does not know. */
export function dateTime(ms) {
  if (!known(ms)) return UNKNOWN;
  const d = new Date(ms);
  if (Number.isNaN(d.getTime())) return ms > 0 ? 'after 275760' : 'before -271821';
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clock(ms)}`;
}

/** Bytes as lines of 16, with offsets and what is printable. */
export function hexDump(data, most = 4096) {
  const lines = [];
  for (let at = 0; at < Math.min(data.length, most); at += 16) {
    const part = data.subarray(at, Math.min(at + 16, most));
    const hex = Array.from(part, (b) => b.toString(16).padStart(2, '0'));
    const left = hex.slice(0, 8).join(' ');
    const right = hex.slice(8).join(' ');
    const text = Array.from(part, (b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '·')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${left.padEnd(23)}  ${right.padEnd(23)}  ${text}`);
  }
  if (data.length > most) lines.push(`… ${count(data.length - most)} bytes more`);
  return lines.join('\n');
}
