// What tables hold: how large they are, the row of a key, rows in key order.
import { html, useEffect, useMemo, useState } from '../vendor/preact.js';
import { fromBase64url, getJson, paths } from '../lib/api.js';
import { UNKNOWN, bytes, count, duration, percent, plural, rate, short } from '../lib/format.js';
import { oneLine, readKey, showKey } from '../lib/keys.js';
import { refine, route } from '../lib/route.js';
import { summary } from '../lib/store.js';
import { periodOf, useAnswer } from '../lib/use.js';
import { Badge, Choice, Empty, Notice, Value, Waiting } from '../parts/basics.js';
import { Drawer } from '../parts/drawer.js';
import { RowView } from '../parts/row_view.js';
import { Stat } from '../parts/stat.js';
import { DataTable } from '../parts/table.js';

const v = (text) => html`<${Value} text=${text} />`;
const largest = (values) => { const known = values.filter((x) => x !== null && x !== undefined); return known.length > 0 ? Math.max(...known) : null; };

const COLUMNS = [
  { id: 'partition', title: 'Partition', width: '6.5rem', value: (p) => p.partition, cell: (p) => html`<strong>${p.partition}</strong>` },
  { id: 'state', title: 'State', width: '8.5rem', value: (p) => p.state, cell: (p) => html`<${Badge} state=${p.state} />` },
  { id: 'rows', title: 'Rows', n: true, value: (p) => p.rows, cell: (p) => v(count(p.rows)) },
  { id: 'bytes', title: 'Size', n: true, value: (p) => p.bytes, cell: (p) => v(bytes(p.bytes)) },
  { id: 'map', title: 'Of map', n: true, class: 'wide', hint: 'share of the address space that is reserved for the store', value: (p) => (p.map_bytes ? p.bytes / p.map_bytes : null), cell: (p) => v(percent(p.map_bytes ? p.bytes / p.map_bytes : null)) },
  { id: 'written', title: 'Writes/s', n: true, class: 'wide', value: (p) => p.written_per_second, cell: (p) => v(rate(p.written_per_second)) },
  { id: 'dirty', title: 'Not saved', n: true, class: 'widest', hint: 'rows that are written but not yet in the store', value: (p) => p.dirty_rows, cell: (p) => v(count(p.dirty_rows)) },
  { id: 'changelog', title: 'Changelog', n: true, class: 'wide', hint: 'next changelog offset that the local copy has not', value: (p) => p.changelog, cell: (p) => v(count(p.changelog < 0 ? null : p.changelog)) },
  { id: 'age', title: 'Checkpoint', n: true, class: 'wide', hint: 'age of the last checkpoint that wrote something', value: (p) => p.checkpoint_age_seconds, cell: (p) => v(duration(p.checkpoint_age_seconds)) },
  { id: 'reader', title: 'Oldest reader', n: true, class: 'widest', hint: 'checkpoints that the oldest reader of the store does not see: it keeps their room from being used again', value: (p) => p.oldest_reader, cell: (p) => v(p.oldest_reader === 0 ? 'current' : p.oldest_reader === null ? UNKNOWN : `${count(p.oldest_reader)} behind`) },
];

function Figures({ of }) {
  const parts = of.partitions ?? [];
  const map = parts.reduce((n, p) => (n === null || p.map_bytes === null ? null : n + p.map_bytes), parts.length > 0 ? 0 : null);
  const end = parts.reduce((n, p) => (n === null || p.changelog === null ? null : n + Math.max(0, p.changelog)), parts.length > 0 ? 0 : null);
  const dirty = parts.reduce((n, p) => (n === null || p.dirty_rows === null ? null : n + p.dirty_rows), parts.length > 0 ? 0 : null);
  const here = of.partitions_here.length;
  return html`<section class="stats" aria-label="Table">
    <${Stat} label="Rows here" text=${short(of.rows)} note=${of.partitions_total === null || of.partitions_total === here ? `in ${plural(here, 'partition')}` : `in ${count(here)} of ${plural(of.partitions_total, 'partition')}`} />
    <${Stat} label="Size" text=${bytes(of.bytes)} note=${map === null ? '' : `${percent(of.bytes / map)} of the map`} />
    <${Stat} label="Writes" text=${rate(of.written_per_second)} unit="/s" note="to the changelog" />
    <${Stat} label="Changelog offsets" text=${short(end)} note="of all partitions here" />
    <${Stat} label="Oldest checkpoint" text=${duration(largest(parts.map((p) => p.checkpoint_age_seconds)))} note="ago" />
    <${Stat} label="Not yet saved" text=${short(dirty)} note="rows since the checkpoints" /></section>`;
}

