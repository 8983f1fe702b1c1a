// Keeps the page up to date: asks for the status once a second and changes only what differs, so that nothing flickers,
// selections stay, and a screen reader is left in peace.

const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat('en');
const unknown = '–';

/** Unknown is not zero. */
const count = (n) => (n === null || n === undefined ? unknown : number.format(n));

function duration(seconds) {
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return '0 s';
  return units.slice(first, first + 2).map(([size, name], i) => {
    const rest = i === 0 ? seconds : seconds % units[first][0];
    return [Math.floor(rest / size), name];
  }).filter(([n], i) => i === 0 || n > 0).map(([n, name]) => `${n} ${name}`).join(' ');
}

function set(node, property, value) {
  if (node[property] !== value) node[property] = value;
}
const text = (node, value) => set(node, 'textContent', value);

function badge(node, state, label = state) {
  set(node.dataset, 'state', state);
  text(node, label);
}

/** Elements of a clone by their data-f; a clone keeps them for its life. */
function clone(template) {
  const node = byId(template).content.firstElementChild.cloneNode(true);
  node.parts = Object.fromEntries([...node.querySelectorAll('[data-f]')].map((part) => [part.dataset.f, part]));
  return node;
}

/** Makes `parent` have one child per item, in their order; a child stays with its key. `from`: the first children to leave alone. */
function each(parent, items, keyOf, create, update, from = 0) {
  const old = new Map([...parent.children].slice(from).map((child) => [child.key, child]));
  items.forEach((item, i) => {
    const key = keyOf(item, i);
    let child = old.get(key);
    old.delete(key);
    if (!child) {
      child = create(item);
      child.key = key;
    }
    const there = parent.children[from + i];
    if (there !== child) parent.insertBefore(child, there ?? null);
    update(child, item);
  });
  for (const child of old.values()) child.remove();
}

/** Records per second out of counts that start again when a partition moves. */
const rates = new Map();
function rate(key, records, now) {
  const last = rates.get(key);
  if (!last || records < last.records) {
    rates.set(key, {records, now, value: null});
    return null;
  }
  const seconds = (now - last.now) / 1000;
  if (seconds < 0.2) return last.value;
  const current = (records - last.records) / seconds;
  const value = last.value === null || current === 0 ? current : last.value + (current - last.value) / 2;
  rates.set(key, {records, now, value});
  return value;
}
const perSecond = (r) => (r === null ? unknown : number.format(r < 10 ? Math.round(r * 10) / 10 : Math.round(r)));

function showInput(row, {partition, input, first, span}, processor, now) {
  const p = row.parts;
  for (const name of ['partition', 'state-cell', 'in_flight', 'rows']) {
    set(p[name], 'hidden', !first);
    if (first) set(p[name], 'rowSpan', span);
  }
  if (first) {
    const recovery = partition.state === 'recovering' ? partition.table?.recovery : null;
    text(p.partition, String(partition.partition));
    badge(p.state, partition.state);
    set(p.progress, 'hidden', !recovery);
    if (recovery) set(p.progress, 'value', recovery.end > 0 ? recovery.position / recovery.end : 0);
    const note = partition.last_error ?? (recovery && `${count(recovery.position)} of ${count(recovery.end)}`);
    set(p.note, 'hidden', !note);
    text(p.note, note ?? '');
    text(p.in_flight, count(partition.in_flight));
    text(p.rows, count(partition.table?.rows));
  }
  text(p.topic, input?.topic ?? unknown);
  for (const name of ['processed', 'committed', 'end', 'lag']) text(p[name], count(input?.[name]));
  const r = input ? rate(`${processor}/${partition.partition}/${input.topic}`, input.records, now) : null;
  text(p.rate, perSecond(r));
}

function showPartition(body, partition, processor, now) {
  set(body.dataset, 'state', partition.state);
  const inputs = partition.inputs.length ? partition.inputs : [null];
  const rows = inputs.map((input, i) => ({partition, input, first: i === 0, span: inputs.length}));
  each(body, rows, (row) => row.input?.topic ?? '', () => clone('input'), (row, item) => showInput(row, item, processor, now));
}

function showProcessor(card, processor, now) {
  const p = card.parts;
  const id = card.key;
  text(p.group, processor.group);
  const cut = processor.state === 'running' && !processor.connected;
  badge(p.state, cut ? 'starting' : processor.state, cut ? 'running, no broker answers' : processor.state);
  set(p.error, 'hidden', !processor.error);
  text(p.error, processor.error ?? '');
  text(p.partitions, `${count(processor.partitions_here)} of ${count(processor.partitions_total)}`);
  text(p.records, count(processor.records));
  text(p.rate, perSecond(rate(id, processor.records, now)));
  text(p.lag, processor.partitions_here ? count(processor.lag) : unknown);
  text(p.rebalances, count(processor.rebalances));
  text(p.uptime, duration(processor.uptime_seconds));
  const table = card.querySelector('table');
  set(table, 'hidden', processor.partitions.length === 0);
  set(p.none, 'hidden', processor.partitions.length > 0);
  each(table, processor.partitions, (partition) => partition.partition, () => document.createElement('tbody'),
      (body, partition) => showPartition(body, partition, id, now), 2);
  each(p.topology, processor.topology, (_, i) => i, () => document.createElement('li'), text);
}

// Looking up: what is asked for is in the address, so that it can be kept and sent to others.

const asked = {table: null, form: 'key', key: null};

