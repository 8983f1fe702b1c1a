// What reads and writes what, as a picture with live rates and lags.
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js';
import { UNKNOWN, bytes, count, duration, plural, rate, short } from '../lib/format.js';
import { layout, middle, smooth } from '../lib/layout.js';
import { href, refine, route } from '../lib/route.js';
import { elsewhere, scopeOf } from '../lib/scope.js';
import { processors } from '../lib/store.js';
import { toneOf } from '../lib/tones.js';
import { periodOf, useAnswer } from '../lib/use.js';
import { Badge, Empty, Facts, Value, Waiting } from '../parts/basics.js';
import { Drawer } from '../parts/drawer.js';
import { Missing, Scope } from '../parts/scope.js';
import { DataTable } from '../parts/table.js';

const KINDS = { topic: 'topic', table: 'table', loop: 'loop', dead_letters: 'dead letters', group: 'processor', view: 'view' };
const EDGES = { input: 'input', loop_in: 'loop', loop_out: 'loop', table: 'table', join: 'join', lookup: 'lookup', output: 'output', dead_letters: 'dead letters', view: 'view' };
const READS = ['input', 'loop_in', 'join', 'lookup', 'view'];
const HEIGHT = 54;

const canvas = typeof document === 'undefined' ? null : document.createElement('canvas').getContext('2d');
function textWidth(text, font) {
  canvas.font = font;
  return canvas.measureText(text).width;
}

// By the kind, not by how many rows there are now: a box keeps its size.
const widthOf = (node) => Math.ceil(Math.min(280, Math.max(textWidth(node.name, '600 14px Inter, sans-serif') + 44, textWidth(`${KINDS[node.kind]}, 0,000,000 rows`, '500 11.5px Inter, sans-serif') + 28)));
const cut = (name) => (name.length > 30 ? `${name.slice(0, 17)}…${name.slice(-11)}` : name);

function note(n) {
  const parts = [KINDS[n.kind]];
  if (n.rows !== null) parts.push(`${short(n.rows)} ${n.rows === 1 ? 'row' : 'rows'}`);
  else if (n.partitions !== null) parts.push(plural(n.partitions, 'partition'));
  return parts.join(', ');
}

/** What stands above an edge, and below it: a lag only where there is one, or where it is not known. */
function edgeTexts(e) {
  const above = e.records_per_second === null ? '' : `${rate(e.records_per_second)}/s`;
  const below = e.lag === 0 || (e.lag === null && !READS.includes(e.kind)) ? '' : `lag ${short(e.lag)}`;
  return { above, below };
}

function Edge({ e, points, dim }) {
  const [x, y] = middle(points);
  const { above, below } = edgeTexts(e);
  const busy = e.records_per_second > 0;
  const width = busy ? Math.min(4.5, 1.25 + Math.log10(1 + e.records_per_second) * 0.65) : 1.25;
  const late = e.lag_seconds > 10;
  return html`<g class="edge" data-kind=${e.kind} data-busy=${busy ? 'true' : 'false'} data-late=${late ? 'true' : 'false'} data-dim=${dim ? 'true' : 'false'}>
    <path d=${smooth(points)} stroke-width=${width} marker-end="url(#${late ? 'tip-late' : 'tip'})" />
    ${above ? html`<text x=${x} y=${y - 5} text-anchor="middle">${above}</text>` : null}
    ${below ? html`<text class="lag" x=${x} y=${y + 13} text-anchor="middle">${below}</text>` : null}</g>`;
}

