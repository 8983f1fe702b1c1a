// A made-up corka program, in states that a real one is seldom in. What it answers is what lib/query/openapi.json says;
// contract.test.mjs holds it to that.

const STEP = 1000;
const SPAN = 900;

/** Between 0 and 1, the same for the same words: pictures of one scene are alike. */
export function chance(...words) {
  let h = 2166136261;
  for (const c of words.join('/')) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  h ^= h >>> 15;
  h = Math.imul(h, 2246822507);
  h ^= h >>> 13;
  return (h >>> 0) / 4294967296;
}

const wave = (t, period, name) => 0.5 + 0.5 * Math.sin((t / period + chance(name)) * 2 * Math.PI);

const GROUPS = [
  { group: 'planes', inputs: ['flights'], join: 'aircraft', outputs: ['carrier-flights', 'late-arrivals'], table: true, share: 1, rows: 3148 },
  { group: 'carriers', inputs: ['carrier-flights'], lookup: 'airlines', outputs: [], table: true, share: 0.97, rows: 16 },
  { group: 'delays', inputs: ['late-arrivals', 'delays-loop'], outputs: ['delays-loop'], table: true, dead: 'delays-dead', share: 0.31, rows: 812 },
];

export class Program {
  /**
   * @param {{scene?: string, partitions?: number, groups?: number, instances?: number, now?: () => number, token?: string, locked?: boolean}} options
   * scene: running, empty, failing, recovering, gone. locked: everything needs the token, not only actions.
   */
  constructor({ scene = 'running', partitions = 4, groups = 3, instances = partitions > 10 ? 3 : 1, now = Date.now, token = 'open-sesame', locked = false } = {}) {
    this.scene = scene;
    this.partitions = partitions;
    this.instances = instances;
    this.now = now;
    this.token = token;
    this.locked = locked;
    this.period = STEP;  // ms between the events of a stream
    this.slow = 0;       // ms until anything but a file is answered
    this.broken = false; // everything but files and streams is answered by 500
    this.began = now() - (scene === 'recovering' ? 21_000 : 93_784_000);
    this.boot = `boot-${Math.floor(this.began)}`;
    const more = Array.from({ length: groups - GROUPS.length }, (_, i) => ({ group: `job-${i + 1}`, inputs: [i % 3 === 0 ? 'flights' : `job-${i}-out`], outputs: [`job-${i + 1}-out`], table: true, share: 0.02, rows: 100 + i }));
    this.groups = scene === 'empty' ? [] : [...GROUPS, ...more];
    this.runs = [];
    this.rates = 480 * Math.max(1, partitions / 8);
    this.entries = this.pastLog();
  }

  age(t = this.now()) { return (t - this.began) / 1000; }

  state(group) {
    if (this.scene === 'failing' && group === 'delays') return 'failed';
    if (this.scene === 'recovering' && group === 'carriers') return 'starting';
    return 'running';
  }

  partitionState(group, p) {
    if (this.scene === 'failing' && group === 'delays') return 'failed';
    if (this.scene === 'recovering') return chance(group, p, 'r') < 0.6 ? 'recovering' : 'running';
    return 'running';
  }

  /** Records a second of a group, at a moment. */
  rate(g, t) {
    if (this.scene === 'gone' && t > this.now() - 240_000) return 0;
    if (this.state(g.group) === 'failed' && t > this.now() - 180_000) return 0;
    const day = 0.72 + 0.2 * wave(t / 1000, 410, g.group) + 0.08 * wave(t / 1000, 37, g.group + 'x');
    const noise = 0.94 + 0.12 * chance(g.group, Math.floor(t / STEP));
    const burst = wave(t / 1000, 700, 'burst') > 0.985 ? 1.8 : 1;
    return this.rates * g.share * day * noise * burst * (this.scene === 'recovering' ? 0.35 : 1);
  }

