// What the made-up program (program.mjs) says of the whole group: its own partitions, and those of instances that are
// made up, too.
import { chance } from './program.mjs';

const nameOf = (i) => (i === 0 ? 'atlas-7f' : `atlas-${(0x2c + i * 29).toString(16)}`);
export const addressOf = (i) => `10.0.${4 + Math.floor(i / 200)}.${11 + (i % 200)}:8080`;

/** While it fails, the last of several instances cannot be reached. */
const reachable = (program, i) => program.scene !== 'failing' || i === 0 || i !== program.instances - 1;
const WHY = 'connect: Connection refused';

function missing(program) {
  const away = Array.from({ length: program.instances }, (_, i) => i).filter((i) => !reachable(program, i));
  return away.map((i) => ({ instance: addressOf(i), members: [nameOf(i)], groups: program.groups.map((g) => g.group), why: WHY }));
}

/** Who came and went: at the start all, then one each few minutes, and what the others gave and got. */
function rebalances(program, g) {
  const all = [];
  const note = (i, t, kind, partitions, duration, reason) => {
    if (partitions.length > 0) all.push({ instance: addressOf(i), t: Math.round(t), kind, partitions, duration_ms: Math.round(duration), reason });
  };
  const every = Array.from({ length: program.instances }, (_, i) => i);
  for (const i of every) note(i, program.began + 600 + 90 * chance(i, 'join'), 'assigned', program.numbersOf(i), 140 + 900 * chance(i, 'took'), 'joined');
  if (program.instances < 2) return all.concat(program.scene === 'failing' ? [{ instance: addressOf(0), t: Math.round(program.now() - 181_000), kind: 'revoked', partitions: program.numbers(), duration_ms: 61, reason: null }] : []);
  for (let round = 1; round <= 6; round += 1) {
    const from = Math.floor(chance(round, 'from') * program.instances);
    const to = (from + 1 + Math.floor(chance(round, 'to') * (program.instances - 1))) % program.instances;
    const moved = program.numbersOf(to).slice(0, 1 + Math.floor(3 * chance(round, 'n')));
    const t = program.now() - (7 - round) * 1_900_000 - 200_000;
    const lost = round === 4;
    note(from, t, lost ? 'lost' : 'revoked', moved, lost ? 0 : 30 + 80 * chance(round, g.group), lost ? 'session lost' : `members joined: ${nameOf(to)}`);
    note(to, t + 220, 'assigned', moved, 300 + 1200 * chance(round, g.group, 'a'), lost ? `members left: ${nameOf(from)}` : 'joined');
  }
  return all.sort((a, b) => a.t - b.t);
}

function member(program, g, i) {
  const self = i === 0;
  const heard = reachable(program, i);
  const holds = program.numbersOf(i);
  return {
    member: nameOf(i), instance: addressOf(i), self, reachable: heard, why: heard ? null : WHY, holds,
    states: heard ? Object.fromEntries(holds.map((p) => [p, program.partitionState(g.group, p)])) : {},
    standbys: heard ? program.copiesOf(i).map((p) => ({ topic: `${g.group}-table`, partition: p, state: program.scene === 'recovering' && chance(p, 'rc') < 0.4 ? 'recovering' : 'following', lag: program.scene === 'gone' ? null : Math.round(3 * chance(p)) })) : [],
    state: heard ? program.state(g.group) : null, uptime_seconds: heard ? Math.round(program.age() * (self ? 1 : 0.2 + 0.8 * chance(i, 'up'))) : null,
  };
}

export function instances(program) {
  const every = Array.from({ length: program.instances }, (_, i) => i);
  return {
    instances: every.map((i) => ({ instance: addressOf(i), self: i === 0, members: [nameOf(i)], groups: program.groups.map((g) => g.group), reachable: reachable(program, i), why: reachable(program, i) ? null : WHY, version: reachable(program, i) ? '0.2.0' : null })),
    groups: program.groups.map((g) => ({ group: g.group, partitions_total: program.partitions, members: every.map((i) => member(program, g, i)), unassigned: [], rebalances: rebalances(program, g) })),
    missing: missing(program),
  };
}

