// Starting and stopping actions, which needs the token.
import { html, useState } from '../vendor/preact.js';
import { ask, getJson } from '../lib/api.js';
import { setToken, token } from '../lib/token.js';
import { Notice } from './basics.js';
import { toast } from './toasts.js';

/** Says in the corner what came of it; gives whether it worked. */
async function tried(what, done) {
  try {
    await what();
    toast(done);
    return true;
  } catch (error) {
    if (error.status === 401) setToken('');
    toast(error.message, 'bad');
    return false;
  }
}

const runs = (wide) => `${wide ? '/cluster' : ''}/actions/runs`;

/** `wide`: at every instance of the action's group. */
export const start = (action, input, wide = false) => tried(() => getJson(runs(wide), { method: 'POST', body: input === undefined ? { action } : { action, input } }), `${action} was started.`);
/** `id`: of a run; of those that were started together, their key. */
export const stop = (id, wide = false) => tried(() => ask(`${runs(wide)}/${encodeURIComponent(id)}`, { method: 'DELETE' }), 'It is being stopped.');

/** Asks for the token where there is none yet. `enabled`: whether the program has one. */
export function TokenField({ enabled }) {
  const [text, setText] = useState('');
  if (!enabled) return html`<${Notice} tone="calm">Actions are off: the program was started without a token. Give it one by <code>--http-token-file FILE</code>.<//>`;
  if (token.value) return html`<p class="bar small soft">The token is kept for this tab. <button type="button" class="plain" onClick=${() => setToken('')}>Forget it</button></p>`;
  const keep = (e) => {
    e.preventDefault();
    setToken(text);
  };
  return html`<form class="bar low" onSubmit=${keep}><label class="field grow">Token, as in the file of --http-token-file<input type="password" name="token" autocomplete="off" value=${text} onInput=${(e) => setText(e.currentTarget.value)} /></label><button type="submit" disabled=${text.trim() === ''}>Use it</button></form>`;
}
