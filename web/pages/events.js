// What happened: changes of state, rebalances, failures, lines of the log; newest first.
import { html, useEffect, useMemo, useState } from '../vendor/preact.js';
import { clock, count, dateTime, duration, plural } from '../lib/format.js';
import { refine, route } from '../lib/route.js';
import { matching } from '../lib/rows.js';
import { loadLog, log, logDropped } from '../lib/store.js';
import { Choice, Empty, Facts } from '../parts/basics.js';
import { Drawer } from '../parts/drawer.js';
import { DataTable } from '../parts/table.js';

const KINDS = { message: 'log', state: 'state', rebalance: 'rebalance', failure: 'failure', dead_letter: 'dead letter', action: 'action' };
const RANK = { debug: 0, info: 1, warn: 2, error: 3 };

const Level = ({ of }) => html`<span class="level" data-level=${of}>${of}</span>`;

const COLUMNS = [
  { id: 't', title: 'Time', class: 'keep', width: '6rem', cell: (e) => html`<time title=${dateTime(e.t)}>${clock(e.t)}</time>` },
  { id: 'level', title: 'Level', class: 'keep', width: '3.75rem', cell: (e) => html`<${Level} of=${e.level} />` },
  { id: 'kind', title: 'What', class: 'wide', width: '7.5rem', cell: (e) => KINDS[e.kind] ?? e.kind },
  { id: 'component', title: 'Of', class: 'wide', width: '10rem', cell: (e) => html`<span title=${e.component}>${e.component}</span>` },
  { id: 'message', title: 'Message', cell: (e) => html`<span title=${e.message}>${e.message}</span>` },
];

export function Events() {
  const { query } = route.value;
  const [held, hold] = useState(null);
  const [open, setOpen] = useState(null);
  const all = held ?? log.value;
  useEffect(() => { loadLog(); }, []);
  const least = RANK[query.level] ?? 1;
  const shown = useMemo(() => matching(all.filter((e) => RANK[e.level] >= least && (!query.kind || e.kind === query.kind)), query.q ?? '', (e) => [e.component, e.message, e.kind]).reverse(), [all, least, query.kind, query.q]);
  const waiting = held ? log.value.filter((e) => e.id > (held.at(-1)?.id ?? 0)).length : 0;
  return html`<section class="card"><header class="bar">
      <${Choice} label="At least" value=${query.level ?? 'info'} onChange=${(level) => refine({ level })} options=${[['debug', 'All'], ['info', 'Info'], ['warn', 'Warnings'], ['error', 'Errors']]} />
      <label><span class="unseen">What</span><select value=${query.kind ?? ''} onChange=${(e) => refine({ kind: e.currentTarget.value })}><option value="">everything</option>${Object.entries(KINDS).map(([id, text]) => html`<option key=${id} value=${id}>${text}</option>`)}</select></label>
      <label class="grow"><span class="unseen">Filter events</span><input type="search" placeholder="Filter: group, partition, words" value=${query.q ?? ''} onInput=${(e) => refine({ q: e.currentTarget.value })} /></label>
      <button type="button" aria-pressed=${held ? 'true' : 'false'} onClick=${() => hold(held ? null : log.value)}>${held ? `Go on${waiting > 0 ? ` (${count(waiting)} new)` : ''}` : 'Hold still'}</button>
    </header>
    <div class="flush"><${DataTable} label="Events" columns=${COLUMNS} rows=${shown} keyOf=${(e) => String(e.id)} onOpen=${setOpen} chosen=${open ? String(open.id) : null}>
      <${Empty} icon="events" title=${all.length === 0 ? 'Nothing has happened yet' : 'None passes the filter'}>${all.length === 0 ? 'State changes, rebalances and errors show here as they come.' : ''}<//><//></div>
    <div class="body soft small">${plural(shown.length, 'event')} of ${count(all.length)}${logDropped.value ? '; older ones are no longer kept' : ''}</div></section>
    ${open ? html`<${Drawer} title=${`${KINDS[open.kind] ?? open.kind} of ${open.component}`} onClose=${() => setOpen(null)}>
      <pre class="dump wraps">${open.message}</pre>
      <${Facts} rows=${[['When', dateTime(open.t)], ['Level', html`<${Level} of=${open.level} />`], open.group && ['Group', open.group], open.partition !== null && ['Partition', String(open.partition)], open.duration_ms !== null && ['Took', duration(open.duration_ms / 1000)]]} /><//>` : null}`;
}