  lagOf(g, t) {
    if (this.scene === 'gone' && t > this.now() - 240_000) return null;
    if (this.state(g.group) === 'failed') return Math.max(0, Math.round(((t - this.now() + 180_000) / 1000) * this.rates * g.share));
    const idle = this.rate(g, t) * (0.4 + 0.5 * chance(g.group, Math.floor(t / STEP), 'lag'));
    if (this.scene === 'recovering') return Math.round(1_840_000 * g.share * Math.max(0.05, 1 - this.age(t) / 260));
    if (g.group === 'carriers') return Math.round(idle + 40_000 * Math.max(0, wave(t / 1000, 640, 'behind') - 0.55));
    return Math.round(idle);
  }

  sampleOf(g, t) {
    const rate = this.rate(g, t);
    const lag = this.lagOf(g, t);
    const out = g.outputs.length > 0 ? rate * 1.31 : 0;
    const p50 = 38 + 50 * chance(g.group) + 9 * chance(g.group, Math.floor(t / STEP), 'p50');
    const failing = this.scene === 'failing' && g.group === 'delays';
    return {
      partitions: this.numbers().length, in: rate, in_bytes: rate * 173, out, written: g.table ? rate : 0, lag,
      lag_seconds: lag === null ? null : rate > 0 ? lag / Math.max(rate, 1) : failing ? Math.max(0, (t - this.now() + 180_000) / 1000) : 0,
      failed: failing && rate > 0 ? 2.2 : 0, dead_lettered: g.dead && rate > 0 ? 0.1 * chance(g.group, Math.floor(t / STEP), 'd') : 0,
      in_flight: rate * 0.006, callback_p50_us: rate > 0 ? p50 : null,
      callback_p99_us: rate > 0 ? p50 * (2.1 + 1.6 * chance(g.group, Math.floor(t / STEP), 'p99')) : null,
    };
  }

  total(t) {
    if (this.groups.length === 0) {
      return { partitions: 0, in: 0, in_bytes: 0, out: 0, written: 0, lag: 0, lag_seconds: 0, failed: 0, dead_lettered: 0, in_flight: 0, callback_p50_us: null, callback_p99_us: null };
    }
    const all = this.groups.map((g) => this.sampleOf(g, t));
    const sum = (name) => all.reduce((a, s) => a + s[name], 0);
    const top = (name) => (all.some((s) => s[name] === null) ? null : Math.max(...all.map((s) => s[name])));
    return {
      partitions: sum('partitions'), in: sum('in'), in_bytes: sum('in_bytes'), out: sum('out'), written: sum('written'),
      lag: all.some((s) => s.lag === null) ? null : sum('lag'), lag_seconds: top('lag_seconds'), failed: sum('failed'),
      dead_lettered: sum('dead_lettered'), in_flight: sum('in_flight'), callback_p50_us: top('callback_p50_us'), callback_p99_us: top('callback_p99_us'),
    };
  }

  viewSample(t) {
    const g = this.groups[0];
    return { in: this.rate(g, t), in_bytes: this.rate(g, t) * 120, written: this.rate(g, t) * 0.98, lag: this.scene === 'gone' ? null : Math.round(this.rate(g, t) * 0.01), rows: 3148, bytes: 1_245_184 };
  }

  sample(t) {
    const short = (values) => Object.fromEntries(Object.entries(values).map(([name, v]) => [name, v === null ? null : Math.round(v * 100) / 100]));
    return {
      t, total: short(this.total(t)),
      processors: Object.fromEntries(this.groups.map((g) => [g.group, short(this.sampleOf(g, t))])),
      views: this.groups.length > 0 ? { 'view-planes-table': short(this.viewSample(t)) } : {},
    };
  }

