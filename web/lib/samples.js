// Between the API's samples, which are nested, and the history's columns: "total.in", "p:planes.lag", "v:NAME.rows".

const put = (into, prefix, values) => {
  for (const [name, value] of Object.entries(values ?? {})) into[`${prefix}.${name}`] = value;
};

const nested = (from) => {
  const flat = {};
  put(flat, 'total', from.total);
  for (const [name, values] of Object.entries(from.processors ?? {})) put(flat, `p:${name}`, values);
  for (const [name, values] of Object.entries(from.views ?? {})) put(flat, `v:${name}`, values);
  return flat;
};

/** A Sample as one flat object. */
export const flatten = nested;
/** A History's columns, the same way. */
export const flattenColumns = nested;

/** What a Summary says of this moment, for those who have no stream of samples. */
export function sampleOfSummary(summary) {
  const processors = {};
  for (const p of summary.processors) {
    let name = p.group;
    for (let n = 2; name in processors; n += 1) name = `${p.group}#${n}`;
    processors[name] = p.rates;
  }
  return { t: summary.t, total: summary.total, processors, views: Object.fromEntries(summary.views.map((v) => [v.view, v.rates])) };
}
