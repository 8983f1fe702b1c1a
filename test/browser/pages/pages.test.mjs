// Every page in every state, size and theme, of made-up programs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { serve } from '../stand_in/server.mjs';
import { PAGES, drawer, jumps, launch, open, overhang, picture, tabStops, transferred, unreachable, until } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function visit(t, options, pages, view) {
  const server = await serve(options);
  const { tab, faults, close } = await open(browser, server.url, view);
  t.after(async () => {
    await close();
    await server.close();
  });
  for (const page of pages) {
    await tab.goto(`${server.url}#/${page}`);
    await tab.waitForSelector(`.page[data-page="${page}"] > *`);
    await new Promise((done) => { setTimeout(done, 300); }); // answers and fonts
    await picture(tab, `${page}-${options.scene ?? 'running'}-${options.groups ? `${options.groups}-groups` : options.partitions ?? 4}-${view.width}-${view.theme}`);
    assert.ok(await overhang(tab) <= 0, `${page} is wider than the window`);
    const found = await unreachable(tab);
    assert.deepEqual(found, [], page);
  }
  assert.deepEqual(faults, []);
}

for (const [theme, width, partitions, instances] of [
  ['light', 1440, 1, 1], ['dark', 1440, 100, 3], ['light', 1440, 1000, 50], ['dark', 360, 4, 1], ['light', 360, 1000, 50], ['dark', 3840, 1000, 50], ['light', 3840, 100, 3],
]) {
  test(`pages: ${partitions} partitions, ${instances} instances, ${width} px, ${theme}: all are shown, fit, can be reached`, (t) => visit(t, { partitions, instances }, PAGES, { width, theme, height: width > 3000 ? 2160 : 900 }));
}
for (const scene of ['empty', 'failing', 'recovering', 'gone']) {
  test(`pages: ${scene}: all that look different then are shown, fit, can be reached`, (t) => visit(t, { scene }, PAGES, { width: 1280, theme: scene === 'gone' ? 'dark' : 'light' }));
}

test('pages: fifty groups fit and can be reached', (t) => visit(t, { groups: 50 }, ['overview', 'topology', 'partitions'], { width: 1280, theme: 'light' }));

test('pages: what is not there yet is waited for, what does not come is said, and what was there is said to be old', async (t) => {
  const server = await serve({});
  t.after(() => server.close());
  server.program.slow = 3_000;
  const { tab, faults, close } = await open(browser, server.url, { page: 'partitions' });
  t.after(close);
  await tab.getByText('Asking the program …').waitFor();
  await picture(tab, 'loading');
  server.program.slow = 0;
  await tab.locator('tr.row').first().waitFor();
  tab.forgiving = true;
  server.program.broken = true;
  await tab.locator('.old', { hasText: 'What this page shows is old' }).waitFor();
  assert.ok(await tab.locator('tr.row').count() > 0);
  await picture(tab, 'old');
  server.program.broken = false;
  await until(async () => await tab.locator('.old').count() === 0, 'the page to be new again');
  assert.deepEqual(faults, []);
});

for (const page of PAGES) {
  test(`pages: ${page}: keys alone reach everything on it that can be used, and one sees where they are`, async (t) => {
    const { tab } = await one(t, { partitions: 12, instances: 3 }, { page });
    await new Promise((done) => { setTimeout(done, 500); });
    const { wanted, missed, unmarked } = await tabStops(tab);
    assert.ok(wanted > 12, `${wanted}`);
    assert.deepEqual(missed, []);
    assert.deepEqual(unmarked, []);
  });
}

for (const page of PAGES) {
  test(`pages: ${page}: nothing moves while figures change`, async (t) => {
    const { tab } = await one(t, { partitions: 100 }, { page });
    await new Promise((done) => { setTimeout(done, 1500); });
    const before = await jumps(tab);
    await new Promise((done) => { setTimeout(done, 4000); });
    const after = await jumps(tab);
    assert.ok(before.sum < 0.1, `while it was loaded: ${JSON.stringify(before)}`);
    // A figure that is centred moves by half a digit.
    assert.ok(after.sum - before.sum < 0.001, JSON.stringify(after.list.slice(before.list.length)));
  });
}

async function one(t, options, view) {
  const server = await serve(options);
  const opened = await open(browser, server.url, view);
  t.after(async () => {
    await opened.close();
    await server.close();
  });
  return { server, ...opened };
}

