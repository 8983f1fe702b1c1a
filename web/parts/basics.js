// Badge, meter, strip, empty state, notice, trend, known-or-dash.
import { html } from '../vendor/preact.js';
import { UNKNOWN, count, dateTime, duration } from '../lib/format.js';
import { toneOf } from '../lib/tones.js';
import { Icon } from './icons.js';

/** What is unknown is said to be so, and looks so; a true zero does not. */
export function Value({ text, unit, class: name = '' }) {
  if (text === UNKNOWN) return html`<span class="unknown ${name}" title="not known">${UNKNOWN}<span class="unseen"> not known</span></span>`;
  return html`<span class=${name}>${text}${unit ? html`<small>${unit}</small>` : null}</span>`;
}

export function Badge({ state, children }) {
  return html`<span class="badge" data-tone=${toneOf(state)}><i></i>${children ?? state}</span>`;
}

/** `part`: 0 to 1. */
export function Meter({ part, tone, label }) {
  const known = part !== null && part !== undefined;
  return html`<span class="meter" data-tone=${tone} role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${known ? Math.floor(part * 100) : undefined}>
    <b style=${{ width: `${known ? Math.min(100, part * 100) : 0}%` }}></b></span>`;
}

/** Shares of a whole: [[tone, count, name], …]. */
export function Strip({ parts, total }) {
  const shown = parts.filter(([, n]) => n > 0);
  const said = shown.map(([, n, name]) => `${count(n)} ${name}`).join(', ');
  return html`<span class="strip" role="img" aria-label=${said || 'none'} title=${said || 'none'}>
    ${shown.map(([tone, n, name]) => html`<b key=${name} data-tone=${tone} style=${{ flex: `${n / Math.max(1, total)} 1 0` }}></b>`)}</span>`;
}

const ARROWS = { rising: '↑', falling: '↓', steady: '→' };
const WORDS = { rising: 'rising', falling: 'falling', steady: 'steady' };

/** Where a lag goes, and when it is cleared. */
export function Trend({ direction, seconds }) {
  if (!direction) return html`<span class="unknown">–</span>`;
  if (direction === 'steady' && seconds === 0) return html`<span>none behind</span>`;
  const clears = seconds > 0 ? `clear in ${duration(Math.max(1, seconds))}` : WORDS[direction];
  return html`<span class="trend" data-direction=${direction}><span aria-hidden="true">${ARROWS[direction]}</span>${clears}</span>`;
}

export function Empty({ icon = 'overview', title, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><h2>${title}</h2>${children ? html`<p>${children}</p>` : null}</div>`;
}

/** In place of what is not there yet: nothing for a moment, so that quick answers do not flicker; or why it does not come. */
export function Waiting({ error }) {
  if (error) return html`<${Notice} tone="bad">${error.message}<//>`;
  return html`<div class="late" role="status"><${Empty} icon="hourglass" title="Asking the program …" /></div>`;
}

export function Notice({ tone = 'warn', children }) {
  return html`<div class="notice" data-tone=${tone} role=${tone === 'bad' ? 'alert' : undefined}><${Icon} name=${tone === 'calm' ? 'info' : 'warn'} /><div>${children}</div></div>`;
}

/** One of several: [[value, text, count?], …]; more than eight fold into a list, a single one is told. */
export function Choice({ label, options, value, onChange }) {
  if (options.length === 1) return html`<p class="only">${label} <strong>${options[0][1]}</strong></p>`;
  if (options.length > 8) {
    return html`<label class="field list">${label}<select value=${value} onChange=${(e) => onChange(e.currentTarget.value)}>${options.map(([v, text, n]) => html`
      <option key=${v} value=${v}>${text}${n !== undefined ? ` (${count(n)})` : ''}</option>`)}</select></label>`;
  }
  return html`<div class="choice" role="group" aria-label=${label}>${options.map(([v, text, n]) => html`
    <button key=${v} type="button" aria-pressed=${v === value ? 'true' : 'false'} onClick=${() => onChange(v)}>${text}${n !== undefined ? html`<span class="n">${count(n)}</span>` : null}</button>`)}</div>`;
}

/** A moment; where it is narrow without the year. */
export function When({ at }) {
  const text = dateTime(at);
  if (text === UNKNOWN) return html`<${Value} text=${text} />`;
  const year = /^\d+-/.exec(text)?.[0] ?? '';
  return html`<span class="nowrap"><span class="wide">${year}</span>${text.slice(year.length)}</span>`;
}

export function Facts({ rows }) {
  return html`<dl class="facts">${rows.filter(Boolean).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${typeof value === 'string' ? html`<${Value} text=${value} />` : value}</dd>`)}</dl>`;
}
