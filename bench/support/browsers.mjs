// Browsers that look at a dashboard, as the lines on stdin say: "open URL", "close". Each is answered by a line of JSON.
//
//   test/browser/run node bench/support/browsers.mjs PAGE...
import { createInterface } from 'node:readline';
import { launch, open } from '../../test/browser/pages/browser.mjs';

const pages = process.argv.slice(2);
let looking = [];

/** Each page in a browser of its own, until all have heard of the program. */
async function openAll(url) {
  looking = await Promise.all(pages.map(async (page) => {
    const browser = await launch();
    const { tab } = await open(browser, url, { page, width: 1440 });
    await tab.locator('.link[data-state=live]').waitFor({ timeout: 60_000 });
    const session = await tab.context().newCDPSession(tab);
    // CPU time, not time that passed: a busy machine does not make a page look busy.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const metrics = async () => ({ at: performance.now() / 1000, ...Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value])) });
    return { page, browser, metrics, before: await metrics() };
  }));
  return {};
}

/** Closes them; says which shares of a core their pages took. */
async function closeAll() {
  const shares = {};
  for (const { page, browser, metrics, before } of looking) {
    const after = await metrics();
    const share = (name) => (after[name] - before[name]) / (after.at - before.at);
    shares[page] = { scripting: share('ScriptDuration'), all: share('TaskDuration') };
    await browser.close();
  }
  looking = [];
  return shares;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [what, url] = line.split(' ');
  const said = what === 'open' ? await openAll(url) : await closeAll();
  console.log(JSON.stringify(said));
}
