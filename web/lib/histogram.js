// Counts in buckets to bars. Pure.

/**
 * Bars from the first to the last bucket that has anything: [{from, to, count, share}], `share` of the fullest.
 * `bounds` are upper ones; the last bucket has none. Empty where nothing was counted.
 */
export function bars(bounds, buckets) {
  const first = buckets.findIndex((n) => n > 0);
  if (first < 0) return [];
  let last = buckets.length - 1;
  while (buckets[last] === 0) last -= 1;
  const most = Math.max(...buckets);
  const all = [];
  for (let i = first; i <= last; i += 1) {
    all.push({ from: i === 0 ? 0 : bounds[i - 1], to: bounds[i] ?? null, count: buckets[i], share: buckets[i] / most });
  }
  return all;
}