function readAddress() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  asked.form = parameters.has('key64') ? 'key64' : 'key';
  asked.key = parameters.get(asked.form);
  asked.table = parameters.get('table') ?? asked.table;
  byId('key').value = asked.key ?? '';
  byId('form').value = asked.form;
  if (asked.key === null) byId('answer').hidden = true;
}

function writeAddress() {
  const parameters = new URLSearchParams({table: asked.table});
  if (asked.key !== null) parameters.set(asked.form, asked.key);
  history.replaceState(null, '', `#${parameters}`);
}

function rowPath() {
  const keys = `/api/v1/tables/${encodeURIComponent(asked.table)}/keys`;
  if (asked.form === 'key64') return `${keys}?key64=${encodeURIComponent(asked.key)}`;
  // A browser takes these two out of a path, however they are encoded.
  if (asked.key === '.') return `${keys}?key64=Lg`;
  if (asked.key === '..') return `${keys}?key64=Li4`;
  return `${keys}/${encodeURIComponent(asked.key)}`;
}

/** JSON with line breaks. By hand, as numbers above 2^53 would not survive JSON.parse. */
function pretty(json) {
  let out = '';
  let depth = 0;
  let quoted = false;
  const line = () => '\n' + '  '.repeat(depth);
  for (let i = 0; i < json.length; ++i) {
    const c = json[i];
    if (quoted) {
      out += c;
      if (c === '\\') out += json[++i] ?? '';
      quoted = c !== '"';
    } else if (c === '"') {
      quoted = true;
      out += c;
    } else if ((c === '{' || c === '[') && !/^\s*[}\]]/.test(json.slice(i + 1, i + 50))) {
      ++depth;
      out += c + line();
    } else if ((c === '}' || c === ']') && !/[{[]$/.test(out)) {
      --depth;
      out += line() + c;
    } else if (c === ',') {
      out += c + line();
    } else if (c === ':') {
      out += ': ';
    } else if (!/\s/.test(c)) {
      out += c;
    }
  }
  return out;
}

let newestLookup = 0;
async function lookUp() {
  if (asked.key === null || !asked.table) return;
  const mine = ++newestLookup;
  let facts;
  let value = '';
  try {
    const response = await fetch(rowPath());
    const body = await response.text();
    if (response.ok) {
      facts = `Partition ${response.headers.get('X-Corka-Partition')}, as of changelog offset ` +
          number.format(Number(response.headers.get('X-Corka-Offset')));
      value = pretty(body);
    } else {
      const problem = JSON.parse(body);
      facts = problem.detail[0].toUpperCase() + problem.detail.slice(1);
      if ('partition' in problem && response.status === 404) facts += ` (partition ${problem.partition})`;
    }
  } catch {
    return;  // the page says already that nothing answers
  }
  if (mine !== newestLookup || asked.key === null) return;
  set(byId('answer'), 'hidden', false);
  text(byId('answer-facts'), facts);
  set(byId('answer-value'), 'hidden', value === '');
  text(byId('answer-value'), value);
}

function showTables(names, processors) {
  set(byId('lookup'), 'hidden', names.length === 0);
  asked.table ??= names[0] ?? null;
  const rows = new Map();
  for (const {table} of processors.flatMap((p) => p.partitions)) {
    if (table) rows.set(table.topic, (rows.get(table.topic) ?? 0) + table.rows);
  }
  each(byId('tables'), names, (name) => name, (name) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(document.createElement('span'), document.createElement('small'));
    button.firstChild.textContent = name;
    button.addEventListener('click', () => {
      asked.table = name;
      writeAddress();
      byId('key').focus();
      refresh();
    });
    return button;
  }, (button, name) => {
    const pressed = String(name === asked.table);
    if (button.getAttribute('aria-pressed') !== pressed) button.setAttribute('aria-pressed', pressed);
    text(button.lastChild, rows.has(name) ? `${count(rows.get(name))} rows here` : '');
  });
}

function show(status) {
  const now = performance.now();
  const overall = byId('overall');
  if (!status.healthy) badge(overall, 'failed', 'a processor failed');
  else if (status.ready) badge(overall, 'ready');
  else badge(overall, 'starting', 'not ready yet');
  text(byId('version'), `v${status.version}`);
  set(byId('empty'), 'hidden', status.processors.length > 0);
  // By number, too: several processors of one group may run in one program.
  each(byId('processors'), status.processors, (p, i) => `${p.group} ${i}`, () => clone('processor'),
      (card, p) => showProcessor(card, p, now));
  showTables(status.tables, status.processors);
}

function online(is) {
  set(byId('offline'), 'hidden', is);
  document.querySelector('main').classList.toggle('stale', !is);
  if (is) {
    byId('last').textContent = new Date().toLocaleTimeString();
  } else {
    badge(byId('overall'), 'offline', 'no answer');
  }
}

async function askStatus() {
  try {
    const response = await fetch('/api/v1/status', {signal: AbortSignal.timeout(5000)});
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

let timer = null;
let running = false;
async function refresh() {
  if (running) return;
  running = true;
  clearTimeout(timer);
  const status = await askStatus();
  running = false;
  if (!document.hidden) timer = setTimeout(refresh, 1000);
  if (status) show(status);
  online(status !== null);
  if (status) await lookUp();
}

byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  asked.form = byId('form').value;
  asked.key = byId('key').value;
  writeAddress();
  lookUp();
});
addEventListener('hashchange', () => {
  readAddress();
  refresh();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else refresh();
});

readAddress();
refresh();
