// How long things take, as histograms since the partitions were assigned, and callbacks over time.
import { html } from '../vendor/preact.js';
import { UNKNOWN, count, micros, percent } from '../lib/format.js';
import { bars } from '../lib/histogram.js';
import { refine, route } from '../lib/route.js';
import { elsewhere, scopeOf } from '../lib/scope.js';
import { processors } from '../lib/store.js';
import { useAnswer } from '../lib/use.js';
import { useWhole } from '../lib/whole.js';
import { Choice, Empty, Value, Waiting } from '../parts/basics.js';
import { Chart } from '../parts/chart.js';
import { Missing, Scope } from '../parts/scope.js';

const KINDS = [
  ['callback', 'Callback', 'From the call to its return.'],
  ['end_to_end', 'End to end', 'From the record’s timestamp to the end of its callback, sampled once a batch.'],
  ['ack', 'Acknowledgement', 'From a send to the brokers’ answer.'],
  ['checkpoint', 'Checkpoint', 'From the cut to the rows being in the store.'],
];

const name = (p) => (p.member > 1 ? `${p.group}#${p.member}` : p.group);

function Histogram({ title, help, bounds, h }) {
  const all = bars(bounds, h.buckets);
  const figure = (label, x) => html`<div class="q"><span class="label">${label}</span><span class="v"><${Value} text=${h.count > 0 ? micros(x) : UNKNOWN} /></span></div>`;
  const range = (b) => (b.to === null ? `over ${micros(b.from)}` : `${micros(b.from)} to ${micros(b.to)}`);
  return html`<article class="card histogram"><header><h2>${title}</h2><span class="soft small end">${count(h.count)} measured</span></header>
    <div class="body stack"><p class="soft small">${help}</p>
      <div class="quantiles">${figure('p50', h.p50)}${figure('p95', h.p95)}${figure('p99', h.p99)}${figure('max', h.max)}</div>
      ${all.length === 0 ? html`<p class="soft none">Nothing was measured yet.</p>` : html`
        <div class="bars" role="img" aria-label=${`${title}: ${all.map((b) => `${range(b)} ${percent(b.count / h.count)}`).join(', ')}`}>
          ${all.map((b) => html`<span key=${b.from} title=${`${range(b)}: ${count(b.count)}, ${percent(b.count / h.count)}`}><b style=${{ height: `${b.count > 0 ? Math.max(1.5, b.share * 100) : 0}%` }}></b></span>`)}</div>
        <div class="scale" aria-hidden="true"><span>${micros(all[0].from)}</span><span>${micros(all[all.length >> 1].from)}</span><span>${all.at(-1).to === null ? `> ${micros(all.at(-1).from)}` : micros(all.at(-1).to)}</span></div>`}</div></article>`;
}

export function Latency() {
  const scope = scopeOf(processors.value.some(elsewhere));
  const { data, error } = useAnswer(scope.wide ? '/cluster/latency' : '/latency', 2_000);
  useWhole();
  const head = html`<${Scope} scope=${scope} />`;
  if (!data) return html`${scope.choosable ? html`<div class="bar">${head}</div>` : null}<${Waiting} error=${error} />`;
  const { query } = route.value;
  const chosen = data.processors.find((p) => name(p) === query.group) ?? data.processors[0];
  if (!chosen) return html`<div class="card"><${Empty} icon="latency" title="No processors, no latencies">What callbacks, acknowledgements and checkpoints take shows here.<//></div>`;
  const group = name(chosen);
  return html`
    <div class="bar"><${Choice} label="Processor" value=${group} onChange=${(g) => refine({ group: g })} options=${data.processors.map((p) => [name(p), name(p)])} />${head}</div>
    <${Missing} of=${data.missing}>What is theirs is not counted here.<//>
    <section class="card"><header><h2>Callbacks, second by second</h2></header><div class="body"><${Chart} key=${group} label=${`Callback latency of ${group} over the last 15 minutes`} format=${micros} series=${[{ name: `p:${group}.callback_p50_us`, label: 'p50' }, { name: `p:${group}.callback_p99_us`, label: 'p99', tone: 'second' }]} /></div></section>
    <div class="two">${KINDS.map(([id, title, help]) => html`<${Histogram} key=${id} title=${title} help=${help} bounds=${data.bounds_us} h=${chosen[id]} />`)}</div>`;
}
