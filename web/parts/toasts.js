// Short messages in the corner: what an action came to.
import { html, render, signal } from '../vendor/preact.js';
import { Icon } from './icons.js';

const toasts = signal([]);
let last = 0;

const drop = (id) => { toasts.value = toasts.value.filter((t) => t.id !== id); };

/** `tone`: 'good' goes by itself, 'bad' stays until it is closed. */
export function toast(text, tone = 'good') {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.slice(-3), { id, text, tone }];
  if (tone !== 'bad') setTimeout(() => drop(id), 5_000);
}

function Toasts() {
  return toasts.value.map(({ id, text, tone }) => html`
    <div key=${id} class="toast" data-tone=${tone}><span>${text}</span><button type="button" class="plain icon" aria-label="Close" onClick=${() => drop(id)}><${Icon} name="close" /></button></div>`);
}

// Their place is there from the first view on, so that a reader of the screen knows it; they come with the first page that has any.
render(html`<${Toasts} />`, document.getElementById('toasts'));
