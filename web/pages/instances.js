// Who has which partitions, and how they came to have them.
import { html, useMemo, useState } from '../vendor/preact.js';
import { paths } from '../lib/api.js';
import { count, dateTime, duration, plural } from '../lib/format.js';
import { refine, route } from '../lib/route.js';
import { processors } from '../lib/store.js';
import { toneOf } from '../lib/tones.js';
import { periodOf, useAnswer } from '../lib/use.js';
import { Badge, Choice, Empty, Notice } from '../parts/basics.js';
import { PartitionMap } from '../parts/partition_map.js';
import { DataTable } from '../parts/table.js';
import { cellsOfGroup, ranges } from '../lib/assignment.js';

const COLUMNS = [
  { id: 't', title: 'When', class: 'keep', width: '11.25rem', value: (r) => r.t, cell: (r) => dateTime(r.t) },
  { id: 'kind', title: 'What', width: '8rem', value: (r) => r.kind, cell: (r) => html`<${Badge} state=${r.kind === 'assigned' ? 'active' : r.kind} >${r.kind}<//>` },
  { id: 'n', title: 'Number', n: true, class: 'wide', width: '6rem', value: (r) => r.partitions.length, cell: (r) => count(r.partitions.length) },
  { id: 'partitions', title: 'Partitions', class: 'wide', cell: (r) => html`<span title=${ranges(r.partitions)}>${ranges(r.partitions)}</span>` },
  { id: 'took', title: 'Took', n: true, width: '7rem', hint: 'until the partitions were begun, or given back', value: (r) => r.duration_ms, cell: (r) => duration(r.duration_ms / 1000) },
];

const LEGEND = [['good', 'active'], ['warn', 'recovering or draining'], ['bad', 'failed'], ['standby', 'standby'], ['none', 'elsewhere']];

export function Instances() {
  const groups = [...new Map(processors.value.map((p) => [p.group, p])).values()];
  const { query } = route.value;
  const group = groups.some((g) => g.group === query.group) ? query.group : groups[0]?.group;
  const of = groups.find((g) => g.group === group);
  const { data: whole, error } = useAnswer(group ? paths.processor(group) : null, periodOf(of?.partitions_here ?? 0));
  const { data: list } = useAnswer(group ? paths.partitions(group) : null, periodOf(of?.partitions_here ?? 0));
  const [sort, setSort] = useState({ id: 't', sign: -1 });
  const cells = useMemo(() => (list ? cellsOfGroup(list, toneOf) : []), [list]);
  if (groups.length === 0) return html`<div class="card"><${Empty} icon="instances" title="No groups here">Groups share their partitions among the instances of a program; who has which shows here.<//></div>`;
  const elsewhere = list ? list.partitions_total - list.partitions.length : 0;
  return html`
    <div class="bar"><${Choice} label="Group" value=${group} onChange=${(g) => refine({ group: g })} options=${groups.map((g) => [g.group, g.group])} /></div>
    ${error && !whole ? html`<${Notice} tone="bad">${error.message}<//>` : null}
    <section class="card"><header><h2>${list?.instance || 'This instance'}</h2><span class="soft small end">${list ? `${count(list.partitions.length)} of ${plural(list.partitions_total, 'partition')}${list.standbys.length > 0 ? `, ${plural(list.standbys.length, 'standby', 'standbys')}` : ''}` : ''}</span></header>
      <div class="body stack"><${PartitionMap} cells=${cells} label=${`Partitions of ${group} by number`} />
        <p class="legend keys">${LEGEND.map(([tone, text]) => html`<span key=${tone}><b class="map"><i data-tone=${tone}></i></b>${text}</span>`)}</p>
        ${elsewhere > 0 ? html`<p class="soft small">${plural(elsewhere, 'partition')} of the group ${elsewhere === 1 ? 'is' : 'are'} with other instances, or with none: their own dashboards show them.</p>` : null}</div></section>
    <section class="card"><header><h2>Rebalances</h2><span class="soft small end">${of ? `${plural(of.rebalances, 'rebalance')} since it started; the last 50` : ''}</span></header>
      <div class="flush"><${DataTable} label="Rebalances" free columns=${COLUMNS} rows=${whole?.rebalance_history ?? []} keyOf=${(r) => `${r.t} ${r.kind}`} sort=${sort} onSort=${setSort}><${Empty} icon="instances" title="None yet">Partitions that come and go show here.<//><//></div></section>`;
}