function Node({ n, at, width, onOpen, dim }) {
  const x = at.x - width / 2;
  const y = at.y - HEIGHT / 2;
  const onKey = (e) => {
    if (e.key !== 'Enter' && e.key !== ' ') return;
    e.preventDefault();
    onOpen(n.id);
  };
  return html`<g class="node" data-kind=${n.kind} data-id=${n.id} data-tone=${n.state ? toneOf(n.state) : ''} data-dim=${dim ? 'true' : 'false'} transform="translate(${x} ${y})" tabindex="0" role="button" aria-description=${n.state ?? undefined} onClick=${() => onOpen(n.id)} onKeyDown=${onKey}>
    <rect width=${width} height=${HEIGHT} rx=${n.kind === 'group' || n.kind === 'view' ? 9 : HEIGHT / 2} />
    ${n.kind === 'table' ? html`<path class="fold" d="M${HEIGHT / 2} 5h${width - HEIGHT}" />` : null}
    <text class="name" x=${width / 2} y="24" text-anchor="middle">${cut(n.name)}</text>
    <text class="note" x=${width / 2} y="41" text-anchor="middle">${note(n)}</text>
    ${n.state ? html`<circle class="state" cx=${width - 12} cy="12" r="4" />` : null}${cut(n.name) === n.name ? null : html`<title>${n.name}</title>`}</g>`;
}

function Picture({ graph, onOpen }) {
  const box = useRef(null);
  const [room, setRoom] = useState(0);
  const [near, setNear] = useState(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setRoom(entry.contentRect.width));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  // Laid out anew only where the graph's shape changes; rates and lags change in place.
  const shape = graph.nodes.map((n) => `${n.id} ${n.name}`).join('|') + graph.edges.map((e) => e.id).join('|');
  const placed = useMemo(() => layout(graph.nodes.map((n) => ({ id: n.id, width: widthOf(n), height: HEIGHT })), graph.edges), [shape]);
  const pad = 14;
  const width = placed.width + 2 * pad;
  const height = placed.height + 2 * pad;
  // As large as there is room for, but neither huge nor too small to read: then it scrolls.
  const scale = room > 0 ? Math.min(2, Math.max(0.8, room / width)) : 1;
  const linked = near && new Set([near, ...graph.edges.filter((e) => e.from === near || e.to === near).flatMap((e) => [e.from, e.to])]);
  const over = (e) => setNear(e.target.closest?.('.node')?.dataset.id ?? null);
  return html`<div class="picture" ref=${box} tabindex="0" role="region" aria-label="Graph; may be scrolled">
    <svg viewBox="${-pad} ${-pad} ${width} ${height}" width=${Math.round(width * scale)} height=${Math.round(height * scale)} role="group" aria-label="Topology" onMouseOver=${over} onMouseLeave=${() => setNear(null)}>
      <defs>${[['tip', 'tip'], ['tip-late', 'tip late']].map(([id, name]) => html`<marker key=${id} id=${id} class=${name} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 .5L7.5 4L0 7.5z" /></marker>`)}</defs>
      ${graph.edges.filter((e) => placed.edges.has(e.id)).map((e) => html`<${Edge} key=${e.id} e=${e} points=${placed.edges.get(e.id)} dim=${near && e.from !== near && e.to !== near} />`)}
      ${graph.nodes.map((n) => html`<${Node} key=${n.id} n=${n} at=${placed.nodes.get(n.id)} width=${widthOf(n)} onOpen=${onOpen} dim=${linked && !linked.has(n.id)} />`)}
    </svg></div>`;
}

const v = (text) => html`<${Value} text=${text} />`;

function Details({ node, graph, onClose }) {
  const name = (id) => graph.nodes.find((n) => n.id === id)?.name ?? id;
  const into = graph.edges.filter((e) => e.to === node.id);
  const out = graph.edges.filter((e) => e.from === node.id);
  const list = (title, edges, end) => (edges.length > 0 ? html`<section><h3>${title}</h3><table class="table"><thead><tr><th>${end === 'from' ? 'From' : 'To'}</th><th>As</th><th class="n">Records/s</th><th class="n">Lag</th></tr></thead>
    <tbody>${edges.map((e) => html`<tr key=${e.id}><td title=${name(e[end])}>${name(e[end])}</td><td>${EDGES[e.kind]}</td><td class="n">${v(rate(e.records_per_second))}</td><td class="n">${['output', 'table', 'loop_out', 'dead_letters'].includes(e.kind) ? '' : v(short(e.lag))}</td></tr>`)}</tbody></table></section>` : null);
  const links = [];
  if (node.kind === 'group') links.push(['Partitions', href('partitions', { group: node.name })]);
  if (node.kind === 'table') links.push(['Rows of the table', href('tables', { table: node.name })]);
  if (node.kind === 'dead_letters') links.push(['What was put aside', href('letters', { topic: node.name })]);
  return html`<${Drawer} title=${node.name} badge=${node.state ? html`<${Badge} state=${node.state} />` : null} onClose=${onClose}>
    <section><${Facts} rows=${[['What', KINDS[node.kind]], node.partitions !== null && ['Partitions', count(node.partitions)], node.rows !== null && ['Rows here', count(node.rows)], node.bytes !== null && ['Size here', bytes(node.bytes)]]} />
      ${links.map(([text, to]) => html`<a key=${to} href=${to}>${text}</a>`)}</section>
    ${list('Reads', into, 'from')}${list('Writes', out, 'to')}<//>`;
}

