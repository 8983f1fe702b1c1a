// Points in time to SVG paths. Unknown values are gaps: a line never claims what nobody knows.

const num = (v) => +v.toFixed(1);

/**
 * @param {[number, number|null][]} points time and value
 * @param {{from: number, to: number, width: number, height: number, top?: number, pad?: number}} box `top`: the least value at the upper edge; `pad`: px above and below
 */
export function curve(points, { from, to, width, height, top = 0, pad = 2 }) {
  const most = points.reduce((m, [, v]) => (v !== null && v > m ? v : m), top);
  const x = (t) => num(((Math.max(t, from) - from) / Math.max(1, to - from)) * width);
  const y = (v) => num(height - pad - (most > 0 ? v / most : 0) * (height - 2 * pad));
  let stroke = '';
  let fill = '';
  let run = [];
  const end = () => {
    if (run.length === 0) return;
    if (run.length === 1) run.push([run[0][0] + 1, run[0][1]]);
    const line = run.map(([px, py]) => `${px} ${py}`).join('L');
    stroke += `M${line}`;
    fill += `M${run[0][0]} ${height}L${line}L${run[run.length - 1][0]} ${height}Z`;
    run = [];
  };
  for (const [t, v] of points) {
    if (v === null) end();
    else run.push([x(t), y(v)]);
  }
  end();
  return { stroke, fill, most };
}
