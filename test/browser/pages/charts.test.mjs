// Charts: what is on the canvas, what is said of a moment, and a stretch of time that is looked at closely.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { serve } from '../stand_in/server.mjs';
import { inked, launch, open, picture, unreachable, until } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** A page with charts that are drawn. */
async function charts(t, options = {}, view = {}) {
  const server = await serve(options);
  const opened = await open(browser, server.url, { scale: 2, ...view });
  t.after(async () => {
    await opened.close();
    await server.close();
  });
  const { tab } = opened;
  await tab.locator('.chart canvas').first().waitFor();
  const chart = (i) => tab.locator('.chart').nth(i);
  const legend = (i) => tab.locator('.legend').nth(i);
  await until(async () => (await inked(chart(0), '--accent')).size > 100, 'curves');
  return { server, ...opened, chart, legend };
}

/** What part of the middle of a canvas, from `left` to `right` of its width, has the colour. */
async function covered(chart, colour, left, right) {
  const columns = [...await inked(chart, colour)].filter((x) => x >= left && x <= right);
  return columns.length / (await chart.evaluate((box) => box.querySelector('canvas').width) * (right - left));
}

const shown = (chart) => chart.evaluate((box) => ['min', 'max'].map((end) => Number(box.getAttribute(`aria-value${end}`))));
const zoomedIn = (tab) => tab.getByRole('button', { name: 'Whole 15 minutes' }).count();

async function drag(tab, chart, from, to) {
  const box = await chart.boundingBox();
  await tab.mouse.move(box.x + box.width * from, box.y + box.height / 2);
  await tab.mouse.down();
  await tab.mouse.move(box.x + box.width * to, box.y + box.height / 2, { steps: 4 });
  await tab.mouse.up();
}

test('charts: each series is drawn in its colour over all the time that there is', async (t) => {
  const { chart, faults } = await charts(t);
  assert.ok(await covered(chart(0), '--accent', 0.2, 0.9) > 0.9);
  assert.ok(await covered(chart(0), '--second', 0.2, 0.9) > 0.9);
  assert.ok(await covered(chart(1), '--second', 0.2, 0.9) > 0.9);
  assert.ok(await covered(chart(1), '--accent', 0, 1) === 0);
  assert.deepEqual(faults, []);
});

test('charts: what nobody knows is a gap, and not a zero', async (t) => {
  // No broker answers for 240 s of 900: no lag is known, and nothing comes in.
  const { chart, legend, faults } = await charts(t, { scene: 'gone' });
  assert.ok(await covered(chart(1), '--second', 0.15, 0.6) > 0.9);
  assert.equal(await covered(chart(1), '--second', 0.8, 1), 0);
  assert.ok(await covered(chart(0), '--second', 0.8, 0.9) > 0.9, 'a rate of zero is drawn');
  assert.match(await legend(1).innerText(), /–/);
  assert.deepEqual(faults, []);
});

test('charts: a canvas has as many pixels as the screen', async (t) => {
  const server = await serve();
  const context = await browser.newContext({ deviceScaleFactor: 3 });
  t.after(async () => {
    await context.close();
    await server.close();
  });
  const tab = await context.newPage();
  await tab.goto(server.url);
  const canvas = tab.locator('.chart canvas').first();
  await canvas.waitFor();
  const { pixels, px } = await canvas.evaluate((c) => ({ pixels: c.width, px: c.getBoundingClientRect().width }));
  assert.ok(Math.abs(pixels - 3 * px) <= 3, `${pixels} pixels on ${px} px`);
});

test('charts: a moment that is pointed at in one is told by all, until the mouse is elsewhere', async (t) => {
  const { tab, chart, legend, faults } = await charts(t);
  const box = await chart(0).boundingBox();
  const values = async () => (await tab.locator('.legend b').allInnerTexts()).join(' ');
  await tab.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await until(async () => /at \d\d:\d\d:\d\d/.test(await legend(0).innerText()) && /at \d\d:\d\d:\d\d/.test(await legend(1).innerText()), 'both to say when');
  const then = await values();
  await picture(tab, 'charts-pointed');
  await tab.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2);
  await until(async () => await values() !== then, 'the values of another moment');
  assert.equal(await tab.locator('.u-cursor-x:not(.u-off)').count(), 2);
  await tab.mouse.move(5, 5);
  await until(async () => !/at \d/.test(await legend(0).innerText()) && await tab.locator('.u-cursor-x:not(.u-off)').count() === 0, 'nothing to be pointed at');
  assert.deepEqual(faults, []);
});

test('charts: keys point, and say what was', async (t) => {
  const { tab, chart, legend } = await charts(t);
  await chart(1).focus();
  const said = () => chart(1).getAttribute('aria-valuetext');
  assert.equal(await said(), 'now');
  await tab.keyboard.press('Home');
  await until(async () => /^\d\d:\d\d:\d\d: all inputs \S+$/.test(await said()), 'the first moment');
  const first = Number(await chart(1).getAttribute('aria-valuenow'));
  await tab.keyboard.press('ArrowRight');
  await until(async () => Number(await chart(1).getAttribute('aria-valuenow')) > first, 'the next one');
  assert.match(await legend(0).innerText(), /at \d/);
  assert.equal(await tab.locator('.u-cursor-x:not(.u-off)').count(), 2);
  await tab.keyboard.press('Tab');
  await until(async () => await said() === 'now', 'the chart to be left');
});

