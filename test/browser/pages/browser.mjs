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
export async function open(browser, url, { width = 1280, height = 900, theme = 'light', page = 'overview', init } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' });
  const tab = await context.newPage();
  const faults = [];
  tab.forgiving = false; // while the server is away its silence is no fault of the page's
  tab.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !(tab.forgiving && /Failed to load resource|net::ERR/.test(m.text()))) faults.push(`console: ${m.text()}`); });
  tab.on('pageerror', (e) => faults.push(`uncaught: ${e.message}`));
  tab.on('request', (r) => { if (!r.url().startsWith(url) && !r.url().startsWith('data:')) faults.push(`request to another place: ${r.url()}`); });
  if (init) await tab.addInitScript(init);
  await tab.goto(`${url}#/${page}`);
  await tab.waitForSelector('.page > *');
  return { tab, faults, close: () => context.close() };
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