test('partitions: of a thousand few are drawn, and all can be reached by keys', async (t) => {
  const { tab, faults } = await one(t, { partitions: 1000 }, { page: 'partitions' });
  await tab.waitForSelector('tr.row');
  assert.ok(await tab.locator('tr.row').count() < 60);
  await tab.locator('tr.row').first().focus();
  await tab.keyboard.press('End');
  await until(() => tab.evaluate(() => document.activeElement?.textContent?.startsWith('999')), 'the last row to have the focus');
  await tab.keyboard.press('Enter');
  await tab.waitForSelector('dialog[open]');
  assert.match(await tab.locator('dialog header h2').innerText(), /planes\/999/);
  await tab.keyboard.press('Escape');
  await until(async () => await tab.locator('dialog').count() === 0, 'the drawer to close');
  assert.deepEqual(faults, []);
});

test('instances: who has what, by pointing, by choosing, and since when', async (t) => {
  const { tab, server, faults } = await one(t, { partitions: 100, instances: 3, scene: 'failing' }, { page: 'instances' });
  const map = tab.locator('[data-assignment]');
  await map.locator('tr.row').first().waitFor();
  assert.equal(await map.locator('tr.row').count(), 3);
  assert.match(await tab.locator('.notice').first().innerText(), /Nothing was heard of 10\.0\.4\.13:8080: connect: Connection refused/);
  const box = await map.locator('.barcode').first().boundingBox();
  await tab.mouse.move(box.x + (box.width * 40.5) / 100, box.y + 4);
  await until(async () => /^40: 10\.0\.4\.1[123]:8080/.test(await map.locator('header .end').innerText()), 'who has 40');
  const wanted = server.program.ownerOf(40);
  assert.match(await map.locator('header .end').innerText(), new RegExp(`10\\.0\\.4\\.${11 + wanted}:8080`));
  await map.locator('tr.row').nth(1).click();
  await tab.waitForSelector('dialog[open]');
  assert.match(await drawer(tab), /10\.0\.4\.12:8080[\s\S]*Keeps copies of/);
  await tab.keyboard.press('Escape');
  await tab.locator('[data-rebalances] tr.row').first().click();
  assert.match(await drawer(tab), /Rebalance of 20\d\d-[\s\S]*10\.0\.4\.1/);
  assert.deepEqual(faults, []);
});

test('whole groups: partitions of all instances, or of this one; the address says which', async (t) => {
  const { tab, server, faults } = await one(t, { partitions: 30, instances: 3 }, { page: 'partitions' });
  await tab.locator('tr.row').first().waitFor();
  const rows = () => tab.locator('[role=status]', { hasText: /rows?$/ }).innerText();
  assert.equal(await rows(), '60 rows');
  await tab.getByRole('button', { name: 'This instance' }).click();
  await until(async () => await rows() === `${server.program.numbers().length + server.program.copies().length} rows`, 'the rows of this instance');
  assert.match(tab.url(), /of=here/);
  await tab.goto(`${server.url}#/recovery`);
  await tab.getByRole('button', { name: 'Whole group' }).waitFor();
  assert.deepEqual(faults, []);
});

test('overview: figures and curves of fifty instances, one of which is not heard of, or of this one', async (t) => {
  const { tab, faults } = await one(t, { partitions: 100, instances: 50, scene: 'failing' }, {});
  const figure = async (name) => {
    const [, n, unit] = (await tab.locator(`[data-stat="${name}"] .figure`).innerText()).match(/^([0-9.,]+)([kM]?)/);
    return Number(n.replace(',', '')) * { '': 1, k: 1e3, M: 1e6 }[unit];
  };
  await tab.locator('.stats').waitFor();
  assert.match(await tab.locator('.notice').first().innerText(), /Nothing was heard of 10\.0\.4\.60:8080: connect: Connection refused\. What is theirs is not counted here/);
  assert.match(await tab.locator('[data-group=planes] .who').innerText(), /of 100 partitions at 49 instances/);
  assert.match(await tab.locator('.page').innerText(), /different versions: 0\.1\.9 at 10\.0\.4\.13:8080, 0\.2\.0 at 48 instances/);
  await tab.locator('.chart svg, .chart canvas').first().waitFor();
  const whole = await figure('Records in');
  await picture(tab, 'overview-group');
  await tab.getByRole('button', { name: 'This instance' }).click();
  await until(async () => await figure('Records in') < whole / 10, 'figures of this instance');
  assert.equal(await tab.locator('.notice', { hasText: 'Nothing was heard' }).count(), 0);
  assert.match(tab.url(), /of=here/);
  await tab.getByRole('button', { name: 'Whole group' }).click();
  await until(async () => await figure('Records in') > whole / 10, 'figures of all again');
  assert.deepEqual(faults, []);
});

