// Curves over time with axes, by uPlot, which is loaded when the first one is shown.
import { html, useEffect, useRef } from '../vendor/preact.js';
import { clock } from '../lib/format.js';
import { peaks, thin } from '../lib/history.js';
import { beat, history } from '../lib/store.js';

const PX = 3; // between two points: closer ones are a smear

let loading;
const load = () => {
  loading ??= import('../vendor/uplot.js').then((m) => {
    const sheet = document.createElement('link');
    sheet.rel = 'stylesheet';
    sheet.href = '/assets/vendor/uplot.css';
    document.head.append(sheet);
    return m.default;
  });
  return loading;
};

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A custom property's colour, as this theme has it: light-dark() is resolved by the browser. */
function colour(name) {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const faded = (c, by) => c.replace(/rgba?\(([^)]+)\)/, (_, inner) => `rgb(${inner.split(/[,/]/).slice(0, 3).map((x) => x.trim()).join(' ')} / ${by})`);

function options(series, format, width, height) {
  const line = colour('--line');
  const ink = colour('--ink-2');
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const font = `${Math.round(12 * scale)}px ${token('--sans')}`;
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, border: { show: false } };
  return {
    width, height, padding: [8, 18 * scale, 0, 0], legend: { show: false }, cursor: { points: { size: 7 }, y: false, drag: { x: false, y: false } },
    scales: { x: { time: true, range: () => [history.range().from / 1000, history.range().to / 1000] }, y: { range: (u, min, max) => [0, Math.max(max ?? 0, 1) * 1.08] } },
    axes: [
      { ...axis, grid: { show: false }, size: 28 * scale, gap: 6, space: 90 * scale, values: (u, all, axis, space, step) => all.map((v) => clock(v * 1000).slice(0, step < 60 ? 8 : 5)) },
      { ...axis, size: 52 * scale, gap: 6, space: 36 * scale, values: (u, all) => all.map((v) => format(v)) },
    ],
    series: [{}, ...series.map(({ color }, i) => {
      const c = colour(color);
      return { stroke: c, fill: i === 0 ? faded(c, 0.08) : undefined, width: 1.5, points: { show: false }, spanGaps: false };
    })],
  };
}

/** `series`: [{name: a column of the history, label, color: '--accent'}, …]; `format` of the figures. */
export function Chart({ series, format, label }) {
  const box = useRef(null);
  const plot = useRef(null);
  const data = () => {
    const { from, to } = history.range();
    const most = Math.max(60, (plot.current?.width ?? box.current.clientWidth) / PX);
    const curves = series.map(({ name }) => thin(history.times, history.get(name), most, to - from, peaks(name)));
    return [curves[0].map(([t]) => t / 1000), ...curves.map((points) => points.map(([, v]) => v))];
  };

  useEffect(() => {
    let gone = false;
    let observer;
    const draw = (uPlot) => {
      if (gone || !box.current) return;
      plot.current?.destroy();
      const { width, height } = box.current.getBoundingClientRect();
      plot.current = new uPlot(options(series, format, Math.floor(width), Math.floor(height)), data(), box.current);
    };
    const again = () => load().then(draw);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    load().then((uPlot) => {
      draw(uPlot);
      if (gone) return;
      observer = new ResizeObserver(([entry]) => {
        const { width, height } = entry.contentRect;
        if (plot.current && (Math.floor(width) !== plot.current.width || Math.floor(height) !== plot.current.height)) plot.current.setSize({ width: Math.floor(width), height: Math.floor(height) });
      });
      observer.observe(box.current);
    });
    dark.addEventListener('change', again);
    addEventListener('corka-theme', again);
    return () => {
      gone = true;
      observer?.disconnect();
      dark.removeEventListener('change', again);
      removeEventListener('corka-theme', again);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [series.map((s) => s.name).join()]);

  const point = beat.value;
  useEffect(() => { plot.current?.setData(data()); }, [point]);

  return html`<figure class="stack">
    <figcaption class="legend">${series.map(({ name, label: said, color }) => html`<span key=${name}><i class=${color === '--second' ? 'second' : ''}></i>${said} <b>${format(history.last(name))}</b></span>`)}</figcaption>
    <div class="chart" ref=${box} role="img" aria-label=${label}></div></figure>`;
}
