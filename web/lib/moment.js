// Which stretch of time the charts of a page show, and which moment they point at: all of them the same.
import { signal } from '../vendor/preact.js';

const LEAST = 5_000; // ms: a narrower stretch has hardly a point

/** A time (ms) at which all charts say what was, or null: they say what is. */
export const pointed = signal(null);

/** {from, to} in ms while a stretch is looked at, which then stays where it is; null: the newest minutes. */
export const zoomed = signal(null);

/** All minutes again. */
export const whole = () => { zoomed.value = null; };

/** Looks at what is from `a` to `b`, in any order, of what `range` holds. */
export function zoomTo(a, b, range) {
  const wide = Math.max(LEAST, Math.abs(b - a));
  const from = Math.min(Math.max(Math.min(a, b), range.from), range.to - wide);
  zoomed.value = { from, to: from + wide };
}

/** `times` as much or as little time, with `at` where it is; about as much as there is ends the zoom. */
export function zoomBy(times, at, range) {
  const { from, to } = zoomed.value ?? range;
  const wide = (to - from) * times;
  if (wide > 0.95 * (range.to - range.from)) return whole();
  const begin = at - ((at - from) / (to - from)) * wide;
  return zoomTo(begin, begin + wide, range);
}

/** Index of the time nearest to `t` in `times`, which rise; -1 where there is none. */
export function nearest(times, t) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < t) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && (low === times.length || t - times[low - 1] <= times[low] - t)) return low - 1;
  return low < times.length ? low : -1;
}
