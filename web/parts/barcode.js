// A member's partitions as bars over all numbers: whole ones are its own, low ones are copies that it keeps for others.
import { html } from '../vendor/preact.js';

const HEIGHT = 12;
const LOW = 4;

/** Up to here each partition is a bar of its own, with a gap. */
const APART = 64;

const bar = (x, width, tone) => (tone === 'standby' ? `M${x} ${HEIGHT - LOW}h${width}v${LOW}h${-width}z` : `M${x} 0h${width}v${HEIGHT}h${-width}z`);

function path(strip, tone, apart) {
  let d = '';
  for (const s of strip) {
    if (s.tone !== tone) continue;
    if (!apart) d += bar(s.first, s.last - s.first + 1, tone);
    else for (let n = s.first; n <= s.last; n += 1) d += bar(n + 0.06, 0.88, tone);
  }
  return d;
}

const TONES = ['good', 'warn', 'bad', 'calm', 'standby'];

/** `strip` as lib/assignment.js makes it; `at`: a number that is pointed at, or null. */
export function Barcode({ strip, total, at, label }) {
  return html`<svg class="barcode" viewBox="0 0 ${total} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
    <rect class="ground" width=${total} height=${HEIGHT} />
    ${TONES.map((tone) => { const d = path(strip, tone, total <= APART); return d ? html`<path key=${tone} data-tone=${tone} d=${d} />` : null; })}
    ${at === null ? null : html`<rect class="at" x=${at} width="1" height=${HEIGHT} />`}</svg>`;
}
