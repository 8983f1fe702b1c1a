// Places the nodes of a directed graph in layers from left to right, and its edges between them. Pure and deterministic:
// the same graph has the same picture, whatever order its parts come in.
//
// The steps are those of Sugiyama: edges that close a cycle are turned round; each node goes one layer after the last of
// those before it; edges over several layers get bends; the order within layers is improved by medians of neighbours;
// and coordinates are those nearest to the neighbours' that keep the order and the distances.

/** Ids of edges that close a cycle, found by walking from nodes without predecessors first. */
export function backEdges(ids, edges) {
  const out = new Map(ids.map((id) => [id, []]));
  const entering = new Map(ids.map((id) => [id, 0]));
  for (const e of edges) {
    out.get(e.from).push(e);
    entering.set(e.to, entering.get(e.to) + 1);
  }
  const state = new Map();
  const back = new Set();
  const walk = (id) => {
    state.set(id, 'open');
    for (const e of out.get(id)) {
      const seen = state.get(e.to);
      if (seen === 'open') back.add(e.id);
      else if (!seen) walk(e.to);
    }
    state.set(id, 'done');
  };
  const roots = ids.filter((id) => entering.get(id) === 0);
  for (const id of [...roots, ...ids]) if (!state.has(id)) walk(id);
  return back;
}

/** Layer of each node: sources at 0, but those that only one thing needs stand right before it. */
export function layers(ids, edges) {
  const before = new Map(ids.map((id) => [id, []]));
  const after = new Map(ids.map((id) => [id, []]));
  for (const { from, to } of edges) {
    before.get(to).push(from);
    after.get(from).push(to);
  }
  const layer = new Map();
  const find = (id) => {
    if (layer.has(id)) return layer.get(id);
    const found = Math.max(-1, ...before.get(id).map(find)) + 1;
    layer.set(id, found);
    return found;
  };
  ids.forEach(find);
  for (const id of ids) {
    if (before.get(id).length > 0 || after.get(id).length === 0) continue;
    layer.set(id, Math.min(...after.get(id).map((n) => layer.get(n))) - 1);
  }
  return layer;
}