export function assignment(program) {
  return {
    version: '0.2.0', instance: nameOf(0),
    processors: program.groups.map((g) => {
      const { states, standbys, state, uptime_seconds: up } = member(program, g, 0);
      return { group: g.group, state, uptime_seconds: up, partitions: Object.entries(states).map(([p, s]) => ({ partition: Number(p), state: s })), standby_copies: standbys, rebalance_history: rebalances(program, g).filter((r) => r.instance === addressOf(0)).map(({ instance, ...r }) => r) };
    }),
  };
}

export function partitions(program, g) {
  const heard = program.everyNumber().filter((p) => reachable(program, program.ownerOf(p)));
  return {
    group: g.group, partitions_total: program.partitions,
    partitions: heard.map((p) => ({ instance: addressOf(program.ownerOf(p)), ...program.partition(g, p) })),
    standbys: program.everyNumber().filter((p) => program.copierOf(p) !== null && reachable(program, program.copierOf(p))).map((p) => ({ instance: addressOf(program.copierOf(p)), ...program.copy(`${g.group}-table`, p, g) })),
    unassigned: program.everyNumber().filter((p) => !heard.includes(p)), missing: missing(program),
  };
}

export function progress(program, g) {
  const whole = partitions(program, g);
  return {
    ...whole, partitions: whole.partitions.map((p) => ({ instance: p.instance, ...program.progress(p) })),
    standbys: whole.standbys.map((c) => ({ instance: c.instance, ...program.copyProgress(c) })),
  };
}

export function status(program) {
  const every = Array.from({ length: program.instances }, (_, i) => i).filter((i) => reachable(program, i));
  const own = program.status();
  const of = (i) => ({
    ...own, instance: nameOf(i),
    processors: program.groups.map((g) => ({ ...program.processor(g), partitions: program.numbersOf(i).map((p) => program.partition(g, p)), standby_copies: program.copiesOf(i).map((p) => program.copy(`${g.group}-table`, p, g)) })),
    views: i === 0 ? own.views : [],
  });
  return { instances: every.map((i) => ({ instance: addressOf(i), self: i === 0, members: [nameOf(i)], groups: program.groups.map((g) => g.group), status: i === 0 ? own : of(i) })), missing: missing(program) };
}

const heard = (program) => Array.from({ length: program.instances }, (_, i) => i).filter((i) => reachable(program, i));
const times = (n, v) => (v === null ? null : v * n);
const SUMS = ['in', 'in_bytes', 'out', 'written', 'lag', 'failed', 'dead_lettered', 'in_flight'];

/** What all that are heard of say of a moment: each goes on as this one does. */
function sample(program, s) {
  const n = heard(program).length;
  return { ...s, ...Object.fromEntries(SUMS.map((name) => [name, times(n, s[name])])), partitions: heard(program).reduce((sum, i) => sum + program.numbersOf(i).length, 0) };
}
const viewSample = (program, s) => ({ ...s, in: times(heard(program).length, s.in), in_bytes: times(heard(program).length, s.in_bytes), written: times(heard(program).length, s.written) });

const uptime = (program, i) => Math.round(program.age() * (i === 0 ? 1 : 0.2 + 0.8 * chance(i, 'up')));
const version = (i) => (i === 2 ? '0.1.9' : '0.2.0');

function processorSummary(program, g) {
  const every = heard(program);
  const own = program.processorSummary(g);
  const states = { recovering: 0, running: 0, draining: 0, failed: 0 };
  for (const i of every) for (const p of program.numbersOf(i)) states[program.partitionState(g.group, p)] += 1;
  const n = every.length;
  return {
    ...own, error: own.error && n > 1 ? `${addressOf(0)}: ${own.error}` : own.error, partitions_here: Object.values(states).reduce((a, b) => a + b, 0), partition_states: states,
    standbys: every.reduce((sum, i) => sum + program.copiesOf(i).length, 0), records: own.records * n, lag: times(n, own.lag),
    failures: Object.fromEntries(Object.entries(own.failures).map(([name, v]) => [name, v * n])), rates: sample(program, own.rates), instances: n,
  };
}