  /** `wanted(of)`: the names of the columns of total, processors, views; null for all. */
  history(seconds = SPAN, step = 1, digits = 0, wanted = () => null) {
    const end = Math.floor(this.now() / STEP) * STEP;
    const kept = Math.min(seconds, SPAN, Math.floor(this.age()));
    const t = [];
    for (let at = end - kept * STEP; at <= end; at += step * STEP) t.push(at);
    const samples = t.map((at) => this.sample(at));
    const short = (v) => (v === null ? null : +(Math.round(v * 100) / 100).toPrecision(digits || 15));
    const columns = (pick, of, names) => Object.fromEntries(names.filter((n) => wanted(of)?.includes(n) ?? true).map((n) => [n, samples.map((s) => short(pick(s)?.[n] ?? null))]));
    const names = Object.keys(this.total(end));
    const viewNames = ['in', 'in_bytes', 'written', 'lag', 'rows', 'bytes'];
    return {
      step_seconds: step, t, total: columns((s) => s.total, 'total', names),
      processors: Object.fromEntries(this.groups.map((g) => [g.group, columns((s) => s.processors[g.group], 'processors', names)])),
      views: this.groups.length > 0 ? { 'view-planes-table': columns((s) => s.views['view-planes-table'], 'views', viewNames) } : {},
    };
  }

  recovery(group, p, done) {
    const end = Math.round(30_000 + 400_000 * chance(group, p, 'end'));
    const speed = 2_000 + 9_000 * chance(group, p, 'speed');
    if (done) return { position: end, end, records: end, elapsed_ms: 4, remaining_ms: 0, reason: null, done: true, progress: 1, records_per_second: end / 0.004 };
    const waiting = chance(group, p, 'wait') < 0.12;
    const position = waiting ? 0 : Math.min(end - 1, Math.round((speed * this.age()) % end));
    return {
      position, end, records: position, elapsed_ms: waiting ? 0 : Math.round(this.age() * 1000), remaining_ms: waiting ? null : Math.round(((end - position) / speed) * 1000),
      reason: chance(group, p, 'why') < 0.2 ? 'the topic was made anew' : null, done: false, progress: position / end, records_per_second: waiting ? null : speed,
    };
  }

  latency(g, what, n = 1) {
    const base = { callback: 60, ack: 5200, checkpoint: 2100, end_to_end: 9100 }[what] * (0.8 + 0.4 * chance(g.group, what, n));
    return { count: Math.round((this.age() * this.rates) / 4), p50: base, p95: base * 1.7, p99: base * 2.6, max: base * 9 };
  }

  partition(g, p) {
    const now = this.now();
    const state = this.partitionState(g.group, p);
    const weight = (0.4 + 1.2 * chance(g.group, p, 'w')) / this.partitions;
    const rate = this.rate(g, now) * weight;
    const behind = this.lagOf(g, now);
    const even = behind === null ? null : Math.round(behind * weight);
    const lag = even === null ? null : chance(g.group, p, 'calm') < 0.35 && state === 'running' ? 0 : even;
    const processed = 2_000_000 + Math.round(this.age() * this.rates * weight);
    const error = state === 'failed' ? `record late-arrivals/${p}@${processed}: callback: std::out_of_range: no carrier 'ZZ' in the table 'airlines': fix the callback, or set on_failure({.callback = {.then = corka::skip{}}})` : null;
    return {
      partition: p, state, mode: state === 'running' ? 'active' : state, worker: p % 2, lag, lag_seconds: lag === null ? null : lag === 0 ? 0 : rate > 0 ? lag / rate : 171.3,
      records_per_second: state === 'recovering' ? null : rate,
      inputs: g.inputs.map((topic, i) => ({
        topic, processed, committed: processed - (i === 0 ? (lag ?? 0) : 0), end: lag === null ? null : processed, lag: lag === null ? null : i === 0 ? lag : 0,
        lag_seconds: lag === null ? null : lag === 0 || i > 0 ? 0 : 1.2, retention_seconds: topic.endsWith('-loop') ? 604800 : null, records: processed, bytes: processed * 173,
        records_per_second: state === 'recovering' ? null : i === 0 ? rate : 0,
      })),
      table: {
        topic: `${g.group}-table`, rows: Math.round(g.rows * weight), bytes: 4096 * Math.ceil(g.rows * weight * 0.1 + 1), map_bytes: 1 << 30, dirty_rows: Math.round(rate * 0.3), changelog: processed,
        checkpoint_age_seconds: state === 'running' ? +(0.1 + 0.9 * chance(p, Math.floor(now / 1000))).toFixed(2) : null,
        oldest_reader: p % 7 === 3 ? 12 : 0,
        written: { records: processed, bytes: processed * 104 }, written_per_second: rate, recovery: this.recovery(g.group, p, state !== 'recovering'),
      },
      joins: g.join ? [this.copy(g.join, p, g)] : [],
      emitted: { records: g.outputs.length > 0 ? Math.round(processed * 1.3) : 0, bytes: processed * 200 },
      outputs: g.outputs.map((topic, i) => ({ topic, records: i === 0 ? processed : Math.round(processed * 0.3), bytes: processed * 120 })),
      in_flight: Math.round(rate * 0.006), running: 0, deferred: 0, rewinds: 0,
      failures: { failed: error ? 3 : 0, retried: error ? 2 : 0, skipped: 0, dead_lettered: g.dead ? Math.round(3 * chance(p)) : 0 },
      latency_us: { callback: this.latency(g, 'callback', p), ack: this.latency(g, 'ack', p), checkpoint: this.latency(g, 'checkpoint', p), end_to_end: this.latency(g, 'end_to_end', p) },
      last_error: error,
    };
  }

