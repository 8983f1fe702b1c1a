// Visitors, replays and actions of the program's own: start, watch, stop.
import { html, useState } from '../vendor/preact.js';
import { count, dateTime, duration, percent, plural } from '../lib/format.js';
import { now } from '../lib/store.js';
import { token } from '../lib/token.js';
import { useAnswer } from '../lib/use.js';
import { Badge, Empty, Meter, Waiting } from '../parts/basics.js';
import { TokenField, start, stop } from '../parts/runs.js';

const KINDS = { visit: 'visitor', replay: 'replay of dead letters', user: 'action of the program' };

function Action({ a, able }) {
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
    await start(a.id, parsed);
    setBusy(false);
  };
  return html`<article class="card" data-action=${a.id}><header><h2 class="breaks">${a.name}</h2><span class="soft small end">${KINDS[a.kind]}${a.group ? ` of ${a.group}` : ''}</span></header>
    <form class="body stack" onSubmit=${run}>${a.help ? html`<p class="soft">${a.help}.</p>` : null}
      ${a.takes ? html`<label class="field">Input, JSON (${a.takes})<textarea class="mono" rows="2" spellcheck="false" value=${input} onInput=${(e) => setInput(e.currentTarget.value)}></textarea></label>` : null}
      ${mistake ? html`<p class="warn small" role="status">${mistake}</p>` : null}
      <div><button class="primary" type="submit" disabled=${!able || busy || mistake !== null}>Start</button></div></form></article>`;
}

function Run({ r, able }) {
  const part = r.left === null ? null : r.done + r.left > 0 ? r.done / (r.done + r.left) : 1;
  const running = r.state === 'running';
  const took = ((r.ended ?? now.value) - r.started) / 1000;
  return html`<article class="card run" data-run=${r.id}><div class="body stack">
    <div class="bar"><strong class="breaks">${r.action}</strong><${Badge} state=${r.state} /><span class="soft small end">${dateTime(r.started)}, ${running ? 'for' : 'took'} ${duration(Math.max(0, Math.round(took * 10) / 10))}</span></div>
    ${running ? html`<${Meter} part=${part} label=${`Progress of ${r.action}`} />` : null}
    <div class="bar"><span class="soft small">${count(r.done)} done${r.left !== null && running ? `, about ${plural(r.left, 'more', 'more')}${part !== null ? `, ${percent(part)}` : ''}` : ''}</span>${running ? html`<button type="button" class="end" disabled=${!able} onClick=${() => stop(r.id)}>Stop</button>` : null}</div>
    ${r.message ? html`<p class="small ${r.state === 'failed' ? 'bad' : 'soft'} breaks">${r.message}</p>` : null}</div></article>`;
}

export function Actions() {
  const { data, error } = useAnswer('/actions', 1_000);
  if (!data) return html`<${Waiting} error=${error} />`;
  const able = data.enabled && token.value !== '';
  return html`<${TokenField} enabled=${data.enabled} />
    ${data.actions.length === 0 ? html`<div class="card"><${Empty} icon="actions" title="No actions">Visitors of groups, replays of dead letters and actions of the program's own show here.<//></div>` : html`<div class="three">${data.actions.map((a) => html`<${Action} key=${a.id} a=${a} able=${able} />`)}</div>`}
    <section class="stack" aria-label="Runs"><h2>Runs</h2>${data.runs.length === 0 ? html`<p class="soft">Nothing was started yet.</p>` : data.runs.map((r) => html`<${Run} key=${r.id} r=${r} able=${able} />`)}</section>`;
}
