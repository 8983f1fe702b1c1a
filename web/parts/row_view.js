// One row of a table: where it is, its value as a tree, as JSON or byte by byte; once, or followed live.
import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { ask, paths } from '../lib/api.js';
import { bytes as size, clock, count, duration, hexDump, percent } from '../lib/format.js';
import { EventStream } from '../lib/stream.js';
import { token } from '../lib/token.js';
import { Choice, Empty, Facts, Notice } from './basics.js';
import { Tree } from './tree.js';

const PROBLEMS = { recovering: 'Its partition is still being read.', elsewhere: 'Its partition has moved to another instance.' };

async function fetchRow(table, key, signal) {
  const response = await ask(paths.row(table, key), { signal });
  const text = await response.text();
  return {
    value: JSON.parse(text), text, partition: response.headers.get('X-Corka-Partition'), offset: response.headers.get('X-Corka-Offset'),
    owner: response.headers.get('X-Corka-Instance'), stale: response.headers.get('X-Corka-Stale'),
  };
}

function Raw({ table, keyBytes, version }) {
  const [dump, set] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    ask(paths.row(table, keyBytes), { accept: 'application/octet-stream', signal: stop.signal }).then((r) => r.arrayBuffer()).then((b) => set(new Uint8Array(b)), (e) => { if (!stop.signal.aborted) set(e); });
    return () => stop.abort();
  }, [version]);
  if (dump === null) return html`<p class="soft">asking …</p>`;
  if (dump instanceof Error) return html`<${Notice} tone="bad">${dump.message}<//>`;
  return html`<p class="soft small">${size(dump.length)}</p><pre class="dump" tabindex="0" aria-label="Bytes">${hexDump(dump)}</pre>`;
}

function Refused({ error }) {
  const d = error.details ?? {};
  if (error.kind === 'row-absent') return html`<${Empty} icon="search" title="There is no such row">The key would be in partition ${d.partition ?? '–'}, which has no row for it.<//>`;
  if (error.kind === 'table-recovering') {
    return html`<${Notice}>Partition ${d.partition} is still being read: ${count(d.position)} of ${count(d.end)}${d.end > 0 ? `, ${percent(d.position / d.end)}` : ''}, for ${duration((d.elapsed_ms ?? 0) / 1000)}.<//>`;
  }
  return html`<${Notice} tone="bad">${error.message}<//>`;
}

/** `keyBytes` identifies the row; `instance` is this program's name. */
export function RowView({ table, keyBytes, instance }) {
  const [row, setRow] = useState(null);
  const [error, setError] = useState(null);
  const [form, setForm] = useState('tree');
  const [follow, setFollow] = useState(false);
  const [changes, setChanges] = useState({ n: 0, at: null });
  const before = useRef(undefined);

  useEffect(() => {
    if (follow) return undefined;
    const stop = new AbortController();
    before.current = undefined;
    fetchRow(table, keyBytes, stop.signal).then((r) => { setRow(r); setError(null); }, (e) => { if (!stop.signal.aborted) { setRow(null); setError(e); } });
    return () => stop.abort();
  }, [table, keyBytes, follow]);

  useEffect(() => {
    if (!follow) return undefined;
    const stream = new EventStream(paths.watch(table, keyBytes), { token: token.value });
    let last;
    stream.addEventListener('row', (event) => {
      const now = JSON.parse(event.data);
      const text = JSON.stringify(now.value);
      if (last !== undefined && last !== text) {
        before.current = JSON.parse(last);
        setChanges((c) => ({ n: c.n + 1, at: Date.now() }));
      }
      last = text;
      if (now.found) {
        setRow({ value: now.value, text, partition: now.partition, offset: now.offset });
        setError(null);
      } else {
        setRow(null);
        setError(now.problem ? { message: PROBLEMS[now.problem] ?? now.problem } : { kind: 'row-absent', details: now });
      }
    });
    return () => stream.close();
  }, [table, keyBytes, follow]);

  return html`<div class="stack" data-row>
    <div class="bar">${row ? html`<${Choice} label="Shown as" value=${form} onChange=${setForm} options=${[['tree', 'Tree'], ['json', 'JSON'], ['raw', 'Bytes']]} />` : null}
      <label class="check end"><input type="checkbox" checked=${follow} onChange=${(e) => { setChanges({ n: 0, at: null }); setFollow(e.currentTarget.checked); }} />Follow live</label></div>
    ${error ? html`<${Refused} error=${error} />` : null}
    ${row ? html`
      <${Facts} rows=${[['Partition', String(row.partition ?? '–')], ['Changelog offset', count(row.offset === null ? null : Number(row.offset))], ['Owner', row.owner || instance ? html`<code>${row.owner ?? instance}</code>` : 'this instance'], row.stale && ['Copy', html`<span class="warn">a standby's, ${row.stale}</span>`], follow && ['Changes seen', changes.n === 0 ? '0' : `${count(changes.n)}, the last at ${clock(changes.at)}`]]} />
      ${form === 'tree' ? html`<${Tree} value=${row.value} before=${before.current} />` : form === 'json' ? html`<pre class="dump wraps" tabindex="0" aria-label="JSON">${JSON.stringify(row.value, null, 2)}</pre>` : html`<${Raw} table=${table} keyBytes=${keyBytes} version=${row.text} />`}` : null}</div>`;
}