test('charts: a stretch that is drawn over one is shown by all, second by second, and stays while time goes on', async (t) => {
  const { tab, chart, server, faults } = await charts(t);
  const asked = tab.waitForRequest((r) => r.url().includes('/history?step=1&'));
  const before = await shown(chart(0));
  await drag(tab, chart(0), 0.4, 0.6);
  await asked;
  assert.equal(await zoomedIn(tab), 2);
  const [from, to] = await shown(chart(0));
  const part = (to - from) / (before[1] - before[0]);
  assert.ok(part > 0.15 && part < 0.35, `${part}`);
  assert.deepEqual(await shown(chart(1)), [from, to]);
  await until(async () => await covered(chart(1), '--second', 0.2, 0.9) > 0.9, 'the stretch to be drawn');
  await picture(tab, 'charts-zoomed');
  const last = server.program.now();
  await until(() => server.program.now() > last + 2_500, 'time to go on');
  assert.deepEqual(await shown(chart(0)), [from, to]);
  assert.deepEqual(await unreachable(tab), []);
  assert.deepEqual(faults, []);
});

test('charts: Escape, a double click and a button lead back to all minutes; another page begins with them', async (t) => {
  const { tab, chart } = await charts(t);
  const back = async (what) => {
    await until(async () => await zoomedIn(tab) === 0, `${what} to lead back`);
    const [from, to] = await shown(chart(0));
    assert.ok(to - from > 800_000, what);
  };
  const into = async () => {
    await drag(tab, chart(0), 0.3, 0.5);
    await until(async () => await zoomedIn(tab) === 2, 'a stretch');
  };
  await into();
  await tab.keyboard.press('Escape');
  await back('Escape');
  await into();
  await chart(1).dblclick();
  await back('a double click');
  await into();
  const button = tab.getByRole('button', { name: 'Whole 15 minutes' }).first();
  await tab.locator('.top button').last().focus();
  for (let i = 0; i < 12 && !await button.evaluate((b) => b === document.activeElement); i += 1) await tab.keyboard.press('Tab');
  await tab.keyboard.press('Enter');
  await back('the button');
  await into();
  await tab.evaluate(() => { location.hash = '#/latency'; });
  await tab.waitForSelector('.page[data-page="latency"] .chart canvas');
  await back('another page');
});

test('charts: + and − look closer and further at what is pointed at', async (t) => {
  const { tab, chart } = await charts(t);
  await chart(0).focus();
  await tab.keyboard.press('End');
  await tab.keyboard.press('PageUp');
  await until(async () => await chart(0).getAttribute('aria-valuetext') !== 'now', 'a moment');
  const all = await shown(chart(0));
  await tab.keyboard.press('+');
  await until(async () => await zoomedIn(tab) === 2, 'a stretch');
  const [from, to] = await shown(chart(0));
  assert.ok(Math.abs((to - from) / (all[1] - all[0]) - 0.5) < 0.01);
  await tab.keyboard.press('-');
  await until(async () => await zoomedIn(tab) === 0, 'all minutes');
});

test('charts: another theme is another colour, at once', async (t) => {
  const { tab, chart } = await charts(t, {}, { theme: 'light' });
  const accent = () => tab.evaluate(() => getComputedStyle(document.querySelector('.legend i')).backgroundColor);
  const light = await accent();
  await tab.getByRole('button', { name: /^Theme/ }).click();
  await tab.getByRole('button', { name: /^Theme/ }).click();
  await until(async () => await accent() !== light, 'the dark theme');
  await until(async () => (await inked(chart(0), '--accent')).size > 100, 'the curve in its colour');
  await tab.emulateMedia({ colorScheme: 'dark' });
  await tab.getByRole('button', { name: /^Theme/ }).click();
  await tab.emulateMedia({ colorScheme: 'light' });
  await until(async () => await accent() === light && (await inked(chart(0), '--accent')).size > 100, 'the curve in what the system wants');
});

test('charts: the same canvas goes on, is not made anew, and is as wide as its place', async (t) => {
  const { tab, chart } = await charts(t);
  const now = () => chart(0).getAttribute('aria-valuemax');
  await tab.evaluate(() => { globalThis.kept = [...document.querySelectorAll('.chart canvas')]; });
  const first = await now();
  await until(async () => await now() !== first, 'another second');
  assert.ok(await tab.evaluate(() => [...document.querySelectorAll('.chart canvas')].every((c, i) => c === globalThis.kept[i])));
  await tab.setViewportSize({ width: 700, height: 900 });
  await until(async () => (await chart(0).evaluate((box) => box.clientWidth - box.querySelector('canvas').getBoundingClientRect().width)) < 2, 'the canvas to be as wide as its place');
});

test('charts: columns that the first view has not are asked for by the page that shows them', async (t) => {
  const { tab, chart, faults } = await charts(t, {}, {});
  const asked = tab.waitForRequest((r) => /\/history\?.*processors=[^&]*callback_p50_us/.test(r.url()));
  await tab.evaluate(() => { location.hash = '#/latency'; });
  await asked;
  await tab.waitForSelector('.page[data-page="latency"] .chart canvas');
  await until(async () => await covered(chart(0), '--accent', 0.2, 0.9) > 0.9 && await covered(chart(0), '--second', 0.2, 0.9) > 0.9, 'a quarter of an hour of callbacks');
  assert.deepEqual(faults, []);
});
