// The real program: flights on its embedded broker, with the dashboard that it carries.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAGES, launch, open, overhang, picture, unreachable, until } from './browser.mjs';

const program = process.env.CORKA_FLIGHTS;
const folder = mkdtempSync(join(tmpdir(), 'corka-browser-'));
const token = 'browser-test-token';
let browser;
let port;
let running;

const freePort = () => new Promise((resolve) => {
  const s = createServer();
  s.listen(0, '127.0.0.1', () => {
    const { port: found } = s.address();
    s.close(() => resolve(found));
  });
});

async function start() {
  writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 });
  const flags = ['--http', `127.0.0.1:${port}`, '--state-dir', join(folder, 'state'), '--rate', '60', '--http-token-file', join(folder, 'token')];
  running = spawn(program, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const from of [running.stdout, running.stderr]) from.on('data', (d) => { said += d; });
  const url = `http://127.0.0.1:${port}/`;
  await until(async () => {
    if (running.exitCode !== null) throw new Error(`flights ended: ${said}`);
    const r = await fetch(`${url}readyz`).catch(() => null);
    return r?.status === 200;
  }, 'flights to be ready', 60_000);
  return url;
}

const stopped = (how = 'SIGTERM') => new Promise((done) => {
  running.once('exit', done);
  running.kill(how);
});

let url;
before(async () => {
  port = await freePort();
  url = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  if (running?.exitCode === null) await stopped();
  rmSync(folder, { recursive: true, force: true });
});

async function page(t, name, view = {}) {
  const opened = await open(browser, url, { page: name, ...view });
  t.after(() => opened.close());
  return opened;
}

for (const theme of ['light', 'dark']) {
  test(`flights: every page shows it, ${theme}`, async (t) => {
    const { tab, faults } = await page(t, 'overview', { theme });
    for (const name of PAGES) {
      await tab.goto(`${url}#/${name}`);
      await tab.waitForSelector(`.page[data-page="${name}"] > *`);
      await new Promise((done) => { setTimeout(done, 500); });
      await picture(tab, `flights-${name}-${theme}`);
      assert.ok(await overhang(tab) <= 0, `${name} is wider than the window`);
      assert.deepEqual(await unreachable(tab), [], name);
      assert.equal(await tab.locator('.notice[data-tone=bad]').count(), 0, `${name} shows an error: ${(await tab.locator('.notice[data-tone=bad]').allInnerTexts()).join()}`);
    }
    assert.deepEqual(faults, []);
  });
}

test('flights: figures change live', async (t) => {
  const { tab, faults } = await page(t, 'overview');
  await tab.locator('.link[data-state=live]').waitFor();
  const figure = tab.locator('[data-stat="Records in"] .figure');
  await until(async () => /^[1-9]/.test(await figure.innerText()), 'records to come in');
  const seen = new Set();
  await until(async () => seen.add(await figure.innerText()).size > 1, 'the figure to change');
  assert.equal(await tab.locator('[data-group]').count(), 2);
  assert.deepEqual(faults, []);
});

test('flights: a page that is opened late has the history', async (t) => {
  const { tab } = await page(t, 'overview');
  await until(async () => (await tab.locator('[data-stat="Records in"] .stroke').getAttribute('d') ?? '').length > 10, 'a curve');
});

test('flights: a key is looked up, and followed while it changes', async (t) => {
  const { tab, faults } = await page(t, 'tables?table=carriers-table');
  await tab.locator('input[name=key]').fill('UA');
  await tab.getByRole('button', { name: 'Look up' }).click();
  await tab.waitForSelector('.tree');
  assert.match(await tab.locator('[data-row]').innerText(), /Partition\s+\d/);
  await tab.getByLabel('Follow live').check();
  await until(async () => /Changes seen\s+[1-9]/.test(await tab.locator('[data-row]').innerText()), 'UA to fly');
  await until(async () => await tab.locator('[data-browse] tr.row').count() >= 5, 'rows to browse');
  assert.deepEqual(faults, []);
});

test('flights: the topology is its graph', async (t) => {
  const { tab } = await page(t, 'topology');
  await tab.waitForSelector('.node');
  const names = await tab.locator('.node .name').allInnerTexts();
  const all = await tab.locator('.node .name').evaluateAll((nodes) => nodes.map((n) => n.textContent));
  for (const name of ['flights', 'aircraft', 'airlines', 'planes', 'carriers', 'planes-table', 'carriers-table', 'carrier-flights', 'late-arrivals']) assert.ok(all.includes(name), `${name} in ${all} ${names}`);
});

test('flights: partitions have what the program says of them', async (t) => {
  const { tab } = await page(t, 'partitions?group=planes');
  await until(async () => await tab.locator('tr.row').count() === 4, 'four partitions');
  await tab.locator('tr.row').first().click();
  assert.match(await tab.locator('dialog').innerText(), /Input flights[\s\S]*Table planes-table[\s\S]*Join aircraft/);
});

test('flights: after a restart the page is live again by itself', async (t) => {
  const { tab, faults } = await page(t, 'overview');
  await tab.locator('.link[data-state=live]').waitFor();
  tab.forgiving = true;
  await stopped('SIGKILL');
  await tab.locator('.old').waitFor();
  await start();
  await tab.locator('.link[data-state=live]').waitFor({ timeout: 30_000 });
  assert.equal(await tab.locator('.old').count(), 0);
  assert.deepEqual(faults, []);
});

test('flights: the first view is small', async (t) => {
  const { tab, close } = await open(browser, url, {});
  t.after(close);
  const sizes = await tab.evaluate(() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).filter((e) => !e.name.includes('/api/')).map((e) => [e.name, e.transferSize]));
  const sum = sizes.reduce((n, [, size]) => n + size, 0);
  t.diagnostic(`first view: ${sum} bytes in ${sizes.length} files`);
  assert.ok(sum <= 100 * 1024, sizes.sort((a, b) => b[1] - a[1]).map((s) => s.join(' ')).join('\n'));
});