/** The numbers nearest to `wanted` (by squares) that keep their order and are `apart[i]` from the one before. */
export function spread(wanted, apart) {
  let offset = 0;
  const blocks = [];
  const offsets = wanted.map((_, i) => {
    if (i > 0) offset += apart[i];
    return offset;
  });
  wanted.forEach((w, i) => {
    let block = { sum: w - offsets[i], n: 1 };
    while (blocks.length > 0 && blocks.at(-1).sum / blocks.at(-1).n > block.sum / block.n) {
      const last = blocks.pop();
      block = { sum: block.sum + last.sum, n: block.n + last.n };
    }
    blocks.push(block);
  });
  return blocks.flatMap(({ sum, n }) => new Array(n).fill(sum / n)).map((v, i) => v + offsets[i]);
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** How many pairs of edges between two neighbouring layers cross. `pairs`: [position above, position below]. */
export function crossings(pairs) {
  let n = 0;
  for (let i = 0; i < pairs.length; i += 1) {
    for (let j = i + 1; j < pairs.length; j += 1) {
      if ((pairs[i][0] - pairs[j][0]) * (pairs[i][1] - pairs[j][1]) < 0) n += 1;
    }
  }
  return n;
}

function totalCrossings(rows, links) {
  let n = 0;
  const at = new Map();
  for (const row of rows) row.forEach((id, i) => at.set(id, i));
  const byLayer = rows.map(() => []);
  for (const { from, to, layer } of links) byLayer[layer].push([at.get(from), at.get(to)]);
  for (const pairs of byLayer) n += crossings(pairs);
  return n;
}

function order(rows, links, sweeps) {
  const above = new Map();
  const below = new Map();
  for (const { from, to } of links) {
    if (!above.has(to)) above.set(to, []);
    if (!below.has(from)) below.set(from, []);
    above.get(to).push(from);
    below.get(from).push(to);
  }
  let best = rows.map((r) => [...r]);
  let fewest = totalCrossings(best, links);
  const now = rows.map((r) => [...r]);
  for (let s = 0; s < sweeps && fewest > 0; s += 1) {
    const down = s % 2 === 0;
    const neighbours = down ? above : below;
    const at = new Map();
    for (const row of now) row.forEach((id, i) => at.set(id, i));
    for (let k = 0; k < now.length; k += 1) {
      const row = now[down ? k : now.length - 1 - k];
      const weight = new Map(row.map((id, i) => [id, neighbours.has(id) ? median(neighbours.get(id).map((n) => at.get(n))) : i]));
      row.sort((a, b) => weight.get(a) - weight.get(b));
      row.forEach((id, i) => at.set(id, i));
    }
    const n = totalCrossings(now, links);
    if (n < fewest) {
      fewest = n;
      best = now.map((r) => [...r]);
    }
  }
  return { rows: best, crossings: fewest, above, below };
}

/**
 * nodes: [{id, width, height}], edges: [{id, from, to}]; edges of unknown nodes are left out.
 * Gives {width, height, nodes: Map id → {x, y} (centres), edges: Map id → [[x, y], …] from left to right of the data's
 * direction, crossings}.
 */
export function layout(nodes, edges, { layerGap = 104, nodeGap = 22, sweeps = 24 } = {}) {
  const sizes = new Map(nodes.map((n) => [n.id, n]));
  const ids = [...sizes.keys()].sort();
  const known = [...edges].filter((e) => sizes.has(e.from) && sizes.has(e.to)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const back = backEdges(ids, known.filter((e) => e.from !== e.to));
  const straight = known.filter((e) => e.from !== e.to).map((e) => (back.has(e.id) ? { ...e, from: e.to, to: e.from, turned: true } : e));
  const layer = layers(ids, straight);
  const count = ids.length === 0 ? 0 : Math.max(...layer.values()) + 1;
  const rows = Array.from({ length: count }, () => []);
  for (const id of ids) rows[layer.get(id)].push(id);

  // Bends: one in each layer that an edge only passes.
  const links = [];
  const chains = new Map();
  for (const e of straight) {
    const chain = [e.from];
    for (let l = layer.get(e.from) + 1; l < layer.get(e.to); l += 1) {
      const bend = `~${e.id}~${l}`;
      sizes.set(bend, { id: bend, width: 0, height: 10, bend: true });
      rows[l].push(bend);
      chain.push(bend);
    }
    chain.push(e.to);
    for (let i = 1; i < chain.length; i += 1) links.push({ from: chain[i - 1], to: chain[i], layer: layer.get(e.from) + i - 1 });
    chains.set(e.id, { chain, turned: e.turned });
  }
  const { rows: ordered, crossings: crossed, above, below } = order(rows, links, sweeps);

  // Heights within the layers.
  const y = new Map();
  const apart = ordered.map((row) => row.map((id, i) => (i === 0 ? 0 : (sizes.get(row[i - 1]).height + sizes.get(id).height) / 2 + nodeGap)));
  ordered.forEach((row, l) => spread(row.map(() => 0), apart[l]).forEach((v, i) => y.set(row[i], v)));
  for (let round = 0; round < 12; round += 1) {
    for (let k = 0; k < count; k += 1) {
      const l = round % 2 === 0 ? k : count - 1 - k;
      const wanted = ordered[l].map((id) => {
        const near = [...(above.get(id) ?? []), ...(below.get(id) ?? [])];
        return near.length > 0 ? near.reduce((sum, n) => sum + y.get(n), 0) / near.length : y.get(id);
      });
      spread(wanted, apart[l]).forEach((v, i) => y.set(ordered[l][i], v));
    }
  }
  let top = Infinity;
  let bottom = -Infinity;
  for (const [id, v] of y) {
    top = Math.min(top, v - sizes.get(id).height / 2);
    bottom = Math.max(bottom, v + sizes.get(id).height / 2);
  }
  const widths = ordered.map((row) => Math.max(0, ...row.map((id) => sizes.get(id).width)));
  let x = 0;
  const centre = widths.map((w) => {
    const c = x + w / 2;
    x += w + layerGap;
    return c;
  });
  const place = (id, l) => ({ x: centre[l], y: y.get(id) - top });
  const placed = new Map(ids.map((id) => [id, place(id, layer.get(id))]));
  const routes = new Map();
  for (const [id, { chain, turned }] of chains) {
    const first = layer.get(chain[0]);
    const points = chain.map((c, i) => {
      const { x: px, y: py } = place(c, first + i);
      const half = i === 0 ? sizes.get(c).width / 2 : i === chain.length - 1 ? -sizes.get(c).width / 2 : 0;
      return [px + half, py];
    });
    routes.set(id, turned ? points.reverse() : points);
  }
  // There and back are two lines.
  const between = new Map(straight.map((e) => [`${e.from} ${e.to} ${Boolean(e.turned)}`, e.id]));
  for (const e of straight) {
    if (!e.turned || !between.has(`${e.from} ${e.to} false`)) continue;
    for (const point of routes.get(e.id)) point[1] += 9;
    for (const point of routes.get(between.get(`${e.from} ${e.to} false`))) point[1] -= 9;
  }
  return { width: Math.max(0, x - layerGap), height: count === 0 ? 0 : bottom - top, nodes: placed, edges: routes, crossings: crossed };
}

/** A smooth path through points that go from layer to layer. */
export function smooth(points) {
  let d = `M${points[0].map(Math.round).join(' ')}`;
  for (let i = 1; i < points.length; i += 1) {
    const [x0, y0] = points[i - 1];
    const [x1, y1] = points[i];
    const bend = (x1 - x0) * 0.5;
    d += `C${[x0 + bend, y0, x1 - bend, y1, x1, y1].map(Math.round).join(' ')}`;
  }
  return d;
}

/** The middle of the longest piece: where a label has room. */
export function middle(points) {
  let best = [points[0], points[1]];
  let longest = -1;
  for (let i = 1; i < points.length; i += 1) {
    const length = Math.abs(points[i][0] - points[i - 1][0]);
    if (length > longest) {
      longest = length;
      best = [points[i - 1], points[i]];
    }
  }
  return [(best[0][0] + best[1][0]) / 2, (best[0][1] + best[1][1]) / 2];
}
