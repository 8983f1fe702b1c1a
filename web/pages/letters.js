// Records that were put aside: which, why, what was in them; and back with them.
import { html, useEffect, useState } from '../vendor/preact.js';
import { fromBase64url, getJson, paths } from '../lib/api.js';
import { bytes, count, dateTime, hexDump, plural } from '../lib/format.js';
import { href, refine, route } from '../lib/route.js';
import { token } from '../lib/token.js';
import { useAnswer } from '../lib/use.js';
import { Choice, Empty, Facts, Notice, Waiting, When } from '../parts/basics.js';
import { Drawer } from '../parts/drawer.js';
import { TokenField, start } from '../parts/runs.js';
import { DataTable } from '../parts/table.js';
import { Tree } from '../parts/tree.js';

const keyText = (r) => r.key ?? (r.key64 ? `hex ${Array.from(fromBase64url(r.key64), (b) => b.toString(16).padStart(2, '0')).join(' ')}` : null);

const COLUMNS = [
  { id: 't', title: 'When', class: 'keep when', width: '11.25rem', cell: (r) => html`<${When} at=${r.t} />` },
  { id: 'from', title: 'From', class: 'wide', width: '14rem', cell: (r) => html`<span title=${r.from}>${r.from ?? '–'}/${r.from_partition ?? '–'}@${r.from_offset ?? '–'}</span>` },
  { id: 'key', title: 'Key', width: '10rem', cell: (r) => html`<span class="mono">${keyText(r) ?? html`<span class="faint">none</span>`}</span>` },
  { id: 'error', title: 'Error', cell: (r) => html`<span title=${r.error}>${r.error ?? '–'}</span>` },
  { id: 'attempts', title: 'Attempts', n: true, class: 'widest', width: '6rem', cell: (r) => count(r.attempts) },
];

function Body({ r }) {
  if (r.value !== null) {
    try {
      return html`<${Tree} value=${JSON.parse(r.value)} />`;
    } catch {
      return html`<pre class="dump wraps">${r.value}</pre>`;
    }
  }
  if (r.value64) return html`<pre class="dump" tabindex="0" aria-label="Bytes">${hexDump(fromBase64url(r.value64))}</pre>`;
  return html`<p class="soft">A tombstone: the record has no value.</p>`;
}

function Letter({ r, topic, onClose }) {
  return html`<${Drawer} title=${`${topic}/${r.partition}@${r.offset}`} onClose=${onClose}>
    <${Notice} tone="bad">${r.error ?? 'The record does not say why it was put aside.'}<//>
    <section><${Facts} rows=${[['When', dateTime(r.t)], ['Group', r.group ?? '–'], ['From', `${r.from ?? '–'}/${r.from_partition ?? '–'}@${r.from_offset ?? '–'}`], ['Attempts', count(r.attempts)], ['Key', html`<code>${keyText(r) ?? 'none'}</code>`], ['Size', bytes(r.value_bytes)]]} /></section>
    <section><h3>Value</h3><${Body} r=${r} /></section>
    ${r.headers.length > 0 ? html`<section><h3>Headers</h3><dl class="facts">${r.headers.map((h, i) => html`<dt key=${i} class="breaks">${h.name}</dt><dd><code>${h.value ?? '–'}</code></dd>`)}</dl></section>` : null}<//>`;
}

function Page({ topic }) {
  const [trail, setTrail] = useState([null]);
  const [page, setPage] = useState({ records: null, next: null, error: null });
  const [open, setOpen] = useState(null);
  const [again, setAgain] = useState(0);
  const before = trail.at(-1);
  useEffect(() => {
    const stop = new AbortController();
    getJson(paths.deadLetters(topic, before), { signal: stop.signal }).then((p) => setPage({ ...p, error: null }), (error) => { if (!stop.signal.aborted) setPage({ records: null, next: null, error }); });
    return () => stop.abort();
  }, [topic, before, again]);
  const first = () => {
    setTrail([null]);
    setAgain(again + 1);
  };
  return html`<section class="card"><header class="bar"><h2>Newest first</h2><button type="button" class="plain end" onClick=${first}>Look again</button></header>
    ${page.error ? html`<div class="body"><${Notice} tone="bad">${page.error.message}<//></div>` : null}
    ${page.records ? html`<div class="flush"><${DataTable} free label=${`Records of ${topic}`} columns=${COLUMNS} rows=${page.records} keyOf=${(r) => `${r.partition}@${r.offset}`} onOpen=${setOpen}><${Empty} icon="check" title="Nothing was put aside" /><//></div>
      <div class="body bar"><button type="button" disabled=${trail.length < 2} onClick=${() => setTrail(trail.slice(0, -1))}>Newer</button><button type="button" disabled=${!page.next} onClick=${() => setTrail([...trail, page.next])}>Older</button><span class="soft small">page ${trail.length}, ${plural(page.records.length, 'record')}</span></div>` : null}
    ${open ? html`<${Letter} r=${open} topic=${topic} onClose=${() => setOpen(null)} />` : null}</section>`;
}

export function Letters() {
  const { data, error } = useAnswer('/dead-letters', 5_000);
  const { data: actions } = useAnswer('/actions', 5_000);
  const [busy, setBusy] = useState(false);
  if (!data) return html`<${Waiting} error=${error} />`;
  const { query } = route.value;
  const chosen = data.topics.find((t) => t.topic === query.topic) ?? data.topics[0];
  if (!chosen) return html`<div class="card"><${Empty} icon="letters" title="No dead letters here">Groups with <code>on_failure(… corka::dead_letter …)</code> put records aside that cannot be processed; they show here.<//></div>`;
  const replay = actions?.actions.find((a) => a.id === `replay:${chosen.topic}`);
  const run = async () => {
    setBusy(true);
    await start(replay.id);
    setBusy(false);
  };
  return html`
    <div class="bar"><${Choice} label="Topic" value=${chosen.topic} onChange=${(topic) => refine({ topic })} options=${data.topics.map((t) => [t.topic, t.topic])} /></div>
    <section class="card"><div class="body stack"><${Facts} rows=${[['Of', chosen.groups.join(', ')], ['Put aside', `${plural(chosen.put_aside, 'record')} by the partitions here, since they were assigned`]]} />
      ${replay ? html`<div class="bar"><button type="button" class="primary" disabled=${busy || !actions.enabled || token.value === ''} onClick=${run}>Replay</button><span class="soft small">sends what was put aside back to the topic where it failed; progress is on the page <a href=${href('actions')}>Actions</a></span></div><${TokenField} enabled=${actions.enabled} />` : null}</div></section>
    <${Page} key=${chosen.topic} topic=${chosen.topic} />`;
}
