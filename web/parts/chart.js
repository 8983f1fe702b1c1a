// Curves over time with axes. What is pointed at is told in the legend.
import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { marks, moments } from '../lib/axis.js';
import { curve } from '../lib/curve.js';
import { clock } from '../lib/format.js';
import { peaks, thin } from '../lib/history.js';
import { beat, history } from '../lib/store.js';

const PX = 3; // between two points: closer ones are a smear

/** Width and height of an element in px, and what a rem is; null until it is known. */
function useSize(box) {
  const [size, set] = useState(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      set({ width: Math.floor(width), height: Math.floor(height), rem: parseFloat(getComputedStyle(document.documentElement).fontSize) });
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return size;
}

/** The point nearest to `t`. */
const nearest = (points, t) => points.reduce((best, p) => (best === null || Math.abs(p[0] - t) < Math.abs(best[0] - t) ? p : best), null);

function Plot({ size: { width, height, rem }, curves, format, at }) {
  const left = Math.round(3.5 * rem);
  const right = width - Math.round(rem);
  const top = Math.round(0.5 * rem);
  const bottom = height - Math.round(1.6 * rem);
  const { from, to } = history.range();
  const values = marks(Math.max(0, ...curves.flatMap(({ points }) => points.map(([, v]) => v ?? 0))) || 1);
  const most = values.at(-1);
  const x = (t) => left + ((t - from) / Math.max(1, to - from)) * (right - left);
  const y = (v) => bottom - (v / most) * (bottom - top);
  const { all, step } = moments(from, to, (right - left) / (5.5 * rem));
  const box = { from, to, width: right - left, height: bottom - top, top: most, pad: 0 };
  return html`
    ${values.map((v) => html`<g key=${v}><path class="grid" d="M${left} ${Math.round(y(v)) + 0.5}H${right}" /><text class="mark" x=${left - 0.5 * rem} y=${y(v)} dy=".32em" text-anchor="end">${format(v)}</text></g>`)}
    ${all.map((t) => html`<text key=${t} class="mark" x=${x(t)} y=${height - 0.4 * rem} text-anchor="middle">${clock(t).slice(0, step < 60_000 ? 8 : 5)}</text>`)}
    <g transform="translate(${left} ${top})">${curves.map(({ name, points, tone }, i) => { const { stroke, fill } = curve(points, box); return html`<g key=${name} class="curve ${tone}">${i === 0 ? html`<path class="fill" d=${fill} />` : null}<path class="stroke" d=${stroke} /></g>`; })}</g>
    ${at === null ? null : html`<g class="pointed"><path d="M${x(at)} ${top}V${bottom}" />${curves.map(({ name, points, tone }) => { const [t, v] = nearest(points, at) ?? [0, null]; return v === null ? null : html`<circle key=${name} class="curve ${tone}" cx=${x(t)} cy=${y(v)} r="3.5" />`; })}</g>`}`;
}

/** `series`: [{name: a column of the history, label, tone?: 'second'}, …]; `format` of the figures. */
export function Chart({ series, format, label }) {
  beat.value; // redrawn with each point
  const box = useRef(null);
  const size = useSize(box);
  const [at, point] = useState(null);
  const { from, to } = history.range();
  const most = Math.max(60, (size?.width ?? 0) / PX);
  const curves = series.map(({ name, tone = '' }) => ({ name, tone, points: thin(history.times, history.get(name), most, to - from, peaks(name)) }));
  const onMove = (e) => {
    const { left, width } = e.currentTarget.getBoundingClientRect();
    const inner = [left + 3.5 * size.rem, left + width - size.rem];
    const t = from + ((e.clientX - inner[0]) / (inner[1] - inner[0])) * (to - from);
    point(t >= from && t <= to ? nearest(curves[0].points, t)?.[0] ?? null : null);
  };
  const valueOf = (i) => (at === null ? history.last(series[i].name) : nearest(curves[i].points, at)?.[1] ?? null);
  return html`<figure class="stack">
    <figcaption class="legend">${series.map(({ name, label: said, tone = '' }, i) => html`<span key=${name}><i class=${tone}></i>${said} <b>${format(valueOf(i))}</b></span>`)}${at === null ? null : html`<span class="end tabular">at ${clock(at)}</span>`}</figcaption>
    <div class="chart" ref=${box}>${size && size.width > 0 ? html`<svg width=${size.width} height=${size.height} role="img" aria-label=${label} onMouseMove=${onMove} onMouseLeave=${() => point(null)}><${Plot} size=${size} curves=${curves} format=${format} at=${at} /></svg>` : null}</div></figure>`;
}
