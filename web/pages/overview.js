// Is all well, how much goes through, how far behind is it.
import { html } from '../vendor/preact.js';
import { bytes, count, duration, micros, plural, rate, short } from '../lib/format.js';
import { trend } from '../lib/history.js';
import { href } from '../lib/route.js';
import { beat, history, named, summary, views } from '../lib/store.js';
import { verdict } from '../lib/tones.js';
import { Badge, Empty, Notice, Strip, Trend, Value } from '../parts/basics.js';
import { Chart } from '../parts/chart.js';
import { Icon } from '../parts/icons.js';
import { Sparkline } from '../parts/sparkline.js';
import { Stat } from '../parts/stat.js';

const GLYPHS = { good: 'check', warn: 'hourglass', bad: 'cross', calm: 'info' };

function Verdict() {
  const s = summary.value;
  const { tone, title, lines } = verdict(s);
  return html`<section class="verdict" data-tone=${tone} aria-label="Health">
    <span class="glyph"><${Icon} name=${GLYPHS[tone]} /></span>
    <div><h2>${title}</h2>
      ${lines.length > 0 ? lines.slice(0, 4).map((line) => html`<p key=${line}>${line}</p>`) : html`<p>for ${duration(s.uptime_seconds)}, ${plural(s.processors.length, 'processor')}${s.views.length > 0 ? ` and ${plural(s.views.length, 'view')}` : ''}</p>`}</div></section>`;
}

const sum = (values) => (values.some((v) => v === null || v === undefined) ? null : values.reduce((a, b) => a + b, 0));

function Figures() {
  beat.value;
  const s = summary.value;
  const t = s.total ?? {};
  const lag = sum(s.processors.map((p) => p.lag));
  const oldest = s.processors.some((p) => p.lag_seconds === null) ? null : Math.max(0, ...s.processors.map((p) => p.lag_seconds));
  const failed = s.processors.reduce((n, p) => n + p.failures.failed, 0);
  const dead = s.processors.reduce((n, p) => n + p.failures.dead_lettered, 0);
  return html`<section class="stats" aria-label="All processors together">
    <${Stat} label="Records in" text=${rate(t.in)} unit="/s" note=${html`${bytes(t.in_bytes)}/s`} curve="total.in" />
    <${Stat} label="Records out" text=${rate(t.out)} unit="/s" note=${html`${rate(t.written)}/s to tables`} curve="total.out" />
    <${Stat} label="Lag" text=${short(lag)} note=${html`<${Trend} ...${trend(history.times, history.get('total.lag'))} />`} curve="total.lag" tone="second" />
    <${Stat} label="Oldest waiting record" text=${duration(oldest)} note=${oldest === 0 ? 'none waits' : oldest === null ? '' : 'behind the newest'} curve="total.lag_seconds" tone="second" />
    <${Stat} label="Callback, p99" text=${micros(t.callback_p99_us)} note=${t.callback_p50_us == null ? 'no calls in the last second' : `half within ${micros(t.callback_p50_us)}`} curve="total.callback_p99_us" />
    <${Stat} label="Failures" text=${short(failed)} note=${html`<a href=${href('letters')}>${plural(dead, 'dead letter')}</a>`} curve="total.failed" tone="bad" /></section>`;
}

function Cell({ label, text, unit, sub }) {
  return html`<div class="cell"><span class="label">${label}</span><span class="v"><${Value} text=${text} unit=${unit} /></span><span class="sub">${sub}</span></div>`;
}

