// What is in force, wherever it was set; secrets are not shown.
import { html } from '../vendor/preact.js';
import { refine, route } from '../lib/route.js';
import { matching } from '../lib/rows.js';
import { useAnswer } from '../lib/use.js';
import { Empty, Waiting } from '../parts/basics.js';

function Setting({ s }) {
  if (s.masked) return html`<span class="faint">hidden: a secret</span>`;
  if (s.value === null) return html`<span class="faint">not set</span>`;
  return html`<code>${s.value === '' ? html`<span class="faint">empty</span>` : s.value}</code>`;
}

export function Config() {
  const { data, error } = useAnswer('/config', 10_000);
  const { query } = route.value;
  if (!data) return html`<${Waiting} error=${error} />`;
  const sections = data.sections.map((s) => ({ ...s, settings: matching(s.settings, query.q ?? '', (x) => [s.name, x.name, x.masked ? '' : x.value ?? '']) })).filter((s) => s.settings.length > 0);
  return html`<div class="bar"><label class="grow"><span class="unseen">Filter settings</span><input type="search" placeholder="Filter: name or value" value=${query.q ?? ''} onInput=${(e) => refine({ q: e.currentTarget.value })} /></label></div>
    ${sections.length === 0 ? html`<div class="card"><${Empty} icon="config" title="No such setting" /></div>` : null}
    <div class="two">${sections.map((s) => html`<section class="card" key=${s.name}><header><h2>${s.name}</h2></header>
      <div class="body"><dl class="facts settings">${s.settings.map((x) => html`<dt key=${x.name}>${x.name}</dt><dd><${Setting} s=${x} /></dd>`)}</dl></div></section>`)}</div>`;
}