test('events: of all instances, whose each is, of one of them, or of this one', async (t) => {
  const { tab, server, faults } = await one(t, { partitions: 100, instances: 50, scene: 'failing' }, { page: 'events' });
  await tab.waitForSelector('tr.row');
  assert.match(await tab.locator('.notice').first().innerText(), /Nothing was heard of 10\.0\.4\.60:8080/);
  server.program.note({ level: 'error', component: 'planes/2', message: 'something rare' });
  await tab.getByText('something rare').first().waitFor();
  await tab.getByLabel('At', { exact: true }).selectOption('10.0.4.12:8080');
  await until(() => tab.url().includes('instance=10.0.4.12'), 'the address to say so');
  const whose = await tab.locator('tr.row td:nth-child(5)').allInnerTexts();
  assert.ok(whose.length > 0 && whose.every((w) => w === '10.0.4.12:8080'), whose.join());
  await picture(tab, 'events-group');
  assert.deepEqual(await unreachable(tab), []);
  await tab.getByRole('button', { name: 'This instance' }).click();
  await until(async () => await tab.getByRole('columnheader', { name: 'Instance' }).count() === 0, 'the events of this one');
  await tab.getByText('something rare').waitFor();
  assert.deepEqual(faults, []);
});

test('latency: histograms of all instances, or of this one', async (t) => {
  const { tab, faults } = await one(t, { partitions: 100, instances: 50 }, { page: 'latency' });
  const measured = async () => Number((await tab.locator('.histogram header .end').first().innerText()).replace(/[^0-9]/g, ''));
  await tab.locator('.histogram').first().waitFor();
  await tab.locator('.chart canvas').first().waitFor();
  const whole = await measured();
  await picture(tab, 'latency-group');
  await tab.getByRole('button', { name: 'This instance' }).click();
  await until(async () => await measured() < whole / 10, 'what was measured here');
  assert.deepEqual(faults, []);
});

test('one instance that has everything has nothing to choose', async (t) => {
  const { tab } = await one(t, {}, { page: 'partitions' });
  await tab.locator('tr.row').first().waitFor();
  assert.equal(await tab.getByRole('button', { name: 'Whole group' }).count(), 0);
});

test('a program that wants a token shows nothing without; a wrong one is said to be wrong; the right one is kept for the tab', async (t) => {
  const server = await serve({ locked: true });
  t.after(() => server.close());
  const context = await browser.newContext();
  t.after(() => context.close());
  const tab = await context.newPage();
  await tab.goto(server.url);
  const dialog = tab.locator('dialog.asks');
  await dialog.waitFor();
  await picture(tab, 'token');
  assert.deepEqual(await unreachable(tab), []);
  const give = async (text) => {
    await dialog.locator('input').fill(text);
    await tab.keyboard.press('Enter');
  };
  await tab.keyboard.press('Escape');
  assert.ok(await dialog.isVisible());
  await give('wrong');
  await dialog.locator('.notice[data-tone=bad]').waitFor();
  await give('open-sesame');
  await tab.locator('.link[data-state=live]').waitFor();
  await tab.locator('.stats').waitFor();
  await tab.reload();
  await tab.locator('.link[data-state=live]').waitFor();
  await tab.goto(`${server.url}#/tables?table=carriers-table&key=UA`);
  await tab.getByLabel('Follow live').check();
  await until(async () => /Changes seen\s+[1-9]/.test(await tab.locator('[data-row]').first().innerText()), 'a change, by a stream that has the token, too');
});

