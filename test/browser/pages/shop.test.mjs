// Dead letters, replays, visits and actions of a real program (shop/main.cpp).
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { drawer, launch, open, picture, unreachable, until } from './browser.mjs';
import { Program } from './program.mjs';

let browser;
let program;
before(async () => {
  program = await Program.make();
  await program.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await program.end();
});

async function page(t, name) {
  const opened = await open(browser, program.url, { page: name });
  opened.tab.forgiving = true; // Chromium notes what is refused
  t.after(() => opened.close());
  return opened;
}

const accounts = async () => (await fetch(`${program.url}api/v1/tables/shop-table/keys?prefix=x&limit=100`)).json();
const account = async (key) => (await fetch(`${program.url}api/v1/tables/shop-table/keys/${key}`)).json();

async function useToken(tab, token) {
  await tab.locator('input[name=token]').fill(token);
  await tab.getByRole('button', { name: 'Use it' }).click();
}

/** The newest run of an action. */
const run = (tab, action) => tab.locator('.run', { hasText: action }).first();

test('shop: its graph has a join, a lookup, a loop, a table with a view, and dead letters', async (t) => {
  const { tab, faults } = await page(t, 'topology');
  await tab.locator('.node[data-id="topic:shop-dead"]').waitFor();
  const edges = await tab.locator('.edge').evaluateAll((all) => [...new Set(all.map((e) => e.dataset.kind))].sort());
  assert.deepEqual(edges, ['dead_letters', 'input', 'join', 'lookup', 'loop_in', 'loop_out', 'output', 'table', 'view']);
  await until(async () => (await tab.locator('.edge[data-busy="true"]').count()) >= 3, 'records on the edges');
  await picture(tab, 'shop-topology');
  await tab.locator('.node[data-id="topic:shop-dead"]').click();
  await tab.getByText('What was put aside').click();
  await tab.locator('tr.row').first().waitFor();
  assert.deepEqual(faults, []);
});

test('shop: a wrong token is said to be wrong, and nothing happens', async (t) => {
  const { tab } = await page(t, 'actions');
  await useToken(tab, 'wrong');
  await tab.locator('[data-action="user:mend"]').getByRole('button', { name: 'Start' }).click();
  await tab.locator('.toast[data-tone=bad]').waitFor();
  assert.equal((await (await fetch(`${program.url}api/v1/actions`)).json()).runs.length, 0);
});

test('shop: a visit takes its input, and changes every row', async (t) => {
  const { tab, faults } = await page(t, 'actions');
  await useToken(tab, program.token);
  const give = tab.locator('[data-action="visit:shop:give"]');
  await give.locator('textarea').fill('12x');
  await give.getByText('This is no JSON yet.').waitFor();
  assert.ok(await give.getByRole('button', { name: 'Start' }).isDisabled());
  const before = (await account('customer3')).points;
  await give.locator('textarea').fill('1000');
  await give.getByRole('button', { name: 'Start' }).click();
  await run(tab, 'visit:shop:give').locator('.badge', { hasText: 'completed' }).waitFor();
  await until(async () => (await account('customer3')).points >= before + 1000, 'the points to be there');
  await give.locator('textarea').fill('"many"');
  await give.getByRole('button', { name: 'Start' }).click();
  await until(async () => await tab.locator('.toast[data-tone=bad]').count() > 0 || await run(tab, 'visit:shop:give').locator('.badge', { hasText: 'failed' }).count() > 0, 'what is no number to be refused');
  assert.deepEqual(faults, []);
});

test('shop: an action shows how far it is, and is stopped', async (t) => {
  const { tab, faults } = await page(t, 'actions');
  await useToken(tab, program.token);
  await tab.locator('[data-action="user:wait"]').getByRole('button', { name: 'Start' }).click();
  const waiting = run(tab, 'user:wait');
  await waiting.locator('.badge', { hasText: 'running' }).waitFor();
  await until(async () => /[1-9]\d* done, about 1,000 more/.test(await waiting.innerText()), 'progress');
  await picture(tab, 'shop-actions');
  assert.deepEqual(await unreachable(tab), []);
  await waiting.getByRole('button', { name: 'Stop' }).click();
  await until(async () => /cancelled|completed/.test(await waiting.innerText()), 'the run to end');
  assert.deepEqual(faults, []);
});

test('shop: what was put aside is listed, looked into, and sent back once its cause is mended', async (t) => {
  const { tab, faults } = await page(t, 'letters');
  await tab.locator('tr.row').first().waitFor();
  await picture(tab, 'shop-letters');
  assert.deepEqual(await unreachable(tab), []);
  await tab.locator('tr.row').first().click();
  const letter = await drawer(tab);
  assert.match(letter, /nobody knows the customer/);
  assert.match(letter, /From\s+orders\/\d@\d+/);
  await tab.keyboard.press('Escape');
  await tab.getByRole('button', { name: 'Older' }).click();
  await tab.getByText('page 2, 5 records').waitFor();
  assert.equal((await accounts()).rows.length, 0);

  await useToken(tab, program.token);
  await tab.goto(`${program.url}#/actions`);
  await tab.locator('[data-action="user:mend"]').getByRole('button', { name: 'Start' }).click();
  await tab.getByText('customers are known now').waitFor();
  await tab.goto(`${program.url}#/letters`);
  await tab.getByRole('button', { name: 'Replay' }).click();
  await until(async () => (await accounts()).rows.length === 25, 'the orders that were put aside');
  await tab.goto(`${program.url}#/actions`);
  await run(tab, 'replay:shop-dead').locator('.badge', { hasText: 'completed' }).waitFor();
  assert.match(await run(tab, 'replay:shop-dead').innerText(), /25 done/);
  assert.deepEqual(faults, []);
});

test('shop: events tell what failed', async (t) => {
  const { tab, faults } = await page(t, 'events');
  await tab.getByPlaceholder('Filter').fill('nobody knows');
  await until(async () => await tab.locator('tr.row').count() > 0, 'the failures');
  await tab.locator('tr.row').first().click();
  assert.match(await drawer(tab), /nobody knows the customer/);
  assert.deepEqual(faults, []);
});
