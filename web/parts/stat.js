// A figure, what it is, and how it was.
import { html } from '../vendor/preact.js';
import { Value } from './basics.js';
import { Sparkline } from './sparkline.js';

export function Stat({ label, text, unit, note, curve, tone }) {
  return html`<div class="stat" data-stat=${label}>
    <span class="label">${label}</span>
    <span class="figure"><${Value} text=${text} unit=${unit} /></span>
    <span class="note">${note}</span>
    ${curve ? html`<${Sparkline} name=${curve} class=${tone} />` : null}</div>`;
}
