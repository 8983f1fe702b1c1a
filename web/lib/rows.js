// What a table shows of its rows: which pass the filter, in which order, and which of them are in sight. Pure.

/** -1, 0, 1 in the order of people: numbers by size, text by letters and the numbers in it. */
export function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

const missing = (v) => v === null || v === undefined || v === '' || Number.isNaN(v);

/** A sorted copy; rows whose value is not known come last, whichever the direction. `sign`: 1 or -1. Stable. */
export function sorted(rows, valueOf, sign = 1) {
  return rows.map((row) => [valueOf(row), row]).sort(([a], [b]) => {
    if (missing(a) || missing(b)) return missing(a) - missing(b);
    return sign * compare(a, b);
  }).map(([, row]) => row);
}

/** Rows that have every word of `text` in one of their texts, in any case. */
export function matching(rows, text, textsOf) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const all = textsOf(row).join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** Of `total` rows of one height those in sight and `spare` more on both sides: {from, to, before, after} in rows and px. */
export function inSight({ total, height, top, view, spare = 12 }) {
  const first = Math.max(0, Math.min(Math.floor(top / height), total - Math.ceil(view / height)));
  const from = Math.max(0, first - spare);
  const to = Math.min(total, first + Math.ceil(view / height) + spare);
  return { from, to, before: from * height, after: (total - to) * height };
}
