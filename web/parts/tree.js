// A JSON value as a tree that opens and closes; what differs from `before` is marked.
import { html } from '../vendor/preact.js';
import { plural } from '../lib/format.js';

const DEEP = 3;

function Leaf({ value, changed }) {
  const name = typeof value === 'string' ? 'str' : typeof value === 'number' ? 'num' : 'lit';
  return html`<span class="${name} ${changed ? 'changed' : ''}">${JSON.stringify(value)}</span>`;
}

function Branch({ name, value, before, depth }) {
  const key = name === undefined ? null : html`<span class="key">${name}: </span>`;
  if (value === null || typeof value !== 'object') return html`<div class="leaf">${key}<${Leaf} value=${value} changed=${before !== undefined && before !== value} /></div>`;
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  const size = html`<span class="size">${list ? `[ ${plural(entries.length, 'item')} ]` : `{ ${plural(entries.length, 'field')} }`}</span>`;
  if (entries.length === 0) return html`<div class="leaf">${key}${size}</div>`;
  const old = before !== null && typeof before === 'object' ? before : undefined;
  return html`<details open=${depth < DEEP}><summary>${key}${size}</summary>
    <ul>${entries.map(([k, item]) => html`<li key=${k}><${Branch} name=${k} value=${item} before=${old?.[k]} depth=${depth + 1} /></li>`)}</ul></details>`;
}

export function Tree({ value, before }) {
  return html`<div class="tree"><${Branch} value=${value} before=${before} depth=${0} /></div>`;
}