function Lookup({ table, instance }) {
  const { query } = route.value;
  const [text, setText] = useState(query.key ?? '');
  const [form, setForm] = useState(query.form === 'hex' ? 'hex' : 'text');
  const asked = query.key !== undefined ? readKey(query.key, query.form === 'hex' ? 'hex' : 'text') : null;
  const typed = readKey(text, form);
  // The same bytes must be the same object, or the row would be asked for at each redraw.
  const keyBytes = useMemo(() => asked?.bytes, [query.key, query.form]);
  useEffect(() => { if (query.key !== undefined) { setText(query.key); setForm(query.form === 'hex' ? 'hex' : 'text'); } }, [query.key, query.form]);
  const submit = (e) => {
    e.preventDefault();
    if (!typed.mistake) refine({ key: text, form: form === 'hex' ? 'hex' : '' });
  };
  return html`<section class="card"><header><h2>Look up a key</h2></header><div class="body stack">
    <form class="bar low" onSubmit=${submit}>
      <label class="field grow">Key<input class="mono" name="key" autocomplete="off" spellcheck="false" value=${text} onInput=${(e) => setText(e.currentTarget.value)} /></label>
      <label class="field">Written as<select value=${form} onChange=${(e) => setForm(e.currentTarget.value)}><option value="text">text</option><option value="hex">hex</option></select></label>
      <button class="primary" type="submit" disabled=${Boolean(typed.mistake)}>Look up</button></form>
    ${typed.mistake ? html`<p class="bad small" role="alert">${typed.mistake}</p>` : null}
    ${keyBytes ? html`<${RowView} key=${`${table} ${query.form} ${query.key}`} table=${table} keyBytes=${keyBytes} instance=${instance} />` : html`<${Empty} icon="search" title="One row">Its value as a tree, as JSON or byte by byte, where it is, and how it changes.<//>`}</div></section>`;
}

const ROWS = [
  { id: 'key', title: 'Key', width: '30%', cell: (r) => html`<span class="mono" title=${r.shown.text}>${r.shown.form === 'hex' ? html`<span class="faint">hex </span>` : null}${r.shown.text === '' ? html`<span class="faint">empty</span>` : r.shown.text}</span>` },
  { id: 'value', title: 'Value', cell: (r) => html`<span class="mono soft">${oneLine(r.value)}</span>` },
];