  /** What a table of all partitions shows of one. */
  progress({ partition, state, mode, inputs, lag, lag_seconds: seconds, records_per_second: rate, last_error: error }) {
    const worst = inputs.reduce((w, i) => ((i.lag ?? -1) > (w?.lag ?? -2) ? i : w), null);
    return { partition, state, mode, topic: worst.topic, processed: worst.processed, end: worst.end, lag, lag_seconds: seconds, records_per_second: rate, last_error: error };
  }

  copyProgress({ topic, partition, state, position, end, lag }) { return { topic, partition, state, position, end, lag }; }

  copy(topic, p, g, recovering = this.scene === 'recovering' && chance(topic, p, 'rc') < 0.4) {
    const end = Math.round(800 + 4000 * chance(topic, p));
    return {
      topic, partition: p, state: recovering ? 'recovering' : 'following', rows: end, bytes: end * 80, position: recovering ? Math.round(end * 0.4) : end, end: this.scene === 'gone' ? null : end,
      lag: this.scene === 'gone' ? null : recovering ? Math.round(end * 0.6) : 0, lag_seconds: this.scene === 'gone' ? 640 : recovering ? null : 1.5, read: { records: end, bytes: end * 54 }, written: Math.round(end * 0.1), recoveries: 1, recovery: this.recovery(topic, p, !recovering),
    };
  }

  /** Which instance has a partition: in turns, but a few were moved when others came. The first instance is this one. */
  ownerOf(p) {
    const turn = Math.floor((p * this.instances) / this.partitions);
    return chance(p, 'moved') < 0.18 ? Math.floor(chance(p, 'to') * this.instances) : turn;
  }

  /** Which other instance copies it; none where there is only one. */
  copierOf(p) { return this.instances > 1 ? (this.ownerOf(p) + 1 + Math.floor(chance(p, 'copy') * (this.instances - 1))) % this.instances : null; }

  everyNumber() { return Array.from({ length: this.partitions }, (_, p) => p); }
  numbersOf(i) { return this.everyNumber().filter((p) => this.ownerOf(p) === i); }
  copiesOf(i) { return this.everyNumber().filter((p) => this.copierOf(p) === i); }
  /** The partitions here, and those copied here. */
  numbers() { return this.numbersOf(0); }
  copies() { return this.copiesOf(0); }

