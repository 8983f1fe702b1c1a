// What came and went, at however many instances, told as rebalances. Pure.

const PAUSE = 3_000; // what begins no later after the last ended belongs to it

/**
 * Of entries as the API gives them: newest first [{t, ms, moved, instances, kind, reason, entries}].
 * `kind`: assigned or revoked where nothing else happened, lost where a member was thrown out, else moved.
 */
export function together(entries) {
  const all = [];
  let open = null;
  for (const e of [...entries].sort((a, b) => a.t - b.t)) {
    if (!open || e.t > open.end + PAUSE) {
      open = { t: e.t, end: e.t, entries: [] };
      all.push(open);
    }
    open.end = Math.max(open.end, e.t + e.duration_ms);
    open.entries.push(e);
  }
  return all.reverse().map(summed);
}

function summed({ t, end, entries }) {
  const kinds = new Set(entries.map((e) => e.kind));
  const gained = entries.filter((e) => e.kind === 'assigned');
  const numbers = new Set((gained.length > 0 ? gained : entries).flatMap((e) => e.partitions));
  return {
    t, ms: end - t, entries, moved: numbers.size, instances: new Set(entries.map((e) => e.instance)).size,
    kind: kinds.has('lost') ? 'lost' : kinds.size > 1 ? 'moved' : [...kinds][0],
    reason: [...new Set(entries.map((e) => e.reason).filter(Boolean))].join('; ') || null,
  };
}
