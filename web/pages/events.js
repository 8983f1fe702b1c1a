// What happened: changes of state, rebalances, failures, lines of the log; newest first.
import { html, useEffect, useMemo, useState } from '../vendor/preact.js';
import { UNKNOWN, clock, count, dateTime, duration, plural } from '../lib/format.js';
import { refine, route } from '../lib/route.js';
import { compare, matching } from '../lib/rows.js';
import { elsewhere, scopeOf } from '../lib/scope.js';
import { loadLog, log, logDropped, processors } from '../lib/store.js';
import { keyOf, useWholeLog } from '../lib/whole_log.js';
import { Choice, Empty, Facts, Value, Waiting } from '../parts/basics.js';
import { Drawer } from '../parts/drawer.js';
import { Missing, Scope } from '../parts/scope.js';
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

const INSTANCE = { id: 'instance', title: 'Instance', class: 'wide', width: '10rem', cell: (e) => html`<span title=${e.instance}><${Value} text=${e.instance ?? UNKNOWN} /></span>` };
const WIDE = [...COLUMNS.slice(0, -1), INSTANCE, COLUMNS.at(-1)];
const NONE = [];

export function Events() {
  const { query } = route.value;
  const scope = scopeOf(processors.value.some(elsewhere));
  const whole = useWholeLog(scope.wide);
  const [kept, hold] = useState(null);
  const [open, setOpen] = useState(null);
  const fresh = scope.wide ? whole.entries ?? NONE : log.value;
  const held = kept?.wide === scope.wide ? kept.entries : null;
  const all = held ?? fresh;
  const dropped = scope.wide ? whole.dropped : logDropped.value;
  useEffect(() => { loadLog(); }, []);
  const names = useMemo(() => [...new Set(all.map((e) => e.instance).filter(Boolean))].sort(compare), [all]);
  const at = scope.wide && names.includes(query.instance) ? query.instance : null;
  const least = RANK[query.level] ?? 1;
  const shown = useMemo(() => matching(all.filter((e) => RANK[e.level] >= least && (!query.kind || e.kind === query.kind) && (!at || e.instance === at)), query.q ?? '', (e) => [e.component, e.message, e.kind, e.instance ?? '']).reverse(), [all, least, query.kind, query.q, at]);
  const waiting = useMemo(() => {
    const known = new Set(held?.map(keyOf));
    return held ? fresh.filter((e) => !known.has(keyOf(e))).length : 0;
  }, [held, fresh]);
  const head = scope.choosable ? html`<div class="bar"><${Scope} scope=${scope} /></div>` : null;
  if (scope.wide && !whole.entries) return html`${head}<${Waiting} error=${whole.error} />`;
  return html`${head}<${Missing} of=${scope.wide ? whole.missing : NONE} />
    <section class="card"><header class="bar">
      <${Choice} label="At least" value=${query.level ?? 'info'} onChange=${(level) => refine({ level })} options=${[['debug', 'All'], ['info', 'Info'], ['warn', 'Warnings'], ['error', 'Errors']]} />
      <label><span class="unseen">What</span><select value=${query.kind ?? ''} onChange=${(e) => refine({ kind: e.currentTarget.value })}><option value="">everything</option>${Object.entries(KINDS).map(([id, text]) => html`<option key=${id} value=${id}>${text}</option>`)}</select></label>
      ${scope.wide ? html`<select aria-label="At" value=${at ?? ''} onChange=${(e) => refine({ instance: e.currentTarget.value })}><option value="">every instance</option>${names.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}</select>` : null}
      <label class="grow"><span class="unseen">Filter events</span><input type="search" placeholder="Filter: group, partition, words" value=${query.q ?? ''} onInput=${(e) => refine({ q: e.currentTarget.value })} /></label>
      <button type="button" aria-pressed=${held ? 'true' : 'false'} onClick=${() => hold(held ? null : { wide: scope.wide, entries: fresh })}>${held ? `Go on${waiting > 0 ? ` (${count(waiting)} new)` : ''}` : 'Hold still'}</button>
    </header>
    <div class="flush"><${DataTable} label="Events" columns=${scope.wide ? WIDE : COLUMNS} rows=${shown} keyOf=${keyOf} onOpen=${setOpen} chosen=${open ? keyOf(open) : null}>
      <${Empty} icon="events" title=${all.length === 0 ? 'Nothing has happened yet' : 'None passes the filter'}>${all.length === 0 ? 'State changes, rebalances and errors show here as they come.' : ''}<//><//></div>
    <div class="body soft small">${plural(shown.length, 'event')} of ${count(all.length)}${dropped ? '; older ones are no longer kept' : ''}</div></section>
    ${open ? html`<${Drawer} title=${`${KINDS[open.kind] ?? open.kind} of ${open.component}`} onClose=${() => setOpen(null)}>
      <pre class="dump wraps">${open.message}</pre>
      <${Facts} rows=${[['When', dateTime(open.t)], scope.wide && ['Instance', open.instance ?? UNKNOWN], ['Level', html`<${Level} of=${open.level} />`], open.group && ['Group', open.group], open.partition !== null && ['Partition', String(open.partition)], open.duration_ms !== null && ['Took', duration(open.duration_ms / 1000)]]} /><//>` : null}`;
}
