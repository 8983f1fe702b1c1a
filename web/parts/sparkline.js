// A curve without axes: what a figure was over the last quarter of an hour.
import { html } from '../vendor/preact.js';
import { beat, history } from '../lib/store.js';
import { peaks, thin } from '../lib/history.js';

const WIDTH = 200;
const HEIGHT = 32;
const PAD = 2;
const num = (v) => +v.toFixed(1);

/** Points of [time, value or null] between `from` and `to` as SVG paths. Unknown values are gaps: a line never claims what nobody knows. */
export function curve(points, { from, to }) {
  const most = points.reduce((m, [, v]) => (v !== null && v > m ? v : m), 0);
  const x = (t) => num(((Math.max(t, from) - from) / Math.max(1, to - from)) * WIDTH);
  const y = (v) => num(HEIGHT - PAD - (most > 0 ? v / most : 0) * (HEIGHT - 2 * PAD));
  let stroke = '';
  let fill = '';
  let run = [];
  const end = () => {
    if (run.length === 0) return;
    if (run.length === 1) run.push([run[0][0] + 1, run[0][1]]);
    const line = run.map(([px, py]) => `${px} ${py}`).join('L');
    stroke += `M${line}`;
    fill += `M${run[0][0]} ${HEIGHT}L${line}L${run[run.length - 1][0]} ${HEIGHT}Z`;
    run = [];
  };
  for (const [t, v] of points) {
    if (v === null) end();
    else run.push([x(t), y(v)]);
  }
  end();
  return { stroke, fill, most };
}

/** `name`: a column of the history. */
export function Sparkline({ name, class: tone = '' }) {
  beat.value; // redrawn with each point
  const { from, to } = history.range();
  const points = thin(history.times, history.get(name), 100, to - from, peaks(name));
  const { stroke, fill, most } = curve(points, { from, to });
  return html`<svg class="spark ${tone} ${most === 0 ? 'flat' : ''}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    <path class="fill" d=${fill} /><path class="stroke" d=${stroke} /></svg>`;
}
