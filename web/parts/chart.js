// Curves over time with axes. What is pointed at in one is told in the legends of all, and a stretch that is drawn over one is shown by all.
import { computed, effect, html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js';
import { clock } from '../lib/format.js';
import { linesOf } from '../lib/history.js';
import { nearest, pointed, whole, zoomBy, zoomed } from '../lib/moment.js';
import { route } from '../lib/route.js';
import { beat, history, recall } from '../lib/store.js';
import { Plot, load } from './plot.js';

const PX = 3; // between two points: closer ones are a smear

const page = computed(() => route.value.page);
effect(() => {
  page.value;
  whole();
});

addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && zoomed.value && !document.querySelector('dialog[open]')) whole();
});

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

/** The Plot in `box`, made anew only where its font or its curves are others. */
function usePlot(box, size, series, format) {
  const [plot, set] = useState(null);
  const tones = series.map(({ tone }) => tone || 'accent').join();
  const ready = size !== null && size.width > 0;
  useEffect(() => {
    if (!ready) return undefined;
    let made = null;
    let gone = false;
    const repaint = () => made?.repaint();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    load().then((Library) => {
      if (!Library || gone) return;
      made = new Plot(Library, box.current, { tones: tones.split(','), format, range: () => history.range(), size });
      set(made);
    });
    dark.addEventListener('change', repaint);
    addEventListener('corka-theme', repaint);
    return () => {
      gone = true;
      made?.end();
      set(null);
      dark.removeEventListener('change', repaint);
      removeEventListener('corka-theme', repaint);
    };
  }, [ready, size?.rem, tones]);
  useEffect(() => { if (size) plot?.resize(size); }, [size?.width, size?.height]);
  return plot;
}

/** `series`: [{name: a column of the history, label, tone?: 'second'}, …]; `format` of the figures. */
export function Chart({ series, format, label }) {
  beat.value; // redrawn with each point
  const box = useRef(null);
  const size = useSize(box);
  const plot = usePlot(box, size, series, format);
  const all = history.range();
  const range = zoomed.value ?? all;
  const names = series.map(({ name }) => name);
  const about = [beat.value, range.from, range.to, size?.width, names.join()];
  const lines = useMemo(() => linesOf(history, names, range, Math.max(60, (size?.width ?? 0) / PX)), about);
  const [times, ...values] = lines;
  const index = pointed.value === null ? -1 : nearest(times, pointed.value);
  const at = index < 0 ? null : times[index];
  useEffect(() => { recall(names); }, [names.join()]);
  useEffect(() => { plot?.show(lines, range); }, [plot, ...about]);
  useEffect(() => { plot?.point(); }, [plot, pointed.value]);

  const said = series.map(({ name, label: what }, i) => [name, what, format(at === null ? history.last(name) : values[i][index])]);
  const move = (by) => {
    if (plot) plot.hovered = false; // the key was pressed later than the mouse was moved
    const first = Math.max(0, nearest(times, range.from));
    const last = nearest(times, range.to);
    pointed.value = times[Math.min(last, Math.max(first, (index < 0 ? last : index) + by))] ?? null;
  };
  const acts = {
    ArrowLeft: () => move(-1), ArrowRight: () => move(1), PageUp: () => move(-10), PageDown: () => move(10), Home: () => move(-times.length), End: () => move(times.length),
    '+': () => zoomBy(0.5, at ?? (range.from + range.to) / 2, all), '-': () => zoomBy(2, at ?? (range.from + range.to) / 2, all),
  };
  acts['='] = acts['+'];
  const onKey = (e) => {
    if (!acts[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    acts[e.key]();
  };
  const when = at !== null ? `at ${clock(at)}` : zoomed.value ? `${clock(range.from)} – ${clock(range.to)}` : null;
  return html`<figure class="stack">
    <figcaption class="legend">${said.map(([name, what, text], i) => html`<span key=${name}><i class=${series[i].tone}></i>${what} <b>${text}</b></span>`)}
      ${when ? html`<span class="end tabular">${when}</span>` : null}${zoomed.value ? html`<button type="button" class=${when ? '' : 'end'} onClick=${whole}>Whole 15 minutes</button>` : null}</figcaption>
    <div class="chart" ref=${box} role="slider" tabindex="0" aria-label=${`${label}: arrows choose a moment, + and − how much time is shown`} aria-valuemin=${range.from} aria-valuemax=${range.to} aria-valuenow=${at ?? range.to}
      aria-valuetext=${at === null ? 'now' : `${clock(at)}: ${said.map(([, what, text]) => `${what} ${text}`).join(', ')}`} onKeyDown=${onKey} onBlur=${() => { pointed.value = null; }}></div></figure>`;
}
