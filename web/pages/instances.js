// Who has which partitions of a group, and how they came to have them.
import { html, useMemo, useState } from '../vendor/preact.js';
import { byNumber, evenness, nameOf, ranges, stripOf } from '../lib/assignment.js';
import { UNKNOWN, age, count, dateTime, duration, plural } from '../lib/format.js';
import { together } from '../lib/rebalances.js';
import { href, refine, route } from '../lib/route.js';
import { now, processors } from '../lib/store.js';
import { toneOf } from '../lib/tones.js';
import { periodOf, useAnswer } from '../lib/use.js';
import { Barcode } from '../parts/barcode.js';
import { Badge, Choice, Empty, Facts, Meter, Notice, Value, Waiting, When } from '../parts/basics.js';
import { Drawer } from '../parts/drawer.js';
import { PartitionMap } from '../parts/partition_map.js';
import { Missing } from '../parts/scope.js';
import { Stat } from '../parts/stat.js';
import { DataTable } from '../parts/table.js';

const v = (text) => html`<${Value} text=${text} />`;
const LEGEND = [['good', 'active'], ['warn', 'recovering or draining'], ['bad', 'failed'], ['calm', 'not heard of'], ['standby', 'standby']];

function Legend({ shown }) {
  return html`<p class="legend">${LEGEND.filter(([tone]) => shown.has(tone)).map(([tone, text]) => html`<span key=${tone}><b class="swatch" data-tone=${tone}></b>${text}</span>`)}</p>`;
}

function State({ m }) {
  if (!m.reachable) return html`<${Badge} state="lost">no answer<//>`;
  return m.state ? html`<${Badge} state=${m.state} />` : v(UNKNOWN);
}

/** The numbers under the bars: first, middle, last. */
function Axis({ total }) {
  const marks = total > 2 ? [0, (total - 1) >> 1, total - 1] : total === 2 ? [0, 1] : [0];
  return html`<span class="axis"><span class="unseen">Partitions</span>${marks.map((n) => html`<span key=${n} aria-hidden="true">${count(n)}</span>`)}</span>`;
}

function columnsOf(total, at) {
  return [
    { id: 'name', title: 'Instance', class: 'keep who', width: '12.5rem', value: nameOf, cell: (m) => html`<strong title=${m.member}>${nameOf(m)}</strong>${m.self ? html`<span class="faint small wide"> this one</span>` : null}` },
    { id: 'state', title: 'State', class: 'wide', width: '7rem', value: (m) => m.state, cell: (m) => html`<${State} m=${m} />` },
    { id: 'holds', title: 'Has', n: true, class: 'keep', width: '3.75rem', hint: 'partitions', value: (m) => m.holds.length, cell: (m) => count(m.holds.length) },
    { id: 'map', title: html`<${Axis} total=${total} />`, class: 'code', cell: (m) => html`<${Barcode} strip=${m.strip} total=${total} at=${at} label=${`${ranges(m.holds) || 'none'}${m.standbys.length > 0 ? `; ${plural(m.standbys.length, 'standby', 'standbys')}` : ''}`} />` },
    { id: 'standbys', title: 'Standbys', n: true, class: 'wide', width: '6rem', value: (m) => (m.reachable ? m.standbys.length : null), cell: (m) => v(count(m.reachable ? m.standbys.length : null)) },
    { id: 'up', title: 'Up', n: true, class: 'wide', width: '6.5rem', value: (m) => m.uptime_seconds, cell: (m) => v(duration(m.uptime_seconds)) },
  ];
}

/** What is known of the partition that is pointed at. */
function Pointed({ cell, total }) {
  if (!cell) return html`${plural(total, 'partition')}; point at one to see who has it`;
  const { partition, owner, state, copies } = cell;
  return html`<strong>${partition}</strong>: ${owner ? `${nameOf(owner)}${state ? `, ${state === 'running' ? 'active' : state}` : ''}` : 'nobody has it'}${copies.length > 0 ? `; standby at ${copies.map(nameOf).join(', ')}` : ''}`;
}

function Assignment({ members, numbers, onOpen, chosen }) {
  const [at, point] = useState(null);
  const [sort, setSort] = useState({ id: 'name', sign: 1 });
  const total = numbers.length;
  const columns = useMemo(() => columnsOf(total, at), [total, at]);
  const shown = useMemo(() => new Set(members.flatMap((m) => m.strip.map((s) => s.tone))), [members]);
  const onMove = (e) => {
    const bars = e.target.closest?.('.barcode')?.getBoundingClientRect();
    const next = bars && bars.width > 0 ? Math.min(total - 1, Math.floor(((e.clientX - bars.left) / bars.width) * total)) : null;
    if (next !== at) point(next);
  };
  return html`<section class="card" data-assignment><header><h2>Assignment</h2><span class="soft small end"><${Pointed} cell=${at === null ? null : numbers[at]} total=${total} /></span></header>
    <div class="flush" onMouseMove=${onMove} onMouseLeave=${() => point(null)}><${DataTable} label="Instances" free dense=${members.length > 20} columns=${columns} rows=${members} keyOf=${(m) => m.member} sort=${sort} onSort=${setSort} onOpen=${(m) => onOpen(m.member)} chosen=${chosen} /></div>
    <div class="body"><${Legend} shown=${shown} /></div></section>`;
}