test('partitions: sorted and filtered, and the address says how', async (t) => {
  const { tab } = await one(t, { partitions: 100 }, { page: 'partitions' });
  await tab.getByRole('button', { name: 'Lag', exact: true }).click();
  await tab.getByLabel('Only with lag').check();
  await until(() => tab.url().includes('lagging=1'), 'the address to say so');
  const lags = await tab.locator('tr.row td:nth-child(6)').allInnerTexts();
  assert.ok(lags.length > 5 && lags.every((l) => l !== '0'), lags.join());
  await tab.getByPlaceholder('Filter').fill('standby');
  await until(async () => await tab.locator('tr.row').count() === 0, 'standbys without lag to be left out');
  await tab.reload();
  await tab.waitForSelector('.empty');
  assert.equal(await tab.getByPlaceholder('Filter').inputValue(), 'standby');
});

test('many groups fold into a list', async (t) => {
  const { tab, faults } = await one(t, { groups: 50 }, { page: 'partitions' });
  await tab.getByLabel('Group').selectOption('job-7');
  await until(() => tab.url().includes('group=job-7'), 'the address to say so');
  await tab.locator('tr.row').first().click();
  assert.match(await tab.locator('dialog header h2').innerText(), /job-7\/0/);
  assert.deepEqual(faults, []);
});

test('zero and unknown look different', async (t) => {
  const { tab } = await one(t, { scene: 'gone' }, {});
  const lag = tab.locator('[data-stat="Lag"] .figure');
  assert.match(await lag.innerText(), /–/);
  const p99 = tab.locator('[data-stat="Records in"] .figure');
  assert.match(await p99.innerText(), /^0/);
});

test('nothing is drawn anew on an update: the same rows stay, and so does the focus', async (t) => {
  const { tab } = await one(t, { partitions: 100 }, { page: 'partitions' });
  await tab.waitForSelector('tr.row');
  await tab.evaluate(() => {
    globalThis.kept = document.querySelector('tr.row');
    globalThis.kept.focus();
    globalThis.rate = globalThis.kept.querySelector('td:nth-child(8)').textContent;
  });
  await until(() => tab.evaluate(() => document.querySelector('tr.row td:nth-child(8)').textContent !== globalThis.rate), 'a rate to change');
  assert.ok(await tab.evaluate(() => document.querySelector('tr.row') === globalThis.kept && document.activeElement === globalThis.kept));
});

test('topology: a node leads to its details, by click and by keys', async (t) => {
  const { tab, faults } = await one(t, {}, { page: 'topology' });
  await tab.locator('.node[data-id="group:carriers"]').click();
  await tab.waitForSelector('dialog[open]');
  assert.match(await drawer(tab), /airlines[\s\S]*lookup/);
  await tab.keyboard.press('Escape');
  await until(async () => await tab.locator('dialog').count() === 0, 'the drawer to close');
  await tab.locator('.node[data-id="topic:planes-table"]').focus();
  await tab.keyboard.press('Enter');
  await tab.getByText('Rows of the table').click();
  await tab.waitForSelector('.page[data-page="tables"]');
  assert.deepEqual(faults, []);
});

test('tables: look up by text and bytes, absent keys, pages of rows, a key that is followed', async (t) => {
  const { tab, faults } = await one(t, {}, { page: 'tables?table=planes-table' });
  tab.forgiving = true; // Chromium notes each 404
  await tab.locator('input[name=key]').fill('N10000A');
  await tab.getByRole('button', { name: 'Look up' }).click();
  await tab.waitForSelector('.tree');
  assert.match(await tab.locator('[data-row]').first().innerText(), /Partition\s+1[\s\S]*48,210/);
  await tab.getByRole('button', { name: 'Bytes' }).click();
  await tab.waitForSelector('pre.dump');
  assert.match(await tab.locator('pre.dump').innerText(), /^000000 {2}7b 22/);
  await tab.getByRole('button', { name: 'Tree' }).click();
  await tab.getByLabel('Follow live').check();
  await until(async () => /Changes seen\s+[1-9]/.test(await tab.locator('[data-row]').first().innerText()), 'a change');
  await tab.waitForSelector('.tree .changed');
  await tab.locator('input[name=key]').fill('nope');
  await tab.keyboard.press('Enter');
  await tab.getByText('There is no such row').waitFor();
  await tab.getByLabel('Written as').selectOption('hex');
  await tab.locator('input[name=key]').fill('4e 31 30 30 30 30 41');
  await tab.keyboard.press('Enter');
  await tab.waitForSelector('.tree');

  const browse = tab.locator('[data-browse]');
  const first = await browse.locator('tr.row').first().innerText();
  await browse.getByRole('button', { name: 'Next' }).click();
  await until(async () => await browse.locator('tr.row').first().innerText() !== first, 'the next page');
  await browse.getByRole('button', { name: 'Back' }).click();
  await until(async () => (await browse.locator('tr.row').first().innerText()).startsWith('N10000A'), 'the first page');
  await browse.locator('input[name=prefix]').fill('N2');
  await browse.getByRole('button', { name: 'Show' }).click();
  await until(async () => (await browse.locator('tr.row').first().innerText()).startsWith('N2'), 'keys that begin so');
  assert.deepEqual(faults, []);
});

