// A Chromium that notes what a page must not do, and asks axe about what it shows.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.CORKA_BROWSER_DIR;
const require = createRequire(join(folder, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const PAGES = ['overview', 'topology', 'partitions', 'recovery', 'latency', 'tables', 'letters', 'instances', 'events', 'actions', 'config'];

export const launch = () => chromium.launch({ executablePath: process.env.CORKA_CHROMIUM, args: ['--no-sandbox', '--force-color-profile=srgb'] });

/** A page of `browser` on `url`, with `faults`: errors, and requests to other hosts, since it was opened. */
export async function open(browser, url, { width = 1280, height = 900, theme = 'light', page = 'overview', scale = 1, init } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale, colorScheme: theme, reducedMotion: 'reduce' });
  const tab = await context.newPage();
  const faults = [];
  tab.forgiving = false; // while the server is away its silence is no fault of the page's
  tab.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !(tab.forgiving && /Failed to load resource|net::ERR/.test(m.text()))) faults.push(`console: ${m.text()}`); });
  tab.on('pageerror', (e) => faults.push(`uncaught: ${e.message}`));
  tab.on('request', (r) => { if (!r.url().startsWith(url) && !r.url().startsWith('data:')) faults.push(`request to another place: ${r.url()}`); });
  await tab.addInitScript(watchJumps);
  if (init) await tab.addInitScript(init);
  await tab.goto(`${url}#/${page}`);
  await tab.waitForSelector('.page > *');
  return { tab, faults, close: () => context.close() };
}

/** In the page: keeps what moved by itself, as the browser saw it. */
function watchJumps() {
  globalThis.jumps = [];
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) {
      if (!e.hadRecentInput) globalThis.jumps.push({ by: e.value, what: e.sources.map((s) => `${s.node?.nodeName} ${s.node?.className?.baseVal ?? s.node?.className ?? ''}`) });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** What moved so far, and by how much in all (cumulative layout shift). */
export async function jumps(tab) {
  const list = await tab.evaluate(() => globalThis.jumps);
  return { sum: list.reduce((n, j) => n + j.by, 0), list };
}

/** Goes through the page by the tabulator: what can be used and was not reached, and what has no mark while it has the focus. */
export async function tabStops(tab) {
  const wanted = await tab.evaluate(() => {
    const usable = 'a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary, [tabindex="0"]';
    const seen = [...document.querySelectorAll(usable)].filter((e) => e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true }));
    seen.forEach((e, i) => { e.dataset.stop = i; });
    return seen.length;
  });
  const reached = new Set();
  const unmarked = [];
  await tab.evaluate(() => { document.activeElement?.blur(); });
  for (let i = 0; i < wanted + 20 && reached.size < wanted; i += 1) {
    await tab.keyboard.press('Tab');
    const at = await tab.evaluate(() => {
      const e = document.activeElement;
      const style = getComputedStyle(e.matches('g') ? e.querySelector('rect') : e);
      return { stop: e.dataset.stop, marked: style.outlineStyle !== 'none' || parseFloat(style.strokeWidth) >= 3, what: e.outerHTML.slice(0, 120) };
    });
    if (at.stop !== undefined) reached.add(at.stop);
    if (at.stop !== undefined && !at.marked) unmarked.push(at.what);
  }
  const missed = await tab.evaluate((got) => [...document.querySelectorAll('[data-stop]')].filter((e) => !got.includes(e.dataset.stop)).map((e) => e.outerHTML.slice(0, 120)), [...reached]);
  return { wanted, missed, unmarked };
}

/** What comes over the network, fields included, while a fresh tab does `what`: [[bytes, address], …], the largest first. */
export async function transferred(tab, what) {
  const session = await tab.context().newCDPSession(tab);
  await session.send('Network.enable');
  const names = new Map();
  const sizes = new Map();
  session.on('Network.requestWillBeSent', ({ requestId, request }) => names.set(requestId, request.url));
  session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => sizes.set(requestId, (sizes.get(requestId) ?? 0) + encodedDataLength));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
  await what();
  // The stream never ends; all else does.
  await until(() => [...names.keys()].every((id) => sizes.has(id)), 'everything to have come');
  return [...sizes].map(([id, size]) => [size, names.get(id)]).sort((a, b) => b[0] - a[0]);
}

/** The columns of a chart's canvas, in parts of its width, that have pixels of the colour that the page calls `name`. */
export async function inked(chart, name) {
  const { width, columns } = await chart.evaluate((box, wanted) => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(${wanted})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
    probe.remove();
    const canvas = box.querySelector('canvas');
    if (!canvas) return { width: 1, columns: [] };
    // From a copy: reading would change how the browser keeps the page's own.
    const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height }).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 40 && data[i + 3] > 200) found.add((i / 4) % canvas.width);
    return { width: canvas.width, columns: [...found] };
  }, name);
  return new Set(columns.map((x) => x / width));
}

/** Serious and critical findings of axe, each in a line. */
export async function unreachable(tab) {
  // The policy of the page forbids scripts from elsewhere: axe comes by the debugger, not by the page.
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
}

/** How far the page is wider than the window, px. */
export const overhang = (tab) => tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export const picture = (tab, name) => tab.screenshot({ path: join(folder, 'pictures', `${name}.png`) });

/** What the drawer says, once it is seen: before, its text has no lines. */
export const drawer = (tab) => tab.locator('dialog[open]').innerText();

/** Waits until `look` gives something true; gives it. */
export async function until(look, what, patience = 20_000) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`in vain waited for ${what}`);
    await new Promise((done) => { setTimeout(done, 100); });
  }
}
