// The rows of the partition table, of what the API says about a group. Pure.

/**
 * Partitions and standbys as rows, of this instance's or of the whole group's progress, with numbers that nobody has.
 */
export function rowsOf(answer) {
  const active = answer.partitions.map((p) => ({
    key: `p${p.partition} ${p.instance ?? ''}`, partition: p.partition, mode: p.mode, instance: p.instance ?? answer.instance, topic: p.topic,
    offset: p.processed >= 0 ? p.processed : null, end: p.end, lag: p.lag, lagSeconds: p.lag_seconds, rate: p.records_per_second, error: p.last_error,
  }));
  const nothing = { topic: null, offset: null, end: null, lag: null, lagSeconds: null, rate: null, error: null };
  const standbys = answer.standbys.map((c) => ({
    ...nothing, key: `s${c.partition} ${c.instance ?? ''}`, partition: c.partition, mode: 'standby', instance: c.instance ?? answer.instance, topic: c.topic,
    offset: c.position >= 0 ? c.position : null, end: c.end, lag: c.lag,
  }));
  const orphans = (answer.unassigned ?? []).map((partition) => ({ ...nothing, key: `n${partition}`, partition, mode: 'unassigned', instance: null }));
  return [...active, ...standbys, ...orphans];
}

/** The partition or copy that a row stands for, in an answer that has all of it; null where it is not there (any more). */
export function wholeOf(row, answer) {
  const list = row.mode === 'standby' ? answer.standbys : answer.partitions;
  return list.find((x) => x.partition === row.partition && (x.instance ?? answer.instance) === row.instance) ?? null;
}

/** How uneven: the largest lag as a multiple of the average; null where it says nothing. */
export function skew(rows) {
  const lags = rows.filter((r) => r.mode !== 'standby' && r.mode !== 'unassigned').map((r) => r.lag);
  if (lags.length < 2 || lags.some((l) => l === null)) return null;
  const sum = lags.reduce((a, b) => a + b, 0);
  return sum < lags.length ? null : (Math.max(...lags) * lags.length) / sum;
}

/** How hot a row is, 0 to 1, by the age of what waits: a second is hardly anything, ten minutes are all. */
export function heat({ lag, lagSeconds }) {
  if (!lag) return 0;
  const age = lagSeconds ?? 60;
  return Math.min(1, Math.log(1 + age) / Math.log(601));
}
