// A curve without axes: what a figure was over the last quarter of an hour.
import { html } from '../vendor/preact.js';
import { beat, history } from '../lib/store.js';
import { peaks, thin } from '../lib/history.js';
import { curve } from '../lib/curve.js';

const WIDTH = 200;
const HEIGHT = 32;

/** `name`: a column of the history. */
export function Sparkline({ name, class: tone = '' }) {
  beat.value; // redrawn with each point
  const { from, to } = history.range();
  const points = thin(history.times, history.get(name), 100, to - from, peaks(name));
  const { stroke, fill, most } = curve(points, { from, to, width: WIDTH, height: HEIGHT });
  return html`<svg class="spark ${tone} ${most === 0 ? 'flat' : ''}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    <path class="fill" d=${fill} /><path class="stroke" d=${stroke} /></svg>`;
}