  processorSummary(g) {
    const states = { recovering: 0, running: 0, draining: 0, failed: 0 };
    for (const p of this.numbers()) states[this.partitionState(g.group, p)] += 1;
    const now = this.now();
    const s = this.sampleOf(g, now);
    const failed = this.state(g.group) === 'failed';
    return {
      group: g.group, state: this.state(g.group), connected: this.scene !== 'gone',
      error: failed ? `delays/2: record late-arrivals/2@18231: callback: std::out_of_range: no carrier 'ZZ' in the table 'airlines'` : null,
      uptime_seconds: Math.round(this.age()), rebalances: 3,
      problems: this.scene === 'gone' ? ['no broker of kafka-1:9092, kafka-2:9092 answers since 14:02:11: start them, or check --brokers'] : [],
      partitions_total: this.partitions, partitions_here: this.numbers().length, partition_states: states, standbys: this.copies().length,
      records: Math.round(this.age() * this.rates * g.share), lag: s.lag, lag_seconds: s.lag_seconds,
      failures: { failed: failed ? 12 : 0, retried: failed ? 9 : 0, skipped: 0, dead_lettered: g.dead ? 37 : 0 }, rewinds: 0, rates: s,
    };
  }

  processor(g) {
    return {
      ...this.processorSummary(g), partitions: this.numbers().map((p) => this.partition(g, p)),
      lookups: g.lookup ? [{ topic: g.lookup, state: this.scene === 'recovering' ? 'recovering' : 'running', reason: null, rows: 16, bytes: 16384, lag: this.scene === 'gone' ? null : 0, partitions: this.numbers().slice(0, 4).map((p) => this.copy(g.lookup, p, g)) }] : [],
      standby_copies: this.copies().map((p) => this.copy(`${g.group}-table`, p, g)), visits: [],
      rebalance_history: [
        { t: Math.round(this.began + 600), kind: 'assigned', partitions: this.numbers(), duration_ms: 214, reason: 'joined' },
        { t: Math.round(this.began + 5_400), kind: 'revoked', partitions: this.numbers().slice(0, 2), duration_ms: 61, reason: 'members joined: atlas-49' },
        { t: Math.round(this.began + 19_100), kind: 'assigned', partitions: this.numbers().slice(0, 2), duration_ms: 1380, reason: 'members left: atlas-49' },
      ],
      topology: [...g.inputs.map((t) => `input ${t}: json`), `table ${g.group}-table: json`],
    };
  }

  viewSummary() {
    return { view: 'view-planes-table', table: 'planes-table', state: this.scene === 'gone' ? 'disconnected' : this.scene === 'recovering' ? 'recovering' : 'running', reason: this.scene === 'gone' ? 'no broker answers' : null, uptime_seconds: Math.round(this.age()), rows: 3148, bytes: 1_245_184, lag: this.scene === 'gone' ? null : 2, rates: this.viewSample(this.now()) };
  }

  views() { return this.groups.length > 0 ? [this.viewSummary()] : []; }
  tableNames() { return this.groups.map((g) => `${g.group}-table`).sort(); }

  reasons() {
    if (this.scene === 'failing') return ["delays failed: no carrier 'ZZ' in the table 'airlines'"];
    if (this.scene === 'recovering') return ['carriers is starting', 'planes has 3 partitions that are still being read'];
    if (this.scene === 'gone') return ['planes is not connected', 'carriers is not connected', 'delays is not connected'];
    return [];
  }

  summary() {
    const t = this.now();
    return {
      version: '0.2.0', instance: 'atlas-7f', t, uptime_seconds: Math.round(this.age()), healthy: this.scene !== 'failing', ready: this.reasons().length === 0, reasons: this.reasons(),
      total: this.total(t), processors: this.groups.map((g) => this.processorSummary(g)), views: this.views(), tables: this.tableNames(),
    };
  }

  status() {
    const { version, instance, healthy, ready, tables } = this.summary();
    return { version, instance, healthy, ready, processors: this.groups.map((g) => this.processor(g)), views: this.views().map((v) => this.view(v)), tables };
  }

  view(v) { return { ...v, partitions: this.numbers().map((p) => this.copy('planes-table', p, this.groups[0])) }; }

