// What the pages show, as signals: a page redraws what depends on the signal that changed, and nothing else.
import { batch, computed, effect, signal } from '../vendor/preact.js';
import { getJson } from './api.js';
import { Connection } from './connection.js';
import { History, flatten, flattenColumns, sampleOfSummary } from './history.js';
import { zoomed } from './moment.js';
import { elsewhere, scopeOf } from './scope.js';
import { EventStream } from './stream.js';
import { token } from './token.js';

const LOG_KEPT = 2_000;

export const summary = signal(null);
/** The state of Connection, and when anything was heard last (ms). */
export const link = signal({ state: 'connecting', heard: null });
/** Grows with each point of `history`: reading it makes a component follow the history. */
export const beat = signal(0);
/** What was of this instance, and of the whole group. */
const here = new History();
const everywhere = new History();
const shown = () => (wide.value ? everywhere : here);
/** What curves are drawn of: one of them, by the page's scope. */
export const history = {
  get times() { return shown().times; },
  get: (name) => shown().get(name),
  range: () => shown().range(),
  last: (name) => shown().last(name),
};
export const log = signal([]);
export const logDropped = signal(false);
/** The time, each second: for what gets old. */
export const now = signal(Date.now());

export const processors = computed(() => summary.value?.processors ?? []);
export const views = computed(() => summary.value?.views ?? []);

/** Whether the whole group is shown: where it has other instances, unless this one was chosen. */
export const wide = computed(() => scopeOf(processors.value.some(elsewhere)).wide);

/** A name for each processor that history knows it by: the second of a group is "name#2". */
export const named = computed(() => {
  const seen = new Map();
  return processors.value.map((p) => {
    const n = (seen.get(p.group) ?? 0) + 1;
    seen.set(p.group, n);
    return { ...p, name: n === 1 ? p.group : `${p.group}#${n}` };
  });
});

function append(sample) {
  here.push(sample.t, flatten(sample));
  beat.value += 1;
}

/** A summary of the whole group, which is asked for while a page shows it. */
export function appendWhole(summary) {
  // After a pause there is more to know than this moment.
  if (loading === 0 && summary.t - (everywhere.times.at(-1) ?? 0) > 15_000) loadHistory();
  everywhere.push(summary.t, flatten(sampleOfSummary(summary)));
  beat.value += 1;
}

/** What is asked for of the past: what the overview's curves show, and what charts wanted since. */
const wanted = { total: new Set(['in', 'out', 'lag', 'lag_seconds', 'failed', 'callback_p99_us']), processors: new Set(['in', 'lag']), views: new Set(['in', 'lag']) };
let step = 10; // seconds: a few pixels of a curve

let loading = 0; // answers that are on their way

/** What was, in as many digits as are shown; from now on it comes by itself. */
async function loadHistory() {
  const into = shown();
  loading += 1;
  const columns = Object.entries(wanted).map(([of, names]) => `${of}=${[...names].join()}`).join('&');
  // Seconds of all instances would be much to put together.
  const path = into === here ? `/history?step=${step}` : `/cluster/history?step=${Math.max(5, step)}`;
  const past = await getJson(`${path}&digits=4&${columns}`).catch(() => null);
  loading -= 1;
  if (!past) return;
  batch(() => {
    into.load(past.t, flattenColumns(past));
    beat.value += 1;
  });
}

const pasts = signal(0); // how often it was asked for
const known = computed(() => summary.value !== null);

function loadPast() {
  log.value = []; // a program that was started again counts anew
  pasts.value += 1;
  if (logWanted) loadLog();
}

// Of this instance or of the whole group, once it is known which of them is shown, and when that changes.
effect(() => {
  wide.value;
  if (pasts.value > 0 && known.value) loadHistory();
});

const KINDS = { t: 'total', p: 'processors', v: 'views' };

/** Columns that a chart shows: their past is asked for where it was not yet, second by second. */
export function recall(names) {
  const fresh = names.map((name) => [wanted[KINDS[name[0]]], name.slice(name.lastIndexOf('.') + 1)]).filter(([of, column]) => !of.has(column));
  if (fresh.length === 0) return;
  for (const [of, column] of fresh) of.add(column);
  step = 1;
  if (history.times.length > 0) loadHistory();
}

// A stretch that is looked at closely is wanted second by second, and kept.
effect(() => {
  here.hold = zoomed.value?.from ?? null;
  everywhere.hold = here.hold;
  if (!zoomed.value || step === 1) return;
  step = 1;
  loadHistory();
});

let logWanted = false;

/** What happened before: asked for when somebody wants to see it, and after each gap since. */
export async function loadLog() {
  logWanted = true;
  const found = await getJson('/log').catch(() => null);
  if (!found) return;
  batch(() => {
    const last = found.entries.at(-1)?.id ?? 0;
    log.value = [...found.entries, ...log.value.filter((e) => e.id > last)];
    logDropped.value = found.dropped;
  });
}

let connection;

export function connect() {
  let past = false;
  const to = {
    hello: ({ resumed }) => {
      if (resumed && past) return;
      past = true;
      loadPast();
    },
    status: (data) => batch(() => {
      summary.value = data;
      if (connection.state !== 'live') append(sampleOfSummary(data));
    }),
    sample: append,
    log: (entry) => {
      const last = log.value.at(-1)?.id ?? 0;
      if (entry.id > last) log.value = [...log.value.slice(-LOG_KEPT + 1), entry];
    },
    state: (state) => {
      link.value = { state, heard: connection.heard };
      if (state === 'polling' && !past) {
        past = true;
        loadPast();
      }
    },
  };
  connection = new Connection(to, {
    openStream: (last) => new EventStream(`/api/v1/events${last ? `?last_event_id=${encodeURIComponent(last)}` : ''}`, { token: token.value }),
    poll: () => getJson('/summary', { signal: AbortSignal.timeout(4_000) }),
    now: () => performance.now(),
    every: (ms, act) => {
      const timer = setInterval(act, ms);
      return () => clearInterval(timer);
    },
  });
  connection.start();
  setInterval(() => { now.value = Date.now(); }, 1_000);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) connection.hurry();
  });
}

/** Asks again at once: there is a token now. */
export const retry = () => connection.hurry();

/** Seconds since anything was heard. */
export const silence = computed(() => {
  now.value;
  return link.value.state === 'lost' && connection ? (performance.now() - (connection.heard ?? 0)) / 1000 : 0;
});
