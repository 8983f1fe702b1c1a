// A canvas with curves, by uPlot, in the page's colours; without what surrounds it.
import { clock } from '../lib/format.js';
import { pointed, whole, zoomTo } from '../lib/moment.js';

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900].map((s) => s * 1_000); // ms between marks of time

let library = null;

/** uPlot, asked for when there is a chart. A program that is away is asked again by the next chart. */
export const load = () => {
  library ??= import('../vendor/uplot.js').then((m) => m.uPlot, () => { library = null; });
  return library;
};

/** What the page's style says, for a canvas, which does not know it. */
function paintsOf(box) {
  const probe = box.appendChild(document.createElement('i'));
  const of = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const paints = Object.fromEntries(['accent', 'second', 'ink-2', 'line', 'surface'].map((name) => [name, of(name)]));
  probe.remove();
  return paints;
}

const faint = (colour) => colour.replace(/^rgb\((.*)\)$/, 'rgba($1, .08)');

/** Points that have no neighbours: there is no line to see them by. */
const alone = (values) => values.flatMap((v, i) => (v !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i] : []));

export class Plot {
  /** `tones` of the curves: 'accent' or 'second'; `range`: gives {from, to}, of all that there is. */
  constructor(Library, box, { tones, format, range, size }) {
    this.box = box;
    this.repaint();
    this.hovered = false;
    const { rem } = size;
    const font = `${Math.round(0.75 * rem)}px ${getComputedStyle(box).fontFamily}`;
    const paint = (name) => () => this.paints[name];
    const axis = { stroke: paint('ink-2'), font, ticks: { show: false }, gap: 0.5 * rem };
    const grid = { stroke: paint('line'), width: 1 };
    const curve = (tone, i) => ({
      stroke: paint(tone), width: 1.5, fill: i === 0 ? () => faint(this.paints[tone]) : undefined,
      points: { size: 4, fill: paint(tone), filter: (u, at) => alone(u.data[at]) },
    });
    this.plot = new Library({
      width: size.width, height: size.height, ms: 1, padding: [0.5 * rem, rem, 0, 0], legend: { show: false },
      scales: { y: { range: (u, least, most) => [0, (most > 0 ? most : 1) * 1.06] } },
      axes: [
        { ...axis, size: 1.6 * rem, space: 4.5 * rem, incrs: STEPS, grid: { show: false }, values: (u, all, i, space, step) => all.map((t) => clock(t).slice(0, step < 60_000 ? 8 : 5)) },
        { ...axis, size: 3.5 * rem, space: 2.2 * rem, grid, values: (u, all) => all.map(format) },
      ],
      series: [{}, ...tones.map(curve)],
      cursor: {
        y: false, drag: { x: true, y: false, setScale: false }, points: { size: 8, width: 1.5, stroke: paint('surface'), fill: (u, i) => this.paints[tones[i - 1]] },
        bind: { dblclick: () => whole },
      },
      hooks: {
        setCursor: [(u) => { if (this.hovered) pointed.value = u.cursor.left >= 0 ? u.data[0][u.cursor.idx] ?? null : null; }],
        setSelect: [(u) => {
          const { left, width } = u.select;
          if (width === 0) return;
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (width > 4) zoomTo(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'), range());
        }],
      },
    }, [[]], box);
    // Before uPlot hears of it: what it says of the cursor then comes from the mouse, and not from another chart.
    this.plot.over.addEventListener('mousemove', () => { this.hovered = true; }, true);
    this.plot.over.addEventListener('mouseleave', () => this.leave(), true);
  }

  leave() {
    if (this.hovered) pointed.value = null;
    this.hovered = false;
  }

  /** `lines`: the times, and the values of each curve; shows what is between `from` and `to`. */
  show(lines, { from, to }) {
    this.plot.batch(() => {
      this.plot.setData(lines, false);
      this.plot.setScale('x', { min: from, max: to });
    });
    this.point();
  }

  /** Points where another chart, or a key, points. */
  point() {
    if (this.hovered) return;
    const at = pointed.value === null ? -10 : this.plot.valToPos(pointed.value, 'x');
    this.plot.setCursor({ left: at >= 0 && at <= this.plot.over.clientWidth ? at : -10, top: 0 }, false);
  }

  resize(size) { this.plot.setSize(size); }

  /** The theme is another one. */
  repaint() {
    this.paints = paintsOf(this.box);
    this.plot?.redraw(false);
  }

  end() {
    this.leave();
    this.plot.destroy();
  }
}
