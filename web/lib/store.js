// What the pages show, as signals: a page redraws what depends on the signal that changed, and nothing else.
import { batch, computed, effect, signal } from '../vendor/preact.js';
import { getJson } from './api.js';
import { Connection } from './connection.js';
import { History, flatten, flattenColumns, sampleOfSummary } from './history.js';
import { zoomed } from './moment.js';
import { EventStream } from './stream.js';
import { token } from './token.js';

const LOG_KEPT = 2_000;

export const summary = signal(null);
/** The state of Connection, and when anything was heard last (ms). */
export const link = signal({ state: 'connecting', heard: null });
/** Grows with each point of `history`: reading it makes a component follow the history. */
export const beat = signal(0);
export const history = new History();
export const log = signal([]);
export const logDropped = signal(false);
/** The time, each second: for what gets old. */
export const now = signal(Date.now());

export const processors = computed(() => summary.value?.processors ?? []);
export const views = computed(() => summary.value?.views ?? []);

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
  history.push(sample.t, flatten(sample));
  beat.value += 1;
}

/** What is asked for of the past: what the overview's curves show, and what charts wanted since. */
const wanted = { total: new Set(['in', 'out', 'lag', 'lag_seconds', 'failed', 'callback_p99_us']), processors: new Set(['in', 'lag']), views: new Set(['in', 'lag']) };
let step = 10; // seconds: a few pixels of a curve

/** What was, in as many digits as are shown; from now on it comes each second, whole. */
async function loadHistory() {
  const columns = Object.entries(wanted).map(([of, names]) => `${of}=${[...names].join()}`).join('&');
  const past = await getJson(`/history?step=${step}&digits=4&${columns}`).catch(() => null);
  if (!past) return;
  batch(() => {
    history.load(past.t, flattenColumns(past));
    beat.value += 1;
  });
}

async function loadPast() {
  log.value = []; // a program that was started again counts anew
  await loadHistory();
  if (logWanted) loadLog();
}

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
  history.hold = zoomed.value?.from ?? null;
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
