// What is still being read before it can be used: how far, how fast, how long yet.
import { html, useMemo, useState } from '../vendor/preact.js';
import { UNKNOWN, count, duration, percent, plural, rate } from '../lib/format.js';
import { byTable, recoveries } from '../lib/recoveries.js';
import { summary } from '../lib/store.js';
import { periodOf, useAnswer } from '../lib/use.js';
import { Badge, Choice, Empty, Facts, Meter, Notice, Value } from '../parts/basics.js';
import { DataTable } from '../parts/table.js';

const v = (text) => html`<${Value} text=${text} />`;
const seconds = (ms) => duration(ms === null ? null : ms / 1000);

const COLUMNS = [
  { id: 'table', title: 'Topic', value: (r) => r.table, cell: (r) => html`<span title=${r.table}>${r.table}</span>` },
  { id: 'what', title: 'As', class: 'wide', width: '10rem', value: (r) => `${r.what} ${r.of}`, cell: (r) => html`<span title=${r.of}>${r.what} of ${r.of}</span>` },
  { id: 'partition', title: 'Partition', n: true, width: '6.5rem', value: (r) => r.partition, cell: (r) => r.partition },
  { id: 'progress', title: 'Progress', width: '9rem', value: (r) => r.recovery.progress, cell: (r) => html`<span class="progress"><${Meter} part=${r.recovery.progress} label=${`Recovery of ${r.table}/${r.partition}`} /><span>${percent(r.recovery.progress)}</span></span>` },
  { id: 'left', title: 'Remaining', n: true, class: 'wide', hint: 'records', value: (r) => Math.max(0, r.recovery.end - r.recovery.position), cell: (r) => v(count(Math.max(0, r.recovery.end - r.recovery.position))) },
  { id: 'rate', title: 'Records/s', n: true, class: 'wide', value: (r) => r.recovery.records_per_second, cell: (r) => v(rate(r.recovery.records_per_second)) },
  { id: 'eta', title: 'Ready in', n: true, width: '7.5rem', value: (r) => r.recovery.remaining_ms, cell: (r) => (r.recovery.done ? html`<span class="good">ready</span>` : v(seconds(r.recovery.remaining_ms))) },
  { id: 'took', title: 'Reads for', n: true, class: 'wide', value: (r) => r.recovery.elapsed_ms, cell: (r) => v(seconds(r.recovery.elapsed_ms)) },
  { id: 'reason', title: 'Because', class: 'widest', value: (r) => r.recovery.reason, cell: (r) => (r.recovery.reason ? html`<span title=${r.recovery.reason}>${r.recovery.reason}</span>` : html`<span class="faint">start</span>`) },
];

function Copy({ t }) {
  const ready = t.progress === 1;
  return html`<article class="card"><header><h2 class="breaks">${t.table}</h2><span class="end"><${Badge} state=${ready ? 'ready' : 'recovering'} /></span></header>
    <div class="body stack"><span class="soft small">${t.what} of ${t.of}</span><${Meter} part=${t.progress} label=${`Recovery of ${t.table}`} />
      <${Facts} rows=${ready ? [['Partitions', `${count(t.total)} ready`], ['Records', count(t.end)]] : [['Read', percent(t.progress)], ['Ready', `${count(t.done)} of ${plural(t.total, 'partition')}`], ['Remaining', plural(t.left, 'record')], ['Rate', t.rate === null ? UNKNOWN : `${rate(t.rate)}/s`], ['Ready in', duration(t.seconds)]]} /></div></article>`;
}

export function Recovery() {
  const here = (summary.value?.processors ?? []).reduce((n, p) => n + p.partitions_here, 0);
  const { data, error } = useAnswer('/status', periodOf(here));
  const [which, setWhich] = useState('open');
  const [sort, setSort] = useState({ id: 'eta', sign: -1 });
  const rows = useMemo(() => (data ? recoveries(data) : []), [data]);
  if (!data) return error ? html`<${Notice} tone="bad">${error.message}<//>` : null;
  const open = rows.filter((r) => !r.recovery.done);
  const tables = byTable(rows);
  if (rows.length === 0) return html`<div class="card"><${Empty} icon="recovery" title="Nothing is recovered here">Tables, joins, lookups and views read their topics to the end before they are used; they show here while they do.<//></div>`;
  const shown = which === 'open' ? open : rows;
  return html`
    ${open.length === 0 ? html`<${Notice} tone="calm">Everything has been read: ${plural(rows.length, 'partition')} of ${plural(tables.length, 'copy', 'copies')}.<//>` : null}
    <div class="three">${tables.map((t) => html`<${Copy} key=${t.key} t=${t} />`)}</div>
    <section class="card"><header class="bar"><h2>Partitions</h2><span class="end"><${Choice} label="Which" value=${which} onChange=${setWhich} options=${[['open', 'Recovering', open.length], ['all', 'All', rows.length]]} /></span></header>
      <div class="flush"><${DataTable} label="Recoveries" columns=${COLUMNS} rows=${shown} keyOf=${(r) => r.key} sort=${sort} onSort=${setSort}><${Empty} icon="check" title="None is recovering" /><//></div></section>`;
}