test('actions: need the token, a wrong one is said to be wrong, runs show how far they are', async (t) => {
  const { tab, server } = await one(t, {}, { page: 'actions' });
  tab.forgiving = true;
  const action = tab.locator('[data-action="visit:planes:add_miles"]');
  await action.waitFor();
  assert.ok(await action.getByRole('button', { name: 'Start' }).isDisabled());
  const use = async (token) => {
    await tab.locator('input[name=token]').fill(token);
    await tab.getByRole('button', { name: 'Use it' }).click();
  };
  await use('wrong');
  await action.getByRole('button', { name: 'Start' }).click();
  await tab.locator('.toast[data-tone=bad]').waitFor();
  await use('open-sesame');
  await action.getByRole('button', { name: 'Start' }).click();
  await tab.locator('.run .badge', { hasText: 'running' }).waitFor();
  await tab.locator('.run').getByRole('button', { name: 'Stop' }).click();
  await tab.locator('.run .badge', { hasText: 'cancelled' }).waitFor();
  assert.equal(server.program.runs.length, 1);
});

test('actions: a visit is started at all instances of its group, told as one run, and stopped at all', async (t) => {
  const { tab, server, faults } = await one(t, { partitions: 30, instances: 3 }, { page: 'actions', init: () => sessionStorage.setItem('corka-token', 'open-sesame') });
  const visit = tab.locator('[data-action="visit:planes:add_miles"]');
  await visit.getByText('at 3 instances').waitFor();
  await visit.getByRole('button', { name: 'Start' }).click();
  const run = tab.locator('.run', { hasText: 'at 3 instances' });
  await run.locator('.badge', { hasText: 'running' }).waitFor();
  assert.equal(server.program.runs[0].key, 'k1');
  await run.getByRole('button', { name: 'Stop' }).click();
  await run.locator('.badge', { hasText: 'cancelled' }).waitFor();
  await tab.locator('[data-action="user:compact"]').getByRole('button', { name: 'Start' }).click();
  await tab.locator('.run', { hasText: 'at this instance' }).waitFor();
  assert.equal(server.program.runs[1].key, null);
  assert.deepEqual(faults, []);
});

test('dead letters: pages, details, replay', async (t) => {
  const { tab, server, faults } = await one(t, {}, { page: 'letters', init: () => sessionStorage.setItem('corka-token', 'open-sesame') });
  await tab.locator('tr.row').first().click();
  assert.match(await drawer(tab), /late-arrivals\/1@9037[\s\S]*traceparent/);
  await tab.keyboard.press('Escape');
  await tab.getByRole('button', { name: 'Older' }).click();
  await tab.getByText('page 2, 17 records').waitFor();
  await tab.getByRole('button', { name: 'Replay' }).click();
  await until(() => server.program.runs.length === 1, 'the replay to run');
  assert.deepEqual(faults, []);
});

test('events: come live, can be held, filtered and opened', async (t) => {
  const { tab, server } = await one(t, {}, { page: 'events' });
  await tab.waitForSelector('tr.row');
  server.program.note({ level: 'error', component: 'planes/2', message: 'something rare' });
  await tab.getByText('something rare').waitFor();
  await tab.getByRole('button', { name: 'Hold still' }).click();
  server.program.note({ message: 'later' });
  await tab.getByRole('button', { name: 'Go on (1 new)' }).waitFor();
  assert.equal(await tab.getByText('later', { exact: true }).count(), 0);
  await tab.getByRole('button', { name: /Go on/ }).click();
  await tab.getByText('later', { exact: true }).waitFor();
  await tab.getByRole('button', { name: 'Errors' }).click();
  await until(async () => await tab.locator('tr.row').count() === 1, 'the error alone');
});