function Figures({ group, moves }) {
  const { members } = group;
  const even = evenness(members);
  const away = members.filter((m) => !m.reachable).length;
  const copies = members.reduce((n, m) => n + m.standbys.length, 0);
  const last = moves[0];
  return html`<section class="stats four" aria-label="The group">
    <${Stat} label="Instances" text=${count(members.length)} note=${away > 0 ? html`<span class="bad">${count(away)} ${away === 1 ? 'does' : 'do'} not answer</span>` : members.length === 1 ? 'it has everything' : 'all answer'} />
    <${Stat} label="Partitions" text=${count(group.partitions_total)} note=${group.unassigned.length > 0 ? html`<span class="warn">${count(group.unassigned.length)} with nobody</span>` : even === null ? '' : members.length === 1 ? 'all with it' : even.least === even.most ? `${count(even.most)} each` : `${count(even.least)} to ${count(even.most)} each`} />
    <${Stat} label="Standbys" text=${count(copies)} note=${copies === 0 ? 'no copies are kept' : `${+(copies / Math.max(1, group.partitions_total)).toFixed(1)} for each partition`} />
    <${Stat} label="Last rebalance" text=${last ? age((now.value - last.t) / 1000) : UNKNOWN} note=${last ? `ago, took ${duration(last.ms / 1000)}` : 'none is remembered'} /></section>`;
}

const KINDS = { assigned: 'running', revoked: 'revoked', lost: 'lost', moved: 'active' };
const SHADES = 3; // neighbours differ, so that one sees where one instance's numbers end
const cellsOf = (numbers, members) => numbers.map(({ partition, owner, state, copies }) => ({
  key: partition, text: partition, tone: owner ? (state ? toneOf(state) : 'calm') : 'none', shade: owner ? members.findIndex((m) => m.member === owner.member) % SHADES : undefined,
  title: `${partition}: ${owner ? `${nameOf(owner)}${state ? `, ${state}` : ''}` : 'with nobody'}${copies.length > 0 ? `; standby at ${copies.map(nameOf).join(', ')}` : ''}`,
}));

const moveColumns = (longest) => [
  { id: 't', title: 'When', class: 'keep when', width: '11.25rem', value: (r) => r.t, cell: (r) => html`<${When} at=${r.t} />` },
  { id: 'kind', title: 'What', width: '8rem', value: (r) => r.kind, cell: (r) => html`<${Badge} state=${KINDS[r.kind]}>${r.kind}<//>` },
  { id: 'moved', title: 'Partitions', n: true, class: 'wide', width: '6.5rem', value: (r) => r.moved, cell: (r) => count(r.moved) },
  { id: 'instances', title: 'Instances', n: true, class: 'wide', width: '6.5rem', value: (r) => r.instances, cell: (r) => count(r.instances) },
  { id: 'reason', title: 'Because', class: 'wide', value: (r) => r.reason, cell: (r) => (r.reason ? html`<span title=${r.reason}>${r.reason}</span>` : v(UNKNOWN)) },
  { id: 'took', title: 'Took', n: true, class: 'keep', width: '6rem', hint: 'from the first partition given back to the last one begun', value: (r) => r.ms, cell: (r) => duration(r.ms / 1000) },
  { id: 'bar', title: html`<span class="unseen">Took, against the longest</span>`, class: 'widest', width: '9rem', cell: (r) => html`<${Meter} part=${longest > 0 ? r.ms / longest : 0} label="Against the longest" />` },
];


