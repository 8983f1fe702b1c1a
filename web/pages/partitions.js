// One group's partitions: where each is, how far behind, how fast, and what went wrong.
import { html, useMemo, useState } from '../vendor/preact.js';
import { paths } from '../lib/api.js';
import { UNKNOWN, bytes, count, duration, micros, percent, plural, rate, short } from '../lib/format.js';
import { heat, rowsOf, skew, wholeOf } from '../lib/partitions.js';
import { refine, route } from '../lib/route.js';
import { matching } from '../lib/rows.js';
import { elsewhere, scopeOf } from '../lib/scope.js';
import { processors } from '../lib/store.js';
import { toneOf } from '../lib/tones.js';
import { periodOf, useAnswer } from '../lib/use.js';
import { Badge, Choice, Empty, Facts, Meter, Notice, Value, Waiting } from '../parts/basics.js';
import { Drawer } from '../parts/drawer.js';
import { PartitionMap } from '../parts/partition_map.js';
import { Missing, Scope } from '../parts/scope.js';
import { DataTable } from '../parts/table.js';

const v = (text) => html`<${Value} text=${text} />`;

const COLUMNS = [
  { id: 'partition', title: 'Partition', width: '6.5rem', value: (r) => r.partition, cell: (r) => html`<strong>${r.partition}</strong>` },
  { id: 'state', title: 'State', width: '8.5rem', value: (r) => r.mode, cell: (r) => html`<${Badge} state=${r.mode} />` },
  { id: 'instance', title: 'Instance', class: 'widest', width: '9rem', value: (r) => r.instance, cell: (r) => r.instance || v(UNKNOWN) },
  { id: 'offset', title: 'Offset', n: true, class: 'wide', width: '9rem', hint: 'next to be given to a callback, of the input that is furthest behind', value: (r) => r.offset, cell: (r) => v(count(r.offset)) },
  { id: 'end', title: 'End', n: true, class: 'wide', width: '9rem', value: (r) => r.end, cell: (r) => v(count(r.end)) },
  { id: 'lag', title: 'Lag', n: true, width: '6rem', hint: 'records that are not done', value: (r) => r.lag, cell: (r) => v(short(r.lag)) },
  { id: 'time', title: 'Time lag', n: true, class: 'wide', width: '7.5rem', hint: 'age of the record that is processed where others wait behind it', value: (r) => r.lagSeconds, cell: (r) => v(duration(r.lagSeconds)) },
  { id: 'rate', title: 'Records/s', n: true, width: '7rem', value: (r) => r.rate, cell: (r) => v(rate(r.rate)) },
  { id: 'error', title: 'Last error', class: 'wide', value: (r) => r.error ?? '', cell: (r) => (r.error ? html`<span class="bad" title=${r.error}>${r.error}</span>` : html`<span class="faint">none</span>`) },
];

function Latencies({ of }) {
  const rows = [['callback', 'Callback'], ['ack', 'Acknowledgement'], ['checkpoint', 'Checkpoint'], ['end_to_end', 'End to end']];
  return html`<table class="table"><thead><tr><th>Latency</th><th class="n">p50</th><th class="n">p95</th><th class="n">p99</th><th class="n">max</th></tr></thead>
    <tbody>${rows.filter(([id]) => of[id]).map(([id, name]) => { const l = of[id]; const m = (x) => v(l.count > 0 ? micros(x) : UNKNOWN); return html`<tr key=${id}><td>${name}</td><td class="n">${m(l.p50)}</td><td class="n">${m(l.p95)}</td><td class="n">${m(l.p99)}</td><td class="n">${m(l.max)}</td></tr>`; })}</tbody></table>`;
}

const offset = (n) => count(n < 0 ? null : n);

function CopyFacts({ c }) {
  return html`<${Facts} rows=${[['State', html`<${Badge} state=${c.state} />`], ['Position', offset(c.position)], ['End', count(c.end)], ['Lag', count(c.lag)], ['Rows', count(c.rows)], ['Size', bytes(c.bytes)]]} />`;
}

