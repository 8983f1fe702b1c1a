// Two instances of flights on a real Kafka: either's dashboard shows both.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawer, launch, open, picture, unreachable, until } from './browser.mjs';
import { Program } from './program.mjs';

const server = fileURLToPath(new URL('../../support/kafka_server', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'corka-browser-kafka-'));
let browser;
let one;
let other;

async function instance(name, brokers, ...more) {
  const made = await Program.make('--brokers', brokers, '--instance', name, '--rate', '60', '--partitions', '12', ...more);
  made.flags.push('--advertise', `127.0.0.1:${made.port}`);
  await made.start();
  return made;
}

before(async () => {
  const { status, stdout, stderr } = spawnSync(server, ['start', join(folder, 'kafka'), '--owner', String(process.pid)], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const [brokers] = stdout.split(' ');
  one = await instance('one', brokers);
  other = await instance('other', brokers, '--only', 'planes,carriers');
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await other?.end();
  await one?.end();
  spawnSync(server, ['kill', join(folder, 'kafka')]);
  rmSync(folder, { recursive: true, force: true });
});

const held = (program) => async () => {
  const { groups } = await (await fetch(`${program.url}api/v1/cluster/instances?group=planes`)).json();
  return groups[0].members.map((m) => m.holds.length).sort();
};

test('kafka: both instances, their partitions and how they got them, at either', async (t) => {
  for (const at of [one, other]) {
    await until(async () => (await held(at)()).join() === '6,6', 'six partitions each', 60_000);
    const { tab, faults, close } = await open(browser, at.url, { page: 'instances?group=planes' });
    t.after(close);
    await until(async () => await tab.locator('[data-assignment] tr.row').count() === 2, 'both');
    const rows = await tab.locator('[data-assignment] tr.row').allInnerTexts();
    for (const p of [one, other]) assert.ok(rows.some((r) => r.startsWith(`127.0.0.1:${p.port}`) && r.includes('this one') === (p === at)), rows.join());
    const codes = await tab.locator('[data-assignment] .barcode').evaluateAll((all) => all.map((b) => b.getAttribute('aria-label')));
    assert.notEqual(codes[0], codes[1]);
    await tab.locator('[data-rebalances] tr.row').first().click();
    assert.match(await drawer(tab), /Because\s+.*joined[\s\S]*127\.0\.0\.1:\d+\s+What\s+(assigned|revoked)/);
    await tab.keyboard.press('Escape');
    await picture(tab, 'kafka-instances');
    assert.deepEqual(await unreachable(tab), []);
    assert.deepEqual(faults, []);
  }
});

test('kafka: partitions, topology and recovery are the whole group’s, and a key of the other instance is looked up here', async (t) => {
  const { tab, faults, close } = await open(browser, one.url, { page: 'partitions?group=planes' });
  t.after(close);
  await tab.locator('[role=status]', { hasText: '12 rows' }).waitFor();
  await tab.getByRole('button', { name: 'This instance' }).click();
  await tab.locator('[role=status]', { hasText: '6 rows' }).waitFor();
  await tab.goto(`${one.url}#/topology`);
  await tab.getByRole('button', { name: 'Whole group' }).waitFor();
  await tab.locator('.node[data-id="group:planes"]').waitFor();
  const keys = (await (await fetch(`${one.url}api/v1/tables/planes-table/keys?limit=50`)).json()).rows.map((r) => r.key);
  const owner = async (key) => (await fetch(`${one.url}api/v1/tables/planes-table/keys/${key}`)).headers.get('X-Corka-Instance');
  let far;
  for (const key of keys) if ((await owner(key))?.includes(String(other.port))) far = far ?? key;
  assert.ok(far, 'a row that the other instance has');
  await tab.goto(`${one.url}#/tables?table=planes-table&key=${far}`);
  await tab.locator('[data-row] .tree').waitFor();
  assert.match(await tab.locator('[data-row]').innerText(), new RegExp(`Owner\\s+127\\.0\\.0\\.1:${other.port}`));
  assert.deepEqual(faults, []);
});

test('kafka: an instance that is killed is named; then the other has everything, and the page says so', async (t) => {
  const { tab, close } = await open(browser, one.url, { page: 'instances?group=planes' });
  t.after(close);
  tab.forgiving = true;
  await until(async () => await tab.locator('[data-assignment] tr.row').count() === 2, 'both');
  await other.stop('SIGKILL');
  await tab.locator('.notice', { hasText: `Nothing was heard of 127.0.0.1:${other.port}` }).waitFor({ timeout: 30_000 });
  await picture(tab, 'kafka-killed');
  await until(async () => await tab.locator('[data-assignment] tr.row').count() === 1, 'one', 60_000);
  assert.equal(await tab.locator('[data-assignment] .barcode').getAttribute('aria-label'), '0–11');
  assert.equal(await tab.locator('.notice').count(), 0);
});