function Browse({ table, instance }) {
  const [asked, ask] = useState({ how: 'prefix', prefix: '', from: '', to: '', order: 'asc' });
  const [form, setForm] = useState(asked);
  const [trail, setTrail] = useState([null]); // a cursor for each page up to this one
  const [page, setPage] = useState({ rows: null, next: null, error: null });
  const [open, setOpen] = useState(null);
  const cursor = trail.at(-1);
  useEffect(() => {
    const stop = new AbortController();
    const query = { limit: 50, order: asked.order };
    if (asked.how === 'prefix') { if (asked.prefix) query.prefix = asked.prefix; } else {
      if (asked.from) query.from = asked.from;
      if (asked.to) query.to = asked.to;
    }
    if (cursor) query.after = cursor;
    getJson(paths.rows(table, query), { signal: stop.signal }).then(
      (p) => setPage({ rows: p.rows.map((r) => ({ ...r, shown: showKey(r, fromBase64url) })), next: p.next, error: null }),
      (error) => { if (!stop.signal.aborted) setPage({ rows: null, next: null, error }); },
    );
    return () => stop.abort();
  }, [table, asked, cursor]);
  const change = (part) => setForm({ ...form, ...part });
  const submit = (e) => {
    e.preventDefault();
    setTrail([null]);
    ask({ ...form });
  };
  const field = (name, label) => html`<label class="field grow">${label}<input class="mono" name=${name} autocomplete="off" spellcheck="false" value=${form[name]} onInput=${(e) => change({ [name]: e.currentTarget.value })} /></label>`;
  const bytesOf = useMemo(() => (open ? readKey(open.shown.text, open.shown.form).bytes : null), [open]);
  return html`<section class="card" data-browse><header><h2>Browse</h2></header>
    <div class="body"><form class="bar low" onSubmit=${submit}>
      <label class="field">Keys<select value=${form.how} onChange=${(e) => change({ how: e.currentTarget.value })}><option value="prefix">that begin with</option><option value="range">in a range</option></select></label>
      <label class="field">Order<select value=${form.order} onChange=${(e) => change({ order: e.currentTarget.value })}><option value="asc">a to z</option><option value="desc">z to a</option></select></label>
      ${form.how === 'prefix' ? field('prefix', 'Prefix') : html`${field('from', 'From')}${field('to', 'Up to, without')}`}
      <button type="submit">Show</button></form></div>
    ${page.error ? html`<div class="body"><${Notice} tone=${page.error.status === 409 ? 'warn' : 'bad'}>${page.error.message}<//></div>` : null}
    ${page.rows ? html`<${DataTable} label=${`Rows of ${table}`} columns=${ROWS} rows=${page.rows} keyOf=${(r) => `${r.shown.form} ${r.shown.text}`} onOpen=${setOpen}><${Empty} icon="tables" title="No rows">${cursor ? 'This page is beyond the last row.' : 'Of what this instance has of the table, no key is like that.'}<//><//>
      <div class="body bar"><button type="button" disabled=${trail.length < 2} onClick=${() => setTrail(trail.slice(0, -1))}>Back</button><button type="button" disabled=${!page.next} onClick=${() => setTrail([...trail, page.next])}>Next</button><span class="soft small">page ${trail.length}, ${plural(page.rows.length, 'row')}${page.next ? '' : ', the last'}</span></div>` : null}
    ${open ? html`<${Drawer} title=${open.shown.text || 'empty key'} onClose=${() => setOpen(null)}><${RowView} table=${table} keyBytes=${bytesOf} instance=${instance} /><//>` : null}</section>`;
}

export function Tables() {
  const { data, error } = useAnswer('/tables', 2_000);
  const { query } = route.value;
  const tables = data?.tables ?? [];
  const chosen = tables.find((t) => t.table === query.table) ?? tables[0];
  const { data: whole } = useAnswer(chosen ? paths.table(chosen.table) : null, periodOf(chosen?.partitions_here.length ?? 0));
  const [sort, setSort] = useState({ id: 'partition', sign: 1 });
  if (!data) return html`<${Waiting} error=${error} />`;
  if (!chosen) return html`<div class="card"><${Empty} icon="tables" title="No tables">Groups with a state and views have tables, which show here.<//></div>`;
  const instance = summary.value?.instance;
  return html`
    <div class="bar"><${Choice} label="Table" value=${chosen.table} onChange=${(t) => refine({ table: t, key: undefined, form: undefined })} options=${tables.map((t) => [t.table, t.table])} /></div>
    <${Figures} of=${{ ...chosen, partitions: whole?.partitions }} />
    <div class="two even">
      <${Lookup} key=${`l ${chosen.table}`} table=${chosen.table} instance=${instance} />
      <${Browse} key=${`b ${chosen.table}`} table=${chosen.table} instance=${instance} /></div>
    <section class="card"><header><h2>Partitions</h2><span class="soft small end">${whole ? plural(whole.partitions.length, 'partition') : ''}</span></header>
      <div class="flush"><${DataTable} label=${`Partitions of ${chosen.table}`} columns=${COLUMNS} rows=${whole?.partitions ?? []} keyOf=${(p) => String(p.partition)} sort=${sort} onSort=${setSort} /></div></section>`;
}