function Processor({ p }) {
  const r = p.rates ?? {};
  const { running, recovering, draining, failed } = p.partition_states;
  const column = (name) => `p:${p.name}.${name}`;
  return html`<article class="card service" data-group=${p.name}>
    <div class="who"><a href=${href('partitions', { group: p.group })}>${p.name}</a>
      <span class="bar"><${Badge} state=${p.state} />${p.connected || p.state === 'failed' ? null : html`<${Badge} state="disconnected">not connected<//>`}</span>
      <${Strip} total=${p.partitions_total} parts=${[['good', running, 'running'], ['warn', recovering + draining, recovering > 0 ? 'recovering' : 'draining'], ['bad', failed, 'failed'], ['calm', Math.max(0, p.partitions_total - p.partitions_here), 'elsewhere']]} />
      <span class="sub"><a href=${href('instances', { group: p.group })}>${p.partitions_here === p.partitions_total ? plural(p.partitions_total, 'partition') : `${count(p.partitions_here)} of ${plural(p.partitions_total, 'partition')}`}${p.standbys > 0 ? `, ${plural(p.standbys, 'standby', 'standbys')}` : ''}</a></span></div>
    <div class="wave"><${Sparkline} name=${column('in')} /></div>
    <${Cell} label="In" text=${rate(r.in)} unit="/s" sub=${`${bytes(r.in_bytes)}/s`} />
    <${Cell} label="Out" text=${rate(r.out)} unit="/s" sub=${`${rate(r.written)}/s to table`} />
    <${Cell} label="Lag" text=${short(p.lag)} sub=${html`<${Trend} ...${trend(history.times, history.get(column('lag')))} />`} />
    <${Cell} label="Oldest waiting" text=${duration(p.lag_seconds)} sub=${`up ${duration(p.uptime_seconds)}`} />
    <${Cell} label="Callback p99" text=${micros(r.callback_p99_us)} sub=${r.callback_p50_us == null ? 'no calls' : `p50 ${micros(r.callback_p50_us)}`} />
    ${p.error ? html`<div class="says"><${Notice} tone="bad">${p.error}<//></div>` : null}
    ${p.problems.map((line) => html`<div class="says" key=${line}><${Notice}>${line}<//></div>`)}</article>`;
}

function View({ v }) {
  const r = v.rates ?? {};
  return html`<article class="card service" data-view=${v.view}>
    <div class="who"><a href=${href('tables', { table: v.table })}>${v.view}</a><${Badge} state=${v.state} /><span class="sub">view of ${v.table}</span></div>
    <div class="wave"><${Sparkline} name=${`v:${v.view}.in`} /></div>
    <${Cell} label="In" text=${rate(r.in)} unit="/s" sub=${`${bytes(r.in_bytes)}/s`} />
    <${Cell} label="Changed" text=${rate(r.written)} unit="/s" sub="rows" />
    <${Cell} label="Lag" text=${short(v.lag)} sub=${html`<${Trend} ...${trend(history.times, history.get(`v:${v.view}.lag`))} />`} />
    <${Cell} label="Rows" text=${short(v.rows)} sub=${bytes(v.bytes)} />
    <${Cell} label="Up" text=${duration(v.uptime_seconds)} sub="" />
    ${v.reason ? html`<div class="says"><${Notice} tone=${v.state === 'failed' ? 'bad' : 'warn'}>${v.reason}<//></div>` : null}</article>`;
}

export function Overview() {
  beat.value;
  const all = named.value;
  if (all.length + views.value.length === 0) return html`<${Verdict} /><div class="card"><${Empty} icon="topology" title="Nothing to look at yet">Processors and views that are given to app.run show here.<//></div>`;
  return html`<${Verdict} />
    ${all.length > 0 ? html`<${Figures} />
      <div class="two">
        <section class="card"><header><h2>Throughput</h2><span class="soft small end">records a second</span></header><div class="body"><${Chart} label="Records in and out a second, over the last 15 minutes" format=${rate} series=${[{ name: 'total.in', label: 'in' }, { name: 'total.out', label: 'out', tone: 'second' }]} /></div></section>
        <section class="card"><header><h2>Lag</h2><span class="soft small end">records not done yet</span></header><div class="body"><${Chart} label="Total lag over the last 15 minutes" format=${short} series=${[{ name: 'total.lag', label: 'all inputs', tone: 'second' }]} /></div></section>
      </div>
      <section class="services" aria-label="Processors"><h2>Processors</h2>${all.map((p) => html`<${Processor} key=${p.name} p=${p} />`)}</section>` : null}
    ${views.value.length > 0 ? html`<section class="services" aria-label="Views"><h2>Views</h2>${views.value.map((v) => html`<${View} key=${v.view} v=${v} />`)}</section>` : null}`;
}
