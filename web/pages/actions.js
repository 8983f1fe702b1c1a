// Visitors, replays and actions of the program's own: start, watch, stop.
import { html, useState } from '../vendor/preact.js';
import { count, dateTime, duration, percent, plural } from '../lib/format.js';
import { elsewhere, scopeOf } from '../lib/scope.js';
import { now, processors } from '../lib/store.js';
import { token } from '../lib/token.js';
import { useAnswer } from '../lib/use.js';
import { Badge, Empty, Meter, Waiting } from '../parts/basics.js';
import { TokenField, start, stop } from '../parts/runs.js';
import { Missing, Scope } from '../parts/scope.js';

const KINDS = { visit: 'visitor', replay: 'replay of dead letters', user: 'action of the program' };

/** A visit is of a whole group; anything else runs at this instance. */
function Action({ a, able, wide }) {
  const all = wide && a.kind === 'visit';
  const [input, setInput] = useState('');
  const [busy, setBusy] = useState(false);
  let parsed;
  let mistake = null;
  if (a.takes && input.trim() !== '') {
    try {
      parsed = JSON.parse(input);
    } catch {
      mistake = 'This is no JSON yet.';
    }
  }
  const run = async (e) => {
    e.preventDefault();
    setBusy(true);
    await start(a.id, parsed, all);
    setBusy(false);
  };
  return html`<article class="card" data-action=${a.id}><header><h2 class="breaks">${a.name}</h2><span class="soft small end">${KINDS[a.kind]}${a.group ? ` of ${a.group}` : ''}</span></header>
    <form class="body stack" onSubmit=${run}>${a.help ? html`<p class="soft">${a.help}.</p>` : null}
      ${a.takes ? html`<label class="field">Input, JSON (${a.takes})<textarea class="mono" rows="2" spellcheck="false" value=${input} onInput=${(e) => setInput(e.currentTarget.value)}></textarea></label>` : null}
      ${mistake ? html`<p class="warn small" role="status">${mistake}</p>` : null}
      <div><button class="primary" type="submit" disabled=${!able || busy || mistake !== null}>Start</button>${all ? html`<span class="soft small"> at ${plural(a.instances.length, 'instance')}</span>` : null}</div></form></article>`;
}

/** Runs of all instances that were started together are one; a run of another instance's own can be stopped there. */
function oneOf(r) {
  if (!r.runs) return { ...r, name: r.id, stop: () => stop(r.id), where: null };
  const [first] = r.runs;
  const halt = r.key ? () => stop(r.key, true) : first?.self ? () => stop(first.run.id) : null;
  return { ...r, name: r.key ?? `${first?.instance} ${first?.run.id}`, stop: halt, where: r.runs.length === 1 ? (first.self ? 'at this instance' : `at ${first.instance ?? 'another instance'}`) : `at ${plural(r.runs.length, 'instance')}` };
}

function Run({ r, able }) {
  const part = r.left === null ? null : r.done + r.left > 0 ? r.done / (r.done + r.left) : 1;
  const running = r.state === 'running';
  const took = ((r.ended ?? now.value) - r.started) / 1000;
  return html`<article class="card run" data-run=${r.name}><div class="body stack">
    <div class="bar"><strong class="breaks">${r.action}</strong><${Badge} state=${r.state} />${r.where ? html`<span class="soft small">${r.where}</span>` : null}<span class="soft small end">${dateTime(r.started)}, ${running ? 'for' : 'took'} ${duration(Math.max(0, Math.round(took * 10) / 10))}</span></div>
    ${running ? html`<${Meter} part=${part} label=${`Progress of ${r.action}`} />` : null}
    <div class="bar"><span class="soft small">${count(r.done)} done${r.left !== null && running ? `, about ${plural(r.left, 'more', 'more')}${part !== null ? `, ${percent(part)}` : ''}` : ''}</span>${running && r.stop ? html`<button type="button" class="end" disabled=${!able} onClick=${r.stop}>Stop</button>` : null}</div>
    ${r.message ? html`<p class="small ${r.state === 'failed' ? 'bad' : 'soft'} breaks">${r.message}</p>` : null}</div></article>`;
}

export function Actions() {
  const scope = scopeOf(processors.value.some(elsewhere));
  const { data, error } = useAnswer(scope.wide ? '/cluster/actions' : '/actions', scope.wide ? 2_000 : 1_000);
  if (!data) return html`<${Waiting} error=${error} />`;
  const able = data.enabled && token.value !== '';
  return html`${scope.choosable ? html`<div class="bar"><${Scope} scope=${scope} /></div>` : null}<${Missing} of=${data.missing} /><${TokenField} enabled=${data.enabled} />
    ${data.actions.length === 0 ? html`<div class="card"><${Empty} icon="actions" title="No actions">Visitors of groups, replays of dead letters and actions of the program's own show here.<//></div>` : html`<div class="three">${data.actions.map((a) => html`<${Action} key=${a.id} a=${a} able=${able} wide=${scope.wide} />`)}</div>`}
    <section class="stack" aria-label="Runs"><h2>Runs</h2>${data.runs.length === 0 ? html`<p class="soft">Nothing was started yet.</p>` : data.runs.map(oneOf).map((r) => html`<${Run} key=${r.name} r=${r} able=${able} />`)}</section>`;
}
