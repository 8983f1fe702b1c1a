// Where the marks of an axis stand. Pure.

/** Round values from 0 to the first one that is not below `most`, about `about` of them: [0, 20, 40, 60]. */
export function marks(most, about = 3) {
  const raw = Math.max(most, 1e-9) / about;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((n) => n * unit >= raw * 0.999999) * unit;
  const count = Math.max(1, Math.ceil(most / step - 1e-6));
  return Array.from({ length: count + 1 }, (_, i) => +(i * step).toPrecision(12));
}

const SECOND = 1_000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900].map((s) => s * SECOND);

/** Round times (ms) within a span, at most `most` of them; and how far they are apart. */
export function moments(from, to, most) {
  const step = STEPS.find((s) => (to - from) / s < most) ?? STEPS.at(-1);
  const all = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) all.push(t);
  return { all, step };
}
