import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Connection } from '../../../web/lib/connection.js';

/** A server that answers as told, and a clock that goes when it is told to. */
function world() {
  const w = { time: 0, streams: [], heard: [], states: [], asked: 0, up: true, streaming: true, resumedFrom: [] };
  const to = {
    hello: (d) => w.heard.push(['hello', d]), status: (d) => w.heard.push(['status', d]), sample: (d) => w.heard.push(['sample', d]), log: (d) => w.heard.push(['log', d]),
    state: (s) => w.states.push(s),
  };
  w.connection = new Connection(to, {
    now: () => w.time,
    every: (ms, act) => { w.tick = act; return () => {}; },
    poll: async () => { w.asked += 1; if (w.locked) throw Object.assign(new Error('no token'), { status: 401 }); if (!w.up) throw new Error('refused'); return { from: 'poll' }; },
    openStream: (last) => {
      const listeners = {};
      const stream = { closed: false, close: () => { stream.closed = true; }, addEventListener: (name, f) => { listeners[name] = f; }, emit: (name, data, id) => listeners[name]({ data: JSON.stringify(data), lastEventId: id }), fail: () => listeners.error({ status: w.locked ? 401 : undefined }) };
      w.streams.push(stream);
      w.resumedFrom.push(last);
      return stream;
    },
  });
  /** Lets time go by in ticks; an open stream speaks each second where it does at all. */
  w.go = async (ms) => {
    for (const end = w.time + ms; w.time < end;) {
      w.time += 500;
      const stream = w.streams.at(-1);
      if (stream && !stream.closed) {
        if (!w.up || !w.streaming || w.locked) stream.fail();
        else if (w.time % 1000 === 0) stream.emit('status', { at: w.time }, `id-${w.time}`);
      }
      w.tick();
      await new Promise((done) => { setImmediate(done); });
    }
  };
  w.connection.start();
  return w;
}

test('connection: a stream that speaks is live and not asked beside it', async () => {
  const w = world();
  await w.go(3000);
  const asked = w.asked;
  await w.go(20_000);
  assert.equal(w.connection.state, 'live');
  assert.equal(w.asked, asked);
  assert.equal(w.streams.length, 1);
});

test('connection: without a stream it asks', async () => {
  const w = world();
  w.streaming = false;
  await w.go(10_000);
  assert.equal(w.connection.state, 'polling');
  assert.ok(w.asked >= 4 && w.asked <= 7, `${w.asked}`);
  assert.ok(w.heard.some(([, d]) => d.from === 'poll'));
});

test('connection: a server that is gone is said to be lost, and found again, from the last event on', async () => {
  const w = world();
  await w.go(5000);
  w.up = false;
  await w.go(3000);
  assert.equal(w.connection.state, 'lost');
  await w.go(60_000);
  assert.ok(w.streams.length < 15, `${w.streams.length} streams were opened in a minute`);
  w.up = true;
  await w.go(6000);
  assert.equal(w.connection.state, 'live');
  assert.equal(w.resumedFrom.at(-1), 'id-5000');
});

test('connection: a stream that falls silent is not trusted', async () => {
  const w = world();
  await w.go(3000);
  w.streams[0].emit = () => {};
  const first = w.streams[0];
  first.fail = () => {};
  await w.go(7000);
  assert.ok(first.closed);
  assert.equal(w.streams.length > 1, true);
  assert.equal(w.connection.state, 'live');
});

test('connection: what a closed stream says late is not heard', async () => {
  const w = world();
  await w.go(2000);
  const first = w.streams[0];
  first.fail();
  const before = w.heard.length;
  first.emit('status', { late: true }, 'x');
  assert.equal(w.heard.length, before);
});

test('connection: one that wants a token is asked once, and again when there is one', async () => {
  const w = world();
  await w.go(2000);
  w.locked = true;
  await w.go(1000);
  assert.equal(w.connection.state, 'refused');
  const asked = w.asked + w.streams.length;
  await w.go(30_000);
  assert.equal(w.asked + w.streams.length, asked);
  w.locked = false;
  w.connection.hurry();
  await w.go(3000);
  assert.equal(w.connection.state, 'live');
});