const COLUMNS = [
  { id: 'from', title: 'From', value: (e) => e.fromName, cell: (e) => html`<span title=${e.fromName}>${e.fromName}</span>` },
  { id: 'to', title: 'To', value: (e) => e.toName, cell: (e) => html`<span title=${e.toName}>${e.toName}</span>` },
  { id: 'kind', title: 'As', class: 'wide', width: '8rem', value: (e) => e.kind, cell: (e) => EDGES[e.kind] },
  { id: 'codec', title: 'Codec', class: 'wide', width: '7rem', value: (e) => e.codec, cell: (e) => v(e.codec ?? UNKNOWN) },
  { id: 'rate', title: 'Records/s', n: true, width: '7rem', value: (e) => e.records_per_second, cell: (e) => v(rate(e.records_per_second)) },
  { id: 'lag', title: 'Lag', n: true, width: '6rem', value: (e) => e.lag, cell: (e) => (READS.includes(e.kind) ? v(short(e.lag)) : '') },
  { id: 'time', title: 'Time lag', n: true, class: 'wide', width: '8rem', value: (e) => e.lag_seconds, cell: (e) => (READS.includes(e.kind) ? v(duration(e.lag_seconds)) : '') },
];

export function Topology() {
  const scope = scopeOf(processors.value.some(elsewhere));
  const most = processors.value.reduce((n, p) => n + p.partitions_total, 0);
  const { data, error } = useAnswer(scope.wide ? '/cluster/topology' : '/topology', Math.max(scope.wide ? 2_000 : 1_000, periodOf(most)));
  const [sort, setSort] = useState({ id: 'from', sign: 1 });
  const { query } = route.value;
  if (!data) return html`<${Waiting} error=${error} />`;
  if (data.nodes.length === 0) return html`<div class="card"><${Empty} icon="topology" title="No graph yet">Groups and views show here with the topics that they read and write.<//></div>`;
  const names = new Map(data.nodes.map((n) => [n.id, n.name]));
  const edges = data.edges.map((e) => ({ ...e, fromName: names.get(e.from) ?? e.from, toName: names.get(e.to) ?? e.to }));
  const open = data.nodes.find((n) => n.id === query.node);
  return html`${scope.choosable ? html`<div class="bar"><${Scope} scope=${scope} /></div>` : null}<${Missing} of=${data.missing} />
    <section class="card"><${Picture} graph=${data} onOpen=${(id) => refine({ node: id })} /></section>
    <section class="card"><header><h2>Edges</h2></header><div class="flush"><${DataTable} label="Edges of the topology" free columns=${COLUMNS} rows=${edges} keyOf=${(e) => e.id} sort=${sort} onSort=${setSort} /></div></section>
    ${open ? html`<${Details} key=${open.id} node=${open} graph=${data} onClose=${() => refine({ node: '' })} />` : null}`;
}