  topology() {
    const nodes = new Map();
    const edges = [];
    const node = (kind, name, more = {}) => {
      const id = `${kind === 'group' || kind === 'view' ? kind : 'topic'}:${name}`;
      if (!nodes.has(id)) nodes.set(id, { id, kind, name, state: null, partitions: this.partitions, rows: null, bytes: null, whole: null, ...more });
      return id;
    };
    const edge = (kind, from, to, rate = null, lag = null) => edges.push({ id: `${kind}:${from}->${to}`, from, to, kind, codec: 'json', records_per_second: rate, lag, lag_seconds: lag === null ? null : lag / Math.max(rate ?? 0, 1) });
    for (const g of this.groups) {
      const s = this.sampleOf(g, this.now());
      const id = node('group', g.group, { state: this.state(g.group) });
      for (const topic of g.inputs) {
        if (topic.endsWith('-loop')) edge('loop_in', node('loop', topic), id, s.in * 0.1, s.lag === null ? null : 0);
        else edge('input', node('topic', topic), id, s.in, s.lag);
      }
      if (g.join) edge('join', node('topic', g.join), id, 0, this.scene === 'gone' ? null : 0);
      if (g.lookup) edge('lookup', node('topic', g.lookup, { rows: 16, bytes: 16384, whole: true }), id, 0, this.scene === 'gone' ? null : 0);
      for (const topic of g.outputs) {
        if (topic.endsWith('-loop')) edge('loop_out', id, node('loop', topic), s.out * 0.1);
        else edge('output', id, node('topic', topic), topic === 'carrier-flights' ? s.in * 0.99 : s.in * 0.31);
      }
      edge('table', id, node('table', `${g.group}-table`, { rows: g.rows, bytes: 1_245_184, whole: false }), s.written);
      if (g.dead) edge('dead_letters', id, node('dead_letters', g.dead), s.dead_lettered);
    }
    if (this.groups.length > 0) {
      const v = this.viewSummary();
      edge('view', 'topic:planes-table', node('view', v.view, { state: v.state, rows: v.rows, bytes: v.bytes, whole: true }), v.rates.in, v.lag);
    }
    return { nodes: [...nodes.values()], edges, processors: this.groups.map((g) => ({ group: g.group, topology: g.inputs.map((t) => `input ${t}: json`) })) };
  }

  latencies() {
    const bounds = [];
    for (let b = 10; b <= 10_000_000; b *= 10) bounds.push(b, b * 2, b * 5);
    const histogram = (g, what) => {
      const l = this.latency(g, what);
      const buckets = [...bounds, Infinity].map((b, i) => {
        const lower = i === 0 ? 5 : bounds[i - 1];
        const mid = Math.log(Math.sqrt(lower * (b === Infinity ? lower * 2 : b)));
        const at = mid - Math.log(l.p50);
        return Math.round(l.count * 0.45 * Math.exp((-at * at) / (at > 0 ? 1.1 : 0.3)));
      });
      const count = buckets.reduce((a, b) => a + b, 0);
      return { count, sum: count * l.p50 * 1.2, p50: l.p50, p95: l.p95, p99: l.p99, max: l.max, buckets };
    };
    const none = { count: 0, sum: 0, p50: null, p95: null, p99: null, max: null, buckets: [...bounds, 0].map(() => 0) };
    return {
      bounds_us: bounds,
      processors: this.groups.map((g) => ({
        group: g.group, member: 1, callback: histogram(g, 'callback'), ack: histogram(g, 'ack'), checkpoint: this.scene === 'recovering' ? none : histogram(g, 'checkpoint'), end_to_end: histogram(g, 'end_to_end'),
      })),
    };
  }

  tables() {
    return { tables: this.groups.map((g) => this.tableSummary(g)) };
  }

  tableSummary(g) {
    return { table: `${g.group}-table`, kind: 'group', group: g.group, partitions_here: this.numbers(), partitions_total: this.partitions, rows: g.rows, bytes: 1_245_184 + Math.round(1e8 * chance(g.group)), written_per_second: this.sampleOf(g, this.now()).written };
  }

