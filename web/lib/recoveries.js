// Who reads which copies, and how far they are: one row a copy's partition. Pure.

const name = { table: 'table', join: 'join', lookup: 'lookup', standby: 'standby', view: 'view' };

/** Of a Status: [{key, what, table, of, partition, instance, recovery}], those that have or had a recovery. */
export function recoveries(status, instance = status.instance) {
  const rows = [];
  const add = (what, of, table, partition, recovery) => {
    if (recovery) rows.push({ key: `${instance} ${what} ${of} ${table} ${partition} ${rows.length}`, what: name[what], of, table, partition, instance, recovery });
  };
  for (const p of status.processors) {
    for (const x of p.partitions) {
      if (x.table) add('table', p.group, x.table.topic, x.partition, x.table.recovery);
      for (const c of x.joins) add('join', p.group, c.topic, c.partition, c.recovery);
    }
    for (const l of p.lookups) for (const c of l.partitions) add('lookup', p.group, l.topic, c.partition, c.recovery);
    for (const c of p.standby_copies) add('standby', p.group, c.topic, c.partition, c.recovery);
  }
  for (const v of status.views) for (const c of v.partitions) add('view', v.view, v.table, c.partition, c.recovery);
  return rows;
}

/** Of the answer of all instances. */
export const recoveriesOfAll = (answer) => answer.instances.flatMap((i) => recoveries(i.status, i.instance ?? i.status.instance));

/** Together, by copy: [{key, what, table, of, total, done, progress, left, rate, seconds}]; those that still read first. */
export function byTable(rows) {
  const all = new Map();
  for (const r of rows) {
    const key = `${r.what} ${r.of} ${r.table}`;
    const t = all.get(key) ?? { key, what: r.what, of: r.of, table: r.table, total: 0, done: 0, read: 0, end: 0, left: 0, rate: null, seconds: 0 };
    all.set(key, t);
    const { position, end, done, remaining_ms: remaining, records_per_second: speed } = r.recovery;
    t.total += 1;
    t.read += Math.max(0, Math.min(position, end));
    t.end += Math.max(0, end);
    if (done) {
      t.done += 1;
    } else {
      t.left += Math.max(0, end - position);
      if (speed !== null) t.rate = (t.rate ?? 0) + speed;
      t.seconds = t.seconds === null || remaining === null ? null : Math.max(t.seconds, remaining / 1000);
    }
  }
  return [...all.values()].map((t) => ({ ...t, progress: t.done === t.total ? 1 : t.end > 0 ? Math.min(0.999, t.read / t.end) : 0 }))
    .sort((a, b) => (a.progress === 1) - (b.progress === 1) || (a.key < b.key ? -1 : 1));
}
