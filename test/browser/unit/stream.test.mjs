import { test } from 'node:test';
import assert from 'node:assert/strict';
import { EventStream, reader } from '../../../web/lib/stream.js';

const TEXT = 'id: 7\nevent: sample\ndata: {"a":1}\n\n: nothing new\n\ndata:two\r\ndata: lines\r\n\r\n';
const EVENTS = [{ name: 'sample', data: '{"a":1}', id: '7' }, { name: 'message', data: 'two\nlines', id: '7' }];

test('stream: events are the same wherever the text is cut', () => {
  for (let size = 1; size <= TEXT.length; size += 1) {
    const found = [];
    const read = reader((e) => found.push(e));
    for (let at = 0; at < TEXT.length; at += size) read(TEXT.slice(at, at + size));
    assert.deepEqual(found, EVENTS, `pieces of ${size}`);
  }
});

test('stream: what is not ended is no event', () => {
  const found = [];
  reader((e) => found.push(e))('event: sample\ndata: 1\n');
  assert.deepEqual(found, []);
});

const answering = (status, text, seen = []) => async (url, options) => {
  seen.push([url, options.headers]);
  return new Response(text, { status });
};

test('stream: carries the token, tells events by name, and its end', async () => {
  const seen = [];
  const found = [];
  await new Promise((done) => {
    const stream = new EventStream('/events', { token: 'secret', ask: answering(200, TEXT, seen) });
    stream.addEventListener('sample', (e) => found.push(e));
    stream.addEventListener('error', (e) => { found.push(e); done(); });
  });
  assert.equal(seen[0][1].Authorization, 'Bearer secret');
  assert.deepEqual(found, [{ data: '{"a":1}', lastEventId: '7' }, {}]);
});

test('stream: a refusal has its status; who has closed it hears nothing', async () => {
  const status = await new Promise((done) => { new EventStream('/events', { ask: answering(401, '') }).addEventListener('error', (e) => done(e.status)); });
  assert.equal(status, 401);
  const closed = new EventStream('/events', { ask: answering(200, TEXT) });
  closed.addEventListener('sample', () => assert.fail('heard'));
  closed.addEventListener('error', () => assert.fail('heard'));
  closed.close();
  await new Promise((done) => { setTimeout(done, 20); });
});
