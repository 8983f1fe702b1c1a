// What was, and what follows from it. Pure: no clock, no network.

/** Points in time of several named values, oldest first; forgets what is older than `span` milliseconds. */
export class History {
  constructor(span = 15 * 60_000) {
    this.span = span;
    this.hold = null; // a time (ms) from which on nothing is forgotten while somebody looks at it, for an hour at most
    this.clear();
  }

  clear() {
    this.times = [];
    this.columns = new Map();
  }

  /** Begins anew with what somebody else has kept: `columns` are arrays as long as `times`, by name. What came since stays. */
  load(times, columns) {
    const since = this.times.findIndex((t) => t > times.at(-1));
    const newer = since < 0 ? [] : this.times.slice(since).map((t, i) => [t, Object.fromEntries([...this.columns].map(([name, values]) => [name, values[since + i]]))]);
    this.times = [...times];
    this.columns = new Map(Object.entries(columns).map(([name, values]) => [name, [...values]]));
    this.forget();
    for (const [t, values] of newer) this.push(t, values);
  }

  /** `values`: numbers, or null for unknown. A time that is not later than the last point's is no news. */
  push(time, values) {
    const at = this.times.length;
    if (at > 0 && time <= this.times[at - 1]) return;
    this.times.push(time);
    for (const name of Object.keys(values)) {
      if (!this.columns.has(name)) this.columns.set(name, new Array(at).fill(null));
    }
    for (const [name, column] of this.columns) column.push(values[name] ?? null);
    this.forget();
  }

  forget() {
    const end = this.times[this.times.length - 1];
    const oldest = Math.min(end - this.span, Math.max(this.hold ?? Infinity, end - 3_600_000));
    let old = 0;
    while (this.times[old] < oldest) old += 1;
    if (old === 0) return;
    this.times.splice(0, old);
    for (const column of this.columns.values()) column.splice(0, old);
  }

  /** Empty where there is nothing of that name. */
  get(name) {
    return this.columns.get(name) ?? [];
  }

  /** From when to when curves are shown: all there is, but two minutes at least, so that a new program's are no dots. */
  range() {
    const to = this.times.at(-1) ?? 0;
    const all = to - (this.times[0] ?? to);
    return { from: to - Math.min(this.span, Math.max(120_000, all)), to };
  }

  last(name) {
    return this.get(name).at(-1) ?? null;
  }
}

/** Slope of `values` over `times` (ms) in units a second, by least squares over the last `window` ms; null if unknown. */
export function slope(times, values, window = 60_000) {
  const end = times[times.length - 1];
  let n = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  for (let i = times.length - 1; i >= 0 && times[i] >= end - window; i -= 1) {
    const y = values[i];
    if (y === null || y === undefined) continue;
    const x = (times[i] - end) / 1000;
    n += 1;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const spread = n * sxx - sx * sx;
  if (n < 3 || spread <= 0) return null;
  return (n * sxy - sx * sy) / spread;
}

/**
 * Where a lag goes: {direction: 'falling'|'rising'|'steady'|null, seconds: until it is cleared, or null}.
 * Small lags swing with every commit; they are steady.
 */
export function trend(times, values, window = 60_000) {
  const now = values[values.length - 1];
  const by = slope(times, values, window);
  if (now === null || now === undefined || by === null) return { direction: null, seconds: null };
  const noise = Math.max(1, now * 0.0015);
  if (Math.abs(by) < noise) return { direction: 'steady', seconds: now === 0 ? 0 : null };
  if (by > 0) return { direction: 'rising', seconds: null };
  return { direction: 'falling', seconds: now / -by };
}

/** What a chart draws: the times, and a list of values for each name, of what is within `range` and the points beside it. */
export function linesOf(history, names, { from, to }, most) {
  const { times } = history;
  let first = times.findIndex((t) => t >= from);
  if (first < 0) first = times.length;
  let last = times.findIndex((t) => t > to);
  if (last < 0) last = times.length;
  const part = (all) => all.slice(Math.max(0, first - 1), last + 1);
  const within = part(times);
  const points = names.map((name) => thin(within, part(history.get(name)), most, to - from, peaks(name)));
  return [points[0].map(([t]) => t), ...points.map((all) => all.map(([, v]) => v))];
}

/** Of lags, latencies and failures the worst moment counts, of rates the average. */
export const peaks = (name) => /(lag|lag_seconds|failed|_us)$/.test(name);

const SILENCE = 15_000; // ms without a sample: nobody knows what was then

/**
 * At most about `most` points of [time, value]: of each stretch of time the average, or, with `peak`, the largest.
 * Stretches begin at round times: a curve keeps its shape while it moves. Unknown stretches have null.
 */
export function thin(times, values, most, span, peak = false) {
  const stretch = Math.max(1000, Math.ceil(span / most / 1000) * 1000);
  const out = [];
  let open = null;
  for (let i = 0; i < times.length; i += 1) {
    const slot = Math.floor(times[i] / stretch);
    if (open?.slot !== slot) {
      if (i > 0 && times[i] - times[i - 1] > Math.max(SILENCE, stretch)) out.push({ time: (open.slot + 1) * stretch, n: 0 });
      open = { slot, time: slot * stretch, sum: 0, n: 0, largest: null };
      out.push(open);
    }
    const value = values[i] ?? null;
    if (value === null) continue;
    open.sum += value;
    open.n += 1;
    open.largest = Math.max(open.largest ?? value, value);
  }
  return out.map(({ time, sum, n, largest }) => [time, n === 0 ? null : peak ? largest : sum / n]);
}

// Between the API's samples, which are nested, and the history's columns: "total.in", "p:planes.lag", "v:NAME.rows".

const put = (into, prefix, values) => {
  for (const [name, value] of Object.entries(values ?? {})) into[`${prefix}.${name}`] = value;
};

const nested = (from) => {
  const flat = {};
  put(flat, 'total', from.total);
  for (const [name, values] of Object.entries(from.processors ?? {})) put(flat, `p:${name}`, values);
  for (const [name, values] of Object.entries(from.views ?? {})) put(flat, `v:${name}`, values);
  return flat;
};

/** A Sample as one flat object. */
export const flatten = nested;
/** A History's columns, the same way. */
export const flattenColumns = nested;

/** What a Summary says of this moment, for those who have no stream of samples. */
export function sampleOfSummary(summary) {
  const processors = {};
  for (const p of summary.processors) {
    let name = p.group;
    for (let n = 2; name in processors; n += 1) name = `${p.group}#${n}`;
    processors[name] = p.rates;
  }
  return { t: summary.t, total: summary.total, processors, views: Object.fromEntries(summary.views.map((v) => [v.view, v.rates])) };
}