/** Of one row, all that is known; asked for only while somebody looks at it. */
function Details({ row, group, wide, onClose }) {
  const title = `${group}/${row.partition}`;
  const { data, error } = useAnswer(row.mode === 'unassigned' ? null : paths.partitions(group, wide), 2_000);
  const p = data ? wholeOf(row, data) : null;
  if (row.mode === 'unassigned') return html`<${Drawer} title=${title} badge=${html`<${Badge} state="unassigned" />`} onClose=${onClose}><${Notice}>No instance that was heard of has this partition: its records wait.<//><//>`;
  if (!p) return html`<${Drawer} title=${title} badge=${html`<${Badge} state=${row.mode} />`} onClose=${onClose}>${data ? html`<${Notice}>It is not there any more.<//>` : html`<${Waiting} error=${error} />`}<//>`;
  if (row.mode === 'standby') return html`<${Drawer} title=${title} badge=${html`<${Badge} state="standby" />`} onClose=${onClose}><section><h3>Copy of ${row.topic}</h3><${CopyFacts} c=${p} /></section><//>`;
  const recovery = p.table?.recovery;
  return html`<${Drawer} title=${title} badge=${html`<${Badge} state=${p.mode} />`} onClose=${onClose}>
    ${p.last_error ? html`<${Notice} tone=${p.state === 'failed' ? 'bad' : 'warn'}>${p.last_error}<//>` : null}
    ${recovery && !recovery.done ? html`<section><h3>Recovery</h3><${Meter} part=${recovery.progress} label="Recovery" /><${Facts} rows=${[['Read', `${count(recovery.position)} of ${count(recovery.end)}, ${percent(recovery.progress)}`], ['Rate', `${rate(recovery.records_per_second)}/s`], ['Remaining', duration(recovery.remaining_ms === null ? null : recovery.remaining_ms / 1000)], recovery.reason && ['Because', recovery.reason]]} /></section>` : null}
    ${p.inputs.map((i) => html`<section key=${i.topic}><h3>Input ${i.topic}</h3><${Facts} rows=${[['Lag', count(i.lag)], ['Time lag', duration(i.lag_seconds)], ['Next offset', offset(i.processed)], ['Committed', offset(i.committed)], ['End', count(i.end)], ['Records', `${count(i.records)}, ${rate(i.records_per_second)}/s`], ['Bytes', bytes(i.bytes)], i.retention_seconds !== null && ['Retention', duration(i.retention_seconds)]]} /></section>`)}
    ${p.table ? html`<section><h3>Table ${p.table.topic}</h3><${Facts} rows=${[['Rows', count(p.table.rows)], ['Size', bytes(p.table.bytes)], ['Not yet saved', plural(p.table.dirty_rows, 'row')], ['Changelog offset', offset(p.table.changelog)], ['Written', `${rate(p.table.written_per_second)}/s`], ['Last checkpoint', p.table.checkpoint_age_seconds === null ? UNKNOWN : `${duration(p.table.checkpoint_age_seconds)} ago`]]} /></section>` : null}
    ${p.joins.map((c) => html`<section key=${c.topic}><h3>Join ${c.topic}</h3><${CopyFacts} c=${c} /></section>`)}
    <section><h3>Work</h3><${Facts} rows=${[['Emitted', `${plural(p.emitted.records, 'record')}, ${bytes(p.emitted.bytes)}`], ...(p.outputs ?? []).map((o) => [`to ${o.topic}`, plural(o.records, 'record')]), ['In flight', count(p.in_flight)], ['Callbacks running', count(p.running)], ['Deferred', count(p.deferred)], ['Failures', `${count(p.failures.failed)}, ${count(p.failures.retried)} tried again, ${count(p.failures.skipped)} skipped`], ['Dead letters', count(p.failures.dead_lettered)], ['Begun again', count(p.rewinds)], ['Worker', count(p.worker)]]} /></section>
    <section><${Latencies} of=${p.latency_us} /></section><//>`;
}

