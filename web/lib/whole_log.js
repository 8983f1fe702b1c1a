// What happened at all instances of a group, as far as it is asked for.
import { useEffect, useState } from '../vendor/preact.js';
import { useAnswer } from './use.js';

const KEPT = 2_000;
const OVERLAP = 30_000; // ms that are asked for again: clocks differ, and answers cross

/** Names an entry among those of all instances; one that was started again counts anew. */
export const keyOf = (e) => `${e.instance ?? ''} ${e.id} ${e.t}`;

/** Entries of both, each once, by time. */
export function merged(known, more) {
  const all = new Map(known.map((e) => [keyOf(e), e]));
  const before = all.size;
  for (const e of more) if (!all.has(keyOf(e))) all.set(keyOf(e), e);
  return all.size === before ? known : [...all.values()].sort((a, b) => a.t - b.t).slice(-KEPT);
}

/** From when on news is asked for; in steps, so that those who look at the same time ask for the same. */
export const sinceOf = (entries) => (entries.length === 0 ? 0 : Math.max(0, Math.floor((entries.at(-1).t - OVERLAP) / 10_000) * 10_000));

/** {entries, dropped, missing, error}; `entries` is null before the first answer. Nothing is asked for where not `wide`. */
export function useWholeLog(wide) {
  const [kept, keep] = useState({ entries: null, dropped: false, missing: [] });
  const { data, error } = useAnswer(wide ? `/cluster/log?limit=500&since=${sinceOf(kept.entries ?? [])}` : null, 2_000);
  useEffect(() => {
    if (data) keep((k) => ({ entries: merged(k.entries ?? [], data.entries), dropped: k.dropped || data.dropped, missing: data.missing }));
  }, [data]);
  return { ...kept, error };
}