  table(name) {
    const g = this.groups.find((x) => `${x.group}-table` === name);
    if (!g) return null;
    return {
      ...this.tableSummary(g),
      partitions: this.numbers().map((p) => {
        const { state, table: t, lag } = this.partition(g, p);
        return { partition: p, state, rows: t.rows, bytes: t.bytes, map_bytes: t.map_bytes, dirty_rows: t.dirty_rows, changelog: t.changelog, end: lag === null ? null : t.changelog, lag: lag === null ? null : 0, written_per_second: t.written_per_second, checkpoint_age_seconds: t.checkpoint_age_seconds, oldest_reader: t.oldest_reader, recovery: t.recovery };
      }),
    };
  }

  keys(name) {
    if (name === 'carriers-table') return ['9E', 'AA', 'AS', 'B6', 'DL', 'EV', 'F9', 'FL', 'HA', 'MQ', 'OO', 'UA', 'US', 'VX', 'WN', 'YV'];
    return Array.from({ length: 640 }, (_, i) => `N${10_000 + i * 137}${'ABCDEFGH'[i % 8]}`).sort();
  }

  value(key) {
    const n = Math.floor(this.now() / 2000) % 1000;
    return {
      flights: 100 + n + Math.round(900 * chance(key)), miles: Math.round(1e6 * chance(key, 'm')) + n * 712, late: Math.round(90 * chance(key, 'l')), worst_delay_min: 851,
      aircraft: { maker: 'BOEING', model: '737-824', year: 1998, seats: 149, engines: [{ type: 'Turbo-fan', number: 2 }] },
      last: { origin: 'EWR', dest: 'IAH', on: '2013-01-01', cancelled: false, tail: key }, note: null,
    };
  }

  pastLog() {
    if (this.scene === 'empty') return [];
    const lines = [
      ['info', 'message', 'http', 'listening on 127.0.0.1:8080'], ['info', 'state', 'planes', 'connected'], ['info', 'rebalance', 'planes', `${this.partitions} partitions assigned`],
      ['info', 'state', 'carriers', 'connected'], ['info', 'rebalance', 'carriers', `${this.partitions} partitions assigned`], ['info', 'message', 'planes/0', 'MQ 3944 of 2013-1-1, JFK to BWI (N942MQ), arrived 851 minutes late'],
      ['warn', 'dead_letter', 'delays/1', 'late-arrivals/1@9021 was put aside in delays-dead: std::invalid_argument: dep_delay is no number'], ['warn', 'message', 'planes/3', 'the join aircraft is read from its start again: the topic was made anew'],
      ['info', 'state', 'planes/3', 'recovered 48,210 records in 1.4 s'], ['debug', 'message', 'kafka', 'kafka-2:9092: fetch session 8812 renewed'],
    ];
    if (this.scene === 'failing') lines.push(['error', 'failure', 'delays/2', "record late-arrivals/2@18231: callback: std::out_of_range: no carrier 'ZZ' in the table 'airlines'"], ['error', 'state', 'delays', 'failed']);
    if (this.scene === 'gone') lines.push(['warn', 'state', 'planes', 'disconnected: no broker answers; going on when one does']);
    const end = this.now();
    return Array.from({ length: Math.max(lines.length, 60) }, (_, i, n = Math.max(lines.length, 60)) => {
      const [level, kind, component, message] = lines[n - i <= lines.length ? i - (n - lines.length) : i % (this.scene === 'running' || this.scene === 'recovering' ? lines.length : 10)];
      const [group, number] = component.split('/');
      const ours = GROUPS.some((g) => g.group === group);
      return { id: i + 1, t: end - (n - i) * 41_000, kind, level, component, message, group: ours ? group : null, partition: number ? Number(number) : null, duration_ms: kind === 'rebalance' ? 214 : null };
    });
  }

