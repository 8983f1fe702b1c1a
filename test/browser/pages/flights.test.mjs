// The real program: flights on its embedded broker, with the dashboard that it carries.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { PAGES, drawer, inked, launch, open, overhang, picture, transferred, unreachable, until } from './browser.mjs';
import { Program } from './program.mjs';

let browser;
let program;
let url;
before(async () => {
  program = await Program.make('--rate', '60');
  await program.start();
  url = program.url;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await program.end();
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
  const records = tab.locator('[data-stat="Records in"]');
  await until(async () => /^[1-9]/.test(await records.locator('.figure').innerText()), 'records to come in');
  // A rate may well stay what it is; its curve goes on, and offsets rise.
  const curves = new Set();
  await until(async () => curves.add(await records.locator('.stroke').getAttribute('d')).size > 2, 'the curve to go on');
  assert.equal(await tab.locator('[data-group]').count(), 2);
  const { tab: partitions } = await page(t, 'partitions?group=planes');
  const rows = new Set();
  await partitions.locator('tr.row').first().waitFor();
  await until(async () => rows.add(await partitions.locator('tr.row').first().innerText()).size > 2, 'offsets to rise');
  assert.deepEqual(faults, []);
});

test('flights: charts are drawn, and say what was at a moment that is pointed at', async (t) => {
  const { tab, faults } = await page(t, 'overview');
  const chart = tab.locator('.chart').first();
  await until(async () => (await inked(chart, '--accent')).size > 20, 'a curve');
  await chart.focus();
  await tab.keyboard.press('ArrowLeft');
  await until(async () => await tab.locator('.legend', { hasText: /at \d\d:\d\d:\d\d/ }).count() === 2, 'both charts to say when');
  await tab.keyboard.press('+');
  await tab.getByRole('button', { name: 'Whole 15 minutes' }).first().waitFor();
  assert.deepEqual(await unreachable(tab), []);
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
  assert.deepEqual(faults, []);
});

test('flights: rows are browsed by prefix, page by page, and opened', async (t) => {
  const { tab, faults } = await page(t, 'tables?table=planes-table');
  const browse = tab.locator('[data-browse]');
  const first = () => browse.locator('tr.row').first().innerText();
  await until(async () => await browse.locator('tr.row').count() >= 5, 'rows');
  await browse.locator('input[name=prefix]').fill('N1');
  await browse.getByRole('button', { name: 'Show' }).click();
  await until(async () => (await first()).startsWith('N1'), 'those that begin so');
  await browse.getByLabel('Order').selectOption('desc');
  await browse.locator('input[name=prefix]').fill('');
  await browse.getByRole('button', { name: 'Show' }).click();
  await until(async () => !(await first()).startsWith('N1'), 'the last ones');
  await browse.locator('tr.row').first().click();
  const drawer = tab.locator('dialog[open]');
  await drawer.locator('.tree').waitFor();
  assert.match(await drawer.innerText(), /flights: \d+/);
  await drawer.getByRole('button', { name: 'Bytes' }).click();
  assert.match(await drawer.locator('pre.dump').innerText(), /^000000 {2}7b/);
  assert.deepEqual(faults, []);
});

test('flights: an absent key is said to be absent', async (t) => {
  const { tab } = await page(t, 'tables?table=planes-table&key=nobody');
  tab.forgiving = true;
  await tab.getByText('There is no such row').waitFor();
});

test('flights: one instance has everything, and how it got it', async (t) => {
  const { tab, faults } = await page(t, 'instances?group=planes');
  await tab.locator('[data-assignment] tr.row').waitFor();
  assert.match(await tab.locator('[data-stat="Instances"]').innerText(), /\n1\n/);
  assert.match(await tab.locator('[data-stat="Partitions"]').innerText(), /\n4\n/);
  assert.match(await tab.locator('[data-assignment] .barcode').getAttribute('aria-label'), /^0–3$/);
  assert.match(await tab.locator('[data-rebalances] tr.row').first().innerText(), /assigned/);
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
  await tab.locator('dialog[open]').getByText('Join aircraft').waitFor(); // the drawer asks the program for it
  assert.match(await drawer(tab), /Input flights[\s\S]*Table planes-table[\s\S]*Join aircraft/);
});

test('flights: with --http-token-for all nothing is shown without the token, and everything with it', async (t) => {
  const locked = await Program.make('--rate', '60', '--http-token-for', 'all');
  t.after(() => locked.end());
  await locked.start();
  const context = await browser.newContext();
  t.after(() => context.close());
  const tab = await context.newPage();
  await tab.goto(locked.url);
  const dialog = tab.locator('dialog.asks');
  await dialog.waitFor();
  assert.equal(await tab.locator('.stats').count(), 0);
  await dialog.locator('input').fill('wrong');
  await tab.keyboard.press('Enter');
  await dialog.locator('.notice[data-tone=bad]').waitFor();
  await dialog.locator('input').fill(locked.token);
  await tab.keyboard.press('Enter');
  await tab.locator('.link[data-state=live]').waitFor();
  for (const name of PAGES) {
    await tab.goto(`${locked.url}#/${name}`);
    await tab.waitForSelector(`.page[data-page="${name}"] > *`);
    await new Promise((done) => { setTimeout(done, 300); });
    assert.equal(await tab.locator('.notice[data-tone=bad], dialog.asks').count(), 0, name);
  }
  await tab.goto(`${locked.url}#/tables?table=carriers-table&key=UA`);
  await tab.getByLabel('Follow live').check();
  await until(async () => /Changes seen\s+[1-9]/.test(await tab.locator('[data-row]').innerText()), 'UA to fly');
});

test('flights: after a restart the page is live again by itself', async (t) => {
  const { tab, faults } = await page(t, 'overview');
  await tab.locator('.link[data-state=live]').waitFor();
  tab.forgiving = true;
  await program.stop('SIGKILL');
  await tab.locator('.old').waitFor();
  await program.start();
  await tab.locator('.link[data-state=live]').waitFor({ timeout: 30_000 });
  assert.equal(await tab.locator('.old').count(), 0);
  assert.deepEqual(faults, []);
});

test('flights: the first view is at most 100,000 bytes, fields and answers of the API included', async (t) => {
  const context = await browser.newContext();
  t.after(() => context.close());
  const tab = await context.newPage();
  const all = await transferred(tab, async () => {
    await tab.goto(url);
    await tab.locator('.chart canvas').first().waitFor();
    await tab.locator('.link[data-state=live]').waitFor();
  });
  const sum = all.reduce((n, [size]) => n + size, 0);
  t.diagnostic(`first view: ${sum} bytes in ${all.length} answers`);
  for (const part of ['/api/v1/history', '/vendor/uplot.js']) assert.ok(all.some(([, name]) => name.includes(part)), `${part} belongs to it`);
  assert.ok(sum <= 100_000, all.map((s) => s.join(' ')).join('\n'));
});
