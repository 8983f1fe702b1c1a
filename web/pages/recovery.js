// What is still being read before it can be used: how far, how fast, how long yet.
import { html, useMemo, useState } from '../vendor/preact.js';
import { UNKNOWN, count, duration, percent, plural, rate } from '../lib/format.js';
import { byTable, recoveries, recoveriesOfAll } from '../lib/recoveries.js';
import { elsewhere, scopeOf } from '../lib/scope.js';
import { processors } from '../lib/store.js';
import { periodOf, useAnswer } from '../lib/use.js';
import { Badge, Choice, Empty, Facts, Meter, Notice, Value, Waiting } from '../parts/basics.js';
import { Missing, Scope } from '../parts/scope.js';
import { DataTable } from '../parts/table.js';

const v = (text) => html`<${Value} text=${text} />`;
const seconds = (ms) => duration(ms === null ? null : ms / 1000);

const COLUMNS = [
  { id: 'table', title: 'Topic', width: '16%', value: (r) => r.table, cell: (r) => html`<span title=${r.table}>${r.table}</span>` },
  { id: 'what', title: 'As', class: 'wide', width: '10rem', value: (r) => `${r.what} ${r.of}`, cell: (r) => html`<span title=${r.of}>${r.what} of ${r.of}</span>` },
  { id: 'partition', title: 'Partition', n: true, width: '6.5rem', value: (r) => r.partition, cell: (r) => r.partition },
  { id: 'instance', title: 'Instance', class: 'widest', width: '9rem', value: (r) => r.instance, cell: (r) => v(r.instance || UNKNOWN) },
  { id: 'progress', title: 'Progress', width: '9rem', value: (r) => r.recovery.progress, cell: (r) => html`<span class="progress"><${Meter} part=${r.recovery.progress} label=${`Recovery of ${r.table}/${r.partition}`} /><span>${percent(r.recovery.progress)}</span></span>` },
  { id: 'left', title: 'Remaining', n: true, class: 'wide', hint: 'records', value: (r) => Math.max(0, r.recovery.end - r.recovery.position), cell: (r) => v(count(Math.max(0, r.recovery.end - r.recovery.position))) },
  { id: 'rate', title: 'Records/s', n: true, class: 'wide', value: (r) => r.recovery.records_per_second, cell: (r) => v(rate(r.recovery.records_per_second)) },
  { id: 'eta', title: 'Ready in', n: true, width: '7.5rem', value: (r) => r.recovery.remaining_ms, cell: (r) => (r.recovery.done ? html`<span class="good">ready</span>` : v(seconds(r.recovery.remaining_ms))) },
  { id: 'took', title: 'Reads for', n: true, class: 'wide', value: (r) => r.recovery.elapsed_ms, cell: (r) => v(seconds(r.recovery.elapsed_ms)) },
  { id: 'reason', title: 'Because', class: 'widest', value: (r) => r.recovery.reason, cell: (r) => (r.recovery.reason ? html`<span title=${r.recovery.reason}>${r.recovery.reason}</span>` : html`<span class="faint">start</span>`) },
];

/** A copy that is still read. */
function Copy({ t }) {
  return html`<article class="card" data-copy=${t.key}><header><h2 class="breaks">${t.table}</h2><span class="soft small end">${t.what} of ${t.of}</span></header>
    <div class="body stack"><div class="bar"><span class="share">${percent(t.progress)}</span><span class="soft small end">ready in ${duration(t.seconds)}</span></div><${Meter} part=${t.progress} tone="warn" label=${`Recovery of ${t.table}`} />
      <${Facts} rows=${[['Ready', `${count(t.done)} of ${plural(t.total, 'partition')}`], ['Remaining', plural(t.left, 'record')], ['Rate', t.rate === null ? UNKNOWN : `${rate(t.rate)}/s`]]} /></div></article>`;
}

/** Those that are ready, a line each. */
const READY = [
  { id: 'table', title: 'Topic', value: (t) => t.table, cell: (t) => html`<span title=${t.table}>${t.table}</span>` },
  { id: 'what', title: 'As', value: (t) => `${t.what} ${t.of}`, cell: (t) => html`<span title=${t.of}>${t.what} of ${t.of}</span>` },
  { id: 'total', title: 'Partitions', n: true, class: 'wide', value: (t) => t.total, cell: (t) => count(t.total) },
  { id: 'end', title: 'Records', n: true, class: 'wide', hint: 'that the last recoveries read to', value: (t) => t.end, cell: (t) => count(t.end) },
  { id: 'state', title: 'State', width: '7rem', cell: () => html`<${Badge} state="ready" />` },
];

export function Recovery() {
  const scope = scopeOf(processors.value.some(elsewhere));
  const read = processors.value.reduce((n, p) => n + (scope.wide ? p.partitions_total : p.partitions_here), 0);
  const { data, error } = useAnswer(scope.wide ? '/cluster/status' : '/status', periodOf(read));
  const [which, setWhich] = useState('open');
  const [sort, setSort] = useState({ id: 'eta', sign: -1 });
  const [readySort, setReadySort] = useState({ id: 'table', sign: 1 });
  const rows = useMemo(() => (data ? (data.instances ? recoveriesOfAll(data) : recoveries(data)) : []), [data]);
  if (!data) return html`<${Waiting} error=${error} />`;
  const open = rows.filter((r) => !r.recovery.done);
  const tables = byTable(rows);
  const ready = tables.filter((t) => t.progress === 1);
  if (rows.length === 0) return html`<div class="card"><${Empty} icon="recovery" title="Nothing is recovered here">Tables, joins, lookups and views read their topics to the end before they are used; they show here while they do.<//></div>`;
  const shown = which === 'open' ? open : rows;
  return html`
    ${scope.choosable ? html`<div class="bar"><${Scope} scope=${scope} /></div>` : null}<${Missing} of=${data.missing} />
    ${open.length === 0 ? html`<${Notice} tone="calm">Everything has been read: ${plural(rows.length, 'partition')} of ${plural(tables.length, 'copy', 'copies')}.<//>` : null}
    ${open.length > 0 ? html`<div class="three">${tables.filter((t) => t.progress < 1).map((t) => html`<${Copy} key=${t.key} t=${t} />`)}</div>` : null}
    ${ready.length > 0 ? html`<section class="card"><header><h2>Ready</h2><span class="soft small end">${plural(ready.length, 'copy', 'copies')}</span></header>
      <div class="flush"><${DataTable} label="Copies that are ready" free columns=${READY} rows=${ready} keyOf=${(t) => t.key} sort=${readySort} onSort=${setReadySort} /></div></section>` : null}
    <section class="card"><header class="bar"><h2>Partitions</h2><span class="end"><${Choice} label="Which" value=${which} onChange=${setWhich} options=${[['open', 'Recovering', open.length], ['all', 'All', rows.length]]} /></span></header>
      <div class="flush"><${DataTable} label="Recoveries" columns=${COLUMNS} rows=${shown} keyOf=${(r) => r.key} sort=${sort} onSort=${setSort}><${Empty} icon="check" title="None is recovering" /><//></div></section>`;
}