  log(after = 0, limit = 1000) {
    const newer = this.entries.filter((e) => e.id > after);
    return { entries: newer.slice(-limit), dropped: newer.length > limit };
  }

  note(entry) {
    const full = { kind: 'message', level: 'info', component: 'program', group: null, partition: null, duration_ms: null, ...entry, id: (this.entries.at(-1)?.id ?? 0) + 1, t: this.now() };
    this.entries.push(full);
    return full;
  }

  config() {
    const settings = (name, pairs) => ({ name, settings: Object.entries(pairs).map(([n, v]) => ({ name: n, value: v === '***' ? null : v, masked: v === '***' })) });
    return {
      sections: [
        settings('runtime', { brokers: 'kafka-1:9092,kafka-2:9092', 'state-dir': '/var/lib/flights', store: 'lmdb', workers: '2', instance: 'atlas-7f', 'log-level': 'info' }),
        settings('http', { http: '127.0.0.1:8080', 'http-host': null, 'http-connections': '512', 'http-token': '***' }),
        settings('kafka', { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'SCRAM-SHA-512', 'sasl.username': 'flights', 'sasl.password': '***', 'ssl.ca.location': '/etc/ssl/kafka.pem' }),
        ...this.groups.map((g) => settings(`processor ${g.group}`, { delivery: 'at_least_once', commit_interval: '1 s', batch_records: '1000', cache_bytes: '33554432', standby_replicas: '0', revoke_deadline: '10 s' })),
      ],
    };
  }

  deadLetters() { return { topics: this.groups.filter((g) => g.dead).map((g) => ({ topic: g.dead, groups: [g.group], put_aside: 37 })) }; }

  deadLetterPage(before, limit = 20) {
    const from = before ? Number(before) : 37;
    const records = [];
    for (let i = from; i > Math.max(0, from - limit); i -= 1) {
      const binary = i % 9 === 0;
      records.push({
        partition: i % 4, offset: 1000 + i, t: Math.round(this.now() - (38 - i) * 413_000), key: binary ? null : `N${942 + i}MQ`, key64: binary ? 'AP8N' : null,
        value: binary ? null : `{"tail":"N${942 + i}MQ","dep_delay":"n/a","dest":"BWI"}`, value64: binary ? 'AP8NCgECAwQ' : null, value_bytes: binary ? 8 : 44,
        headers: [{ name: 'traceparent', value: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }], from: 'late-arrivals', from_partition: i % 4, from_offset: 9000 + i,
        group: 'delays', error: i % 3 === 0 ? 'std::out_of_range: no carrier in the table' : 'std::invalid_argument: dep_delay is no number', attempts: 1 + (i % 5),
      });
    }
    const rest = from - records.length;
    return { topic: 'delays-dead', records, next: rest > 0 ? String(rest) : null };
  }

  actions() {
    for (const r of this.runs) {
      if (r.state !== 'running') continue;
      r.done = Math.min(3148, Math.round((this.now() - r.started) * 0.4));
      r.left = 3148 - r.done;
      if (r.left === 0) Object.assign(r, { state: 'completed', ended: Math.round(this.now()) });
    }
    return {
      enabled: this.token !== null,
      actions: this.groups.length === 0 ? [] : [
        { id: 'visit:planes:add_miles', kind: 'visit', name: 'add_miles', group: 'planes', help: 'Runs over every row of planes-table', takes: 'add_miles' },
        { id: 'replay:delays-dead', kind: 'replay', name: 'delays-dead', group: 'delays', help: 'Sends what was put aside back to where it failed', takes: null },
        { id: 'user:compact', kind: 'user', name: 'compact', group: null, help: 'Rewrites the archive', takes: null },
      ],
      runs: [...this.runs].reverse(),
    };
  }

  start(action, key = null) {
    const run = { id: this.runs.length + 1, action, key, state: 'running', started: Math.round(this.now()), ended: null, done: 0, left: 3148, message: null };
    this.runs.push(run);
    return run;
  }
}
