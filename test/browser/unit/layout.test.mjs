import { test } from 'node:test';
import assert from 'node:assert/strict';
import { backEdges, crossings, layers, layout, middle, smooth, spread } from '../../../web/lib/layout.js';

const edges = (text) => text.trim().split(/\s+/).map((pair) => {
  const [from, to] = pair.split('>');
  return { id: pair, from, to };
});
const nodes = (all) => [...new Set(all.flatMap((e) => [e.from, e.to]))].map((id) => ({ id, width: 100, height: 40 }));

test('layout: every edge goes to the right, but for those that close a loop', () => {
  const all = edges('in>g g>out g>loop loop>g g>table table>view');
  const placed = layout(nodes(all), all);
  for (const e of all) {
    const right = placed.nodes.get(e.to).x > placed.nodes.get(e.from).x;
    assert.equal(right, e.id !== 'loop>g', e.id);
  }
});

test('layout: edges begin and end at their nodes, also the turned ones', () => {
  const all = edges('in>g g>loop loop>g g>far in>far');
  const placed = layout(nodes(all), all);
  for (const e of all) {
    const points = placed.edges.get(e.id);
    const from = placed.nodes.get(e.from);
    const to = placed.nodes.get(e.to);
    assert.equal(Math.abs(points[0][0] - from.x), 50, e.id);
    assert.equal(Math.abs(points.at(-1)[0] - to.x), 50, e.id);
    assert.ok(Math.abs(points[0][1] - from.y) <= 10, e.id);
    assert.ok(Math.abs(points.at(-1)[1] - to.y) <= 10, e.id);
  }
  assert.notDeepEqual(placed.edges.get('g>loop').map(([, y]) => y), placed.edges.get('loop>g').map(([, y]) => y));
});

test('layout: no two boxes overlap, all are within the picture', () => {
  const all = edges('a>g b>g c>g g>d g>e d>h e>h a>h h>i h>j c>j x>h');
  const boxes = nodes(all);
  const placed = layout(boxes, all);
  const at = boxes.map((n) => ({ ...placed.nodes.get(n.id), id: n.id }));
  for (const p of at) {
    assert.ok(p.x - 50 >= 0 && p.x + 50 <= placed.width && p.y - 20 >= -0.01 && p.y + 20 <= placed.height + 0.01, p.id);
    for (const q of at) assert.ok(p.id === q.id || Math.abs(p.x - q.x) >= 100 || Math.abs(p.y - q.y) >= 40, `${p.id} ${q.id}`);
  }
});

test('layout: crossings that need not be are not there', () => {
  const all = edges('a>z b>y c>x d>w');
  assert.equal(layout(nodes(all), all).crossings, 0);
  const ladder = edges('s>a1 s>b1 s>c1 a1>a2 b1>b2 c1>c2 c2>x b2>y a2>z');
  assert.equal(layout(nodes(ladder), ladder).crossings, 0);
});

test('layout: the same graph has the same picture, whatever the order of its parts', () => {
  const all = edges('in>g g>out g>loop loop>g g>table table>view look>g');
  const one = layout(nodes(all), all);
  const other = layout(nodes(all).reverse(), [...all].reverse());
  assert.deepEqual([...one.nodes].sort(), [...other.nodes].sort());
  assert.deepEqual([...one.edges].sort(), [...other.edges].sort());
});

test('layout: nothing, one node, an edge to itself and edges of unknown nodes', () => {
  assert.deepEqual([layout([], []).width, layout([], []).height], [0, 0]);
  assert.deepEqual(layout([{ id: 'a', width: 100, height: 40 }], edges('a>a a>b')).nodes.get('a'), { x: 50, y: 20 });
});

test('layout: three hundred nodes take less than a second', () => {
  const all = [];
  for (let i = 0; i < 100; i += 1) all.push(...edges(`t${i}>g${i} g${i}>o${i} t${(i * 7) % 100}>g${i}`));
  const began = performance.now();
  layout(nodes(all), all);
  assert.ok(performance.now() - began < 1000);
});

test('layers: a source stands right before what needs it', () => {
  const all = edges('a>b b>c c>d late>d');
  const found = layers(['a', 'b', 'c', 'd', 'late'], all);
  assert.equal(found.get('late'), 2);
});

test('back edges: one of each cycle', () => {
  const all = edges('a>b b>c c>a c>d d>c');
  assert.equal(backEdges(['a', 'b', 'c', 'd'], all).size, 2);
});

test('spread: keeps the order and the distances, and moves as little as it can', () => {
  assert.deepEqual(spread([0, 0, 0], [0, 10, 10]), [-10, 0, 10]);
  assert.deepEqual(spread([0, 100], [0, 10]), [0, 100]);
  assert.deepEqual(spread([50, 0], [0, 10]), [20, 30]);
});

test('crossings, paths and middles', () => {
  assert.equal(crossings([[0, 1], [1, 0]]), 1);
  assert.equal(crossings([[0, 0], [1, 1]]), 0);
  assert.equal(smooth([[0, 0], [10, 20]]), 'M0 0C5 0 5 20 10 20');
  assert.deepEqual(middle([[0, 0], [10, 0], [50, 20]]), [30, 10]);
});
