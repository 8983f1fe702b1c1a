// Every partition as a small square: a thousand at a glance.
import { html } from '../vendor/preact.js';

/** cells: [{key, tone: good|warn|bad|calm|standby|none, heat?: 0..1, shade?: 0..2, title}]. onOpen(key) makes them choosable. */
export function PartitionMap({ cells, label, onOpen }) {
  const size = cells.length > 400 ? 'dense' : cells.length > 100 ? 'middling' : 'loose';
  return html`<div class="map ${size}" role="img" aria-label=${label} onClick=${onOpen ? (e) => { const k = e.target.dataset?.key; if (k !== undefined) onOpen(k); } : undefined}>
    ${cells.map(({ key, tone, heat, shade, title, text }) => html`<i key=${key} data-key=${key} data-tone=${tone} data-shade=${shade} title=${title} style=${heat ? { '--heat': `${Math.round(heat * 100)}%` } : undefined}>${size === 'loose' ? text : null}</i>`)}</div>`;
}