function Rebalances({ moves }) {
  const [sort, setSort] = useState({ id: 't', sign: -1 });
  const [open, setOpen] = useState(null);
  const longest = Math.max(0, ...moves.map((m) => m.ms));
  const columns = useMemo(() => moveColumns(longest), [longest]);
  return html`<section class="card" data-rebalances><header><h2>Rebalances</h2><span class="soft small end">${moves.length > 0 ? `the last ${count(moves.length)}` : ''}</span></header>
    <div class="flush"><${DataTable} label="Rebalances" free=${moves.length <= 12} columns=${columns} rows=${moves} keyOf=${(r) => String(r.t)} sort=${sort} onSort=${setSort} onOpen=${setOpen}><${Empty} icon="instances" title="None yet">Partitions that come and go show here.<//><//></div>
    ${open ? html`<${Drawer} title=${`Rebalance of ${dateTime(open.t)}`} onClose=${() => setOpen(null)}>
      <section><${Facts} rows=${[['Because', open.reason ?? UNKNOWN], ['Took', duration(open.ms / 1000)], ['Partitions', plural(open.moved, 'partition')]]} /></section>
      ${open.entries.map((e, i) => html`<section key=${i}><h3>${e.instance ?? 'An instance'}</h3><${Facts} rows=${[['What', html`<${Badge} state=${KINDS[e.kind]}>${e.kind}<//>`], ['Partitions', ranges(e.partitions)], e.reason && ['Because', e.reason], ['At', dateTime(e.t)], ['Took', duration(e.duration_ms / 1000)]]} /></section>`)}<//>` : null}</section>`;
}

function Member({ m, group, onClose }) {
  const behind = m.standbys.reduce((n, c) => (n === null || c.lag === null ? null : n + c.lag), 0);
  return html`<${Drawer} title=${nameOf(m)} badge=${html`<${State} m=${m} />`} onClose=${onClose}>
    ${m.why ? html`<${Notice} tone="bad">${m.why}<//>` : null}
    <section><${Facts} rows=${[['Member', html`<code>${m.member}</code>`], ['Address', m.instance ? html`<code>${m.instance}</code>` : 'it announces none'], ['Up', duration(m.uptime_seconds)], ['Partitions', count(m.holds.length)], ['Standbys', m.reachable ? `${count(m.standbys.length)}${m.standbys.length > 0 && behind !== null ? `, ${count(behind)} records behind` : ''}` : UNKNOWN]]} />
      ${m.instance && !m.self && m.reachable ? html`<a href=${`//${m.instance}/`} rel="noreferrer">Its own dashboard</a>` : null}
      <a href=${href('partitions', { group, q: nameOf(m) })}>Its partitions</a></section>
    <section><h3>Has</h3><p class="tabular breaks">${ranges(m.holds) || 'none'}</p></section>
    ${m.standbys.length > 0 ? html`<section><h3>Keeps copies of</h3><p class="tabular breaks">${ranges(m.standbys.map((c) => c.partition))}</p></section>` : null}<//>`;
}

export function Instances() {
  const groups = [...new Map(processors.value.map((p) => [p.group, p])).values()];
  const { query } = route.value;
  const name = groups.some((g) => g.group === query.group) ? query.group : groups[0]?.group;
  const of = groups.find((g) => g.group === name);
  const { data, error } = useAnswer(name ? `/cluster/instances?group=${encodeURIComponent(name)}` : null, Math.max(2_000, periodOf(of?.partitions_total ?? 0)));
  const group = data?.groups.find((g) => g.group === name);
  const members = useMemo(() => (group?.members ?? []).map((m) => ({ ...m, strip: stripOf(m, toneOf) })), [group]);
  const numbers = useMemo(() => (group ? byNumber(group) : []), [group]);
  const moves = useMemo(() => together(group?.rebalances ?? []), [group]);
  const cells = useMemo(() => cellsOf(numbers, members), [numbers]);
  if (groups.length === 0) return html`<div class="card"><${Empty} icon="instances" title="No groups here">Groups share their partitions among the instances of a program; who has which shows here.<//></div>`;
  const open = members.find((m) => m.member === query.member);
  const choose = (member) => refine({ member });
  return html`
    <div class="bar"><${Choice} label="Group" value=${name} onChange=${(g) => refine({ group: g, member: '' })} options=${groups.map((g) => [g.group, g.group])} /></div>
    ${data ? null : html`<${Waiting} error=${error} />`}
    ${data && !group ? html`<${Notice}>The brokers do not know the group yet: it shows here when its first member has joined.<//>` : null}
    ${group ? html`<${Missing} of=${data.missing}> What is there is as the brokers say; how it is doing is not known.<//>
      <${Figures} group=${group} moves=${moves} />
      <${Assignment} members=${members} numbers=${numbers} onOpen=${choose} chosen=${open?.member} />
      <section class="card"><header><h2>By number</h2><span class="soft small end">${plural(group.partitions_total, 'partition')}</span></header>
        <div class="body"><${PartitionMap} cells=${cells} label=${`${plural(group.partitions_total, 'partition')} of ${name} by number`} onOpen=${(n) => numbers[n]?.owner && choose(numbers[n].owner.member)} /></div></section>
      <${Rebalances} moves=${moves} />` : null}
    ${open ? html`<${Member} key=${open.member} m=${open} group=${name} onClose=${() => choose('')} />` : null}`;
}