export function summary(program) {
  const own = program.summary();
  const every = heard(program);
  const versions = [...new Set(every.map(version))].sort();
  const total = sample(program, own.total);
  return {
    t: own.t, uptime_seconds: own.uptime_seconds, healthy: own.healthy, ready: own.ready, reasons: own.reasons,
    versions: versions.map((v) => ({ version: v, instances: every.filter((i) => version(i) === v).map(addressOf) })),
    instances: every.map((i) => ({ instance: addressOf(i), name: nameOf(i), self: i === 0, version: version(i), uptime_seconds: uptime(program, i), healthy: own.healthy, ready: own.ready })),
    total: { ...total, partitions: total.partitions * program.groups.length },
    processors: program.groups.map((g) => processorSummary(program, g)), views: own.views.map((v) => ({ ...v, rates: viewSample(program, v.rates), instances: every.length })),
    tables: own.tables, missing: missing(program),
  };
}

export function history(program, own, digits) {
  const n = heard(program).length;
  const summed = (columns) => Object.fromEntries(Object.entries(columns).map(([name, all]) => [name, SUMS.includes(name) ? all.map((v) => (v === null ? null : +(v * n).toPrecision(digits || 15))) : all]));
  const each = (of) => Object.fromEntries(Object.entries(of).map(([name, columns]) => [name, summed(columns)]));
  return {
    ...own, total: summed(own.total), processors: each(own.processors), views: own.views,
    instances: heard(program).map((i) => ({ instance: addressOf(i), self: i === 0, since: own.t[0] ?? null })), missing: missing(program),
  };
}

export const topology = (program) => ({ ...program.topology(), missing: missing(program) });

export function visits(program) {
  const running = program.actions().runs.filter((r) => r.state === 'running' && r.action.startsWith('visit:'));
  return {
    visits: running.map((r) => ({ visitor: r.action.split(':')[2], group: r.action.split(':')[1], rows: r.done, rows_left: r.left, partitions_ended: Math.floor((program.partitions * r.done) / 3148), partitions: program.partitions, instances: Array.from({ length: program.instances }, (_, i) => addressOf(i)) })),
    missing: missing(program),
  };
}

/** Runs with a key were started at all instances. */
export function actions(program) {
  const here = program.actions();
  const every = Array.from({ length: program.instances }, (_, i) => i).filter((i) => reachable(program, i));
  return {
    enabled: here.enabled, actions: here.actions.map((a) => ({ ...a, instances: every.map(addressOf) })), missing: missing(program),
    runs: here.runs.map((run) => {
      const { key, action, state, started, ended, done, left, message } = run;
      return { key, action, state, started, ended, done, left, message, runs: (key ? every : [0]).map((i) => ({ instance: addressOf(i), self: i === 0, run })) };
    }),
  };
}

/** Entries of this instance, and of others a few like them. */
export function log(program, since, limit) {
  const of = (i) => program.entries.filter((e) => i === 0 || chance(e.id, i, 'happened') < 2 / program.instances).map((e) => ({ ...e, instance: addressOf(i), t: e.t + (i === 0 ? 0 : Math.round(900 * chance(e.id, i))) }));
  const all = heard(program).flatMap(of).filter((e) => e.t >= since).sort((a, b) => a.t - b.t);
  return { entries: all.slice(-limit), dropped: all.length > limit, missing: missing(program) };
}

export function latency(program) {
  const own = program.latencies();
  const n = heard(program).length;
  const whole = (h) => ({ ...h, count: h.count * n, sum: h.sum * n, buckets: h.buckets.map((b) => b * n) });
  return {
    bounds_us: own.bounds_us, missing: missing(program),
    processors: own.processors.map((p) => ({ ...p, callback: whole(p.callback), ack: whole(p.ack), checkpoint: whole(p.checkpoint), end_to_end: whole(p.end_to_end), instances: n })),
  };
}