function cellsOf(rows) {
  return rows.filter((r) => r.mode !== 'standby').map((r) => ({
    key: r.key, text: r.partition, tone: r.mode === 'unassigned' ? 'none' : toneOf(r.mode), heat: r.mode === 'active' ? heat(r) : 0,
    title: `${r.partition}: ${r.mode}${r.instance ? ` at ${r.instance}` : ''}, lag ${short(r.lag)}${r.lagSeconds ? `, ${duration(r.lagSeconds)}` : ''}`,
  }));
}

export function Partitions() {
  const groups = [...new Map(processors.value.map((p) => [p.group, p])).values()];
  const { query } = route.value;
  const group = groups.some((g) => g.group === query.group) ? query.group : groups[0]?.group;
  const of = groups.find((g) => g.group === group);
  const scope = scopeOf(elsewhere(of));
  const { data, error } = useAnswer(group ? paths.progress(group, scope.wide) : null, periodOf((scope.wide ? of?.partitions_total : of?.partitions_here) ?? 0));
  const [open, setOpen] = useState(null);
  const rows = useMemo(() => (data ? rowsOf(data) : []), [data]);
  const shown = useMemo(() => matching(rows, query.q ?? '', (r) => [String(r.partition), r.mode, r.instance ?? '', r.topic ?? '', r.error ?? ''])
    .filter((r) => query.lagging !== '1' || r.lag === null || r.lag > 0), [rows, query.q, query.lagging]);
  if (groups.length === 0) return html`<div class="card"><${Empty} icon="partitions" title="No processors, no partitions">A view's partitions are on the page Tables.<//></div>`;

  const sort = { id: query.sort ?? 'partition', sign: query.down === '1' ? -1 : 1 };
  const uneven = skew(rows);
  const behind = rows.filter((r) => r.lag > 0).length;
  const chosen = open === null ? null : rows.find((r) => r.key === open);
  const away = data && !scope.wide ? data.partitions_total - data.partitions.length : 0;
  return html`
    <div class="bar">
      <${Choice} label="Group" value=${group} onChange=${(g) => { setOpen(null); refine({ group: g }); }} options=${groups.map((g) => [g.group, g.group])} /><${Scope} scope=${scope} />
    </div>
    ${data ? null : html`<${Waiting} error=${error} />`}
    <${Missing} of=${data?.missing} />
    ${rows.length > 1 ? html`<section class="card"><header><h2>At a glance</h2><span class="soft small end">${behind === 0 ? 'none behind' : `${count(behind)} behind`}${uneven !== null ? `, the furthest ${short(uneven)}× the average` : ''}${away > 0 ? `, ${count(away)} elsewhere` : ''}</span></header>
      <div class="body"><${PartitionMap} cells=${cellsOf(rows)} label=${`${plural(rows.length, 'row')}, ${behind} behind`} onOpen=${setOpen} /></div></section>` : null}
    ${data ? html`<section class="card">
      <header class="bar">
        <label class="grow"><span class="unseen">Filter partitions</span><input type="search" placeholder="Filter: number, state, instance, error" value=${query.q ?? ''} onInput=${(e) => refine({ q: e.currentTarget.value })} /></label>
        <label class="check"><input type="checkbox" checked=${query.lagging === '1'} onChange=${(e) => refine({ lagging: e.currentTarget.checked ? '1' : '' })} />Only with lag</label>
        <span class="soft small end" role="status">${shown.length === rows.length ? plural(rows.length, 'row') : `${count(shown.length)} of ${plural(rows.length, 'row')}`}</span>
      </header>
      <div class="flush"><${DataTable} label=${`Partitions of ${group}`} columns=${COLUMNS} rows=${shown} keyOf=${(r) => r.key} sort=${sort} onSort=${({ id, sign }) => refine({ sort: id, down: sign < 0 ? '1' : '' })} onOpen=${(r) => setOpen(r.key)} chosen=${open}>
        <${Empty} icon="partitions" title=${rows.length === 0 ? 'No partitions here' : 'None passes the filter'}>${rows.length === 0 ? 'Other instances have them, or the group has not been assigned any yet.' : 'Change the words, or show those without lag too.'}<//><//></div>
    </section>` : null}
    ${chosen ? html`<${Details} key=${open} row=${chosen} group=${group} wide=${scope.wide} onClose=${() => setOpen(null)} />` : null}`;
}
