// Is all well, how much goes through, how far behind is it.
import { html } from '../vendor/preact.js';
import { bytes, count, duration, micros, plural, rate, short } from '../lib/format.js';
import { trend } from '../lib/history.js';
import { href } from '../lib/route.js';
import { elsewhere, scopeOf } from '../lib/scope.js';
import { beat, history, named, processors, summary } from '../lib/store.js';
import { verdict } from '../lib/tones.js';
import { useWhole } from '../lib/whole.js';
import { Badge, Empty, Notice, Strip, Trend, Value, Waiting } from '../parts/basics.js';
import { Chart } from '../parts/chart.js';
import { Icon } from '../parts/icons.js';
import { Missing, Scope } from '../parts/scope.js';
import { Sparkline } from '../parts/sparkline.js';
import { Stat } from '../parts/stat.js';

const GLYPHS = { good: 'check', warn: 'hourglass', bad: 'cross', calm: 'info' };

/** What is running, since when, and where. */
function since(s) {
  const parts = [plural(s.processors.length, 'processor')];
  if (s.views.length > 0) parts.push(plural(s.views.length, 'view'));
  const up = s.instances?.map((i) => i.uptime_seconds ?? 0) ?? [];
  if (up.length === 0) return `for ${duration(s.uptime_seconds)}, ${parts.join(' and ')}`;
  return `${parts.join(' and ')} at ${plural(up.length, 'instance')}, up ${duration(Math.max(...up))}${up.length > 1 ? `, the youngest ${duration(Math.min(...up))}` : ''}`;
}

function Verdict({ s }) {
  const { tone, title, lines } = verdict(s);
  return html`<section class="verdict" data-tone=${tone} aria-label="Health">
    <span class="glyph"><${Icon} name=${GLYPHS[tone]} /></span>
    <div><h2>${title}</h2>
      ${lines.length > 0 ? lines.slice(0, 4).map((line) => html`<p key=${line}>${line}</p>`) : html`<p>${since(s)}</p>`}</div></section>`;
}

const sum = (values) => (values.some((v) => v === null || v === undefined) ? null : values.reduce((a, b) => a + b, 0));

function Figures({ s }) {
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
      <${Strip} total=${p.partitions_total} parts=${[['good', running, 'running'], ['warn', recovering + draining, recovering > 0 ? 'recovering' : 'draining'], ['bad', failed, 'failed'], ['calm', Math.max(0, p.partitions_total - p.partitions_here), p.instances ? 'not heard of' : 'elsewhere']]} />
      <span class="sub"><a href=${href('instances', { group: p.group })}>${p.partitions_here === p.partitions_total ? plural(p.partitions_total, 'partition') : `${count(p.partitions_here)} of ${plural(p.partitions_total, 'partition')}`}${p.instances ? ` at ${plural(p.instances, 'instance')}` : ''}${p.standbys > 0 ? `, ${plural(p.standbys, 'standby', 'standbys')}` : ''}</a></span></div>
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
    <div class="who"><a href=${href('tables', { table: v.table })}>${v.view}</a><${Badge} state=${v.state} /><span class="sub">view of ${v.table}${v.instances > 1 ? `, ${plural(v.instances, 'copy', 'copies')}` : ''}</span></div>
    <div class="wave"><${Sparkline} name=${`v:${v.view}.in`} /></div>
    <${Cell} label="In" text=${rate(r.in)} unit="/s" sub=${`${bytes(r.in_bytes)}/s`} />
    <${Cell} label="Changed" text=${rate(r.written)} unit="/s" sub="rows" />
    <${Cell} label="Lag" text=${short(v.lag)} sub=${html`<${Trend} ...${trend(history.times, history.get(`v:${v.view}.lag`))} />`} />
    <${Cell} label="Rows" text=${short(v.rows)} sub=${bytes(v.bytes)} />
    <${Cell} label="Up" text=${duration(v.uptime_seconds)} sub="" />
    ${v.reason ? html`<div class="says"><${Notice} tone=${v.state === 'failed' ? 'bad' : 'warn'}>${v.reason}<//></div>` : null}</article>`;
}

/** Several versions at a time are no fault, while they last. */
function Versions({ of }) {
  if (!of || of.length < 2) return null;
  return html`<${Notice} tone="calm">Instances run different versions: ${of.map((v) => `${v.version} at ${v.instances.length > 2 ? plural(v.instances.length, 'instance') : v.instances.join(' and ')}`).join(', ')}.<//>`;
}

export function Overview() {
  beat.value;
  const scope = scopeOf(processors.value.some(elsewhere));
  const { data, error } = useWhole();
  const s = scope.wide ? data : summary.value;
  const head = scope.choosable ? html`<div class="bar"><${Scope} scope=${scope} /></div>` : null;
  if (!s) return html`${head}<${Waiting} error=${error} />`;
  const all = scope.wide ? s.processors.map((p) => ({ ...p, name: p.group })) : named.value;
  if (all.length + s.views.length === 0) return html`<${Verdict} s=${s} /><div class="card"><${Empty} icon="topology" title="Nothing to look at yet">Processors and views that are given to app.run show here.<//></div>`;
  return html`${head}<${Missing} of=${s.missing}>What is theirs is not counted here.<//><${Versions} of=${s.versions} />
    <${Verdict} s=${s} />
    ${all.length > 0 ? html`<${Figures} s=${s} />
      <div class="two">
        <section class="card"><header><h2>Throughput</h2><span class="soft small end">records a second</span></header><div class="body"><${Chart} label="Records in and out a second, over the last 15 minutes" format=${rate} series=${[{ name: 'total.in', label: 'in' }, { name: 'total.out', label: 'out', tone: 'second' }]} /></div></section>
        <section class="card"><header><h2>Lag</h2><span class="soft small end">records not done yet</span></header><div class="body"><${Chart} label="Total lag over the last 15 minutes" format=${short} series=${[{ name: 'total.lag', label: 'all inputs', tone: 'second' }]} /></div></section>
      </div>
      <section class="services" aria-label="Processors"><h2>Processors</h2>${all.map((p) => html`<${Processor} key=${p.name} p=${p} />`)}</section>` : null}
    ${s.views.length > 0 ? html`<section class="services" aria-label="Views"><h2>Views</h2>${s.views.map((v) => html`<${View} key=${v.view} v=${v} />`)}</section>` : null}`;
}