test('theme: the switch beats the system and is remembered', async (t) => {
  const { tab } = await one(t, {}, { theme: 'dark' });
  const ground = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await tab.getByRole('button', { name: /^Theme/ }).click();
  await until(async () => await ground() !== dark, 'another ground');
  await tab.reload();
  await tab.waitForSelector('.page > *');
  assert.notEqual(await ground(), dark);
});

test('keys alone reach every page, in a narrow window by the menu', async (t) => {
  const { tab } = await one(t, {}, {});
  await tab.keyboard.press('Tab');
  assert.equal(await tab.evaluate(() => document.activeElement.className), 'skip');
  const seen = [];
  for (let i = 0; i < 14; i += 1) {
    await tab.keyboard.press('Tab');
    seen.push(await tab.evaluate(() => document.activeElement.getAttribute('href')));
    assert.ok(await tab.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none'), `${seen.at(-1)} shows no focus`);
    if (seen.at(-1) === '#/config') break;
  }
  for (const page of PAGES) assert.ok(seen.includes(`#/${page}`), page);
  await tab.setViewportSize({ width: 360, height: 700 });
  await tab.getByRole('button', { name: 'Pages' }).focus();
  await tab.keyboard.press('Enter');
  await tab.getByRole('link', { name: 'Topology' }).click();
  await tab.waitForSelector('.page[data-page="topology"]');
});

test('a server that goes is said to be gone; when it is back, so is the page', async (t) => {
  const { tab, server, faults } = await one(t, {}, {});
  await tab.locator('.link[data-state=live]').waitFor();
  tab.forgiving = true;
  await server.close();
  await tab.locator('.old').waitFor();
  assert.match(await tab.locator('.old').innerText(), /What you see is old/);
  const again = await serve({}, server.port);
  t.after(() => again.close());
  await tab.locator('.link[data-state=live]').waitFor({ timeout: 20_000 });
  assert.equal(await tab.locator('.old').count(), 0);
  assert.deepEqual(faults, []);
});

test('looking is cheap: of a thousand partitions, what is asked for comes seldom, and only what has changed is drawn', async (t) => {
  const { tab } = await one(t, { partitions: 1000, instances: 1 }, { page: 'partitions' });
  await tab.locator('tr.row').first().waitFor();
  let asked = 0;
  tab.on('request', (r) => { if (/\/(partitions|progress)$/.test(r.url())) asked += 1; });
  await tab.evaluate(() => {
    globalThis.made = 0;
    new MutationObserver((all) => { for (const m of all) globalThis.made += [...m.addedNodes].filter((n) => n.nodeType === 1).length; }).observe(document.querySelector('.page'), { childList: true, subtree: true });
  });
  // Of all rows in sight: one may happen to have the same figure again.
  const rates = () => tab.evaluate(() => [...document.querySelectorAll('tr.row td:nth-child(8)')].map((cell) => cell.textContent).join());
  const first = await rates();
  await until(async () => await rates() !== first, 'new figures');
  assert.equal(asked, 1);
  // A dash that becomes a figure is another element; rows and cells stay.
  assert.ok(await tab.evaluate(() => globalThis.made) < 60, `${await tab.evaluate(() => globalThis.made)} elements were made anew`);
});

for (const instances of [1, 50]) test(`the first view of ${instances} ${instances === 1 ? 'instance' : 'instances'} has at most 100,000 bytes, with a quarter of an hour of history and a thousand partitions`, async (t) => {
  const server = await serve({ partitions: 1000, instances });
  server.program.period = 60_000; // what comes each second from then on is no part of it, however long a busy machine takes
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    await server.close();
  });
  const tab = await context.newPage();
  const sizes = await transferred(tab, async () => {
    await tab.goto(server.url);
    await tab.locator('.chart canvas').first().waitFor();
    await tab.locator('.link[data-state=live]').waitFor();
  });
  const sum = sizes.reduce((n, [size]) => n + size, 0);
  t.diagnostic(`first view: ${sum} bytes in ${sizes.length} answers`);
  for (const part of [instances === 1 ? '/api/v1/history' : '/api/v1/cluster/history', '/vendor/uplot.js', '/vendor/inter.woff2']) assert.ok(sizes.some(([, name]) => name.includes(part)), part);
  assert.ok(sum <= 100_000, sizes.map((s) => s.join(' ')).join('\n'));
});
