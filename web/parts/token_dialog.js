// Asks for the token of a program that shows nothing without it.
import { html, useLayoutEffect, useRef, useState } from '../vendor/preact.js';
import { retry } from '../lib/store.js';
import { setToken, token } from '../lib/token.js';
import { Notice } from './basics.js';

export function TokenDialog() {
  const box = useRef(null);
  const [text, setText] = useState('');
  useLayoutEffect(() => { box.current.showModal(); }, []);
  const use = (e) => {
    e.preventDefault();
    setToken(text);
    retry();
  };
  return html`<dialog class="asks" ref=${box} aria-labelledby="asks" onCancel=${(e) => e.preventDefault()}>
    <form class="stack" onSubmit=${use}><h2 id="asks">This program asks for its token</h2>
      ${token.value ? html`<${Notice} tone="bad">The token that was given is not the program’s.<//>` : html`<p class="soft">It is in the file that the program was started with: <code class="nowrap">--http-token-file</code>. It is kept for this tab only.</p>`}
      <label class="field">Token<input type="password" name="token" autocomplete="off" autofocus value=${text} onInput=${(e) => setText(e.currentTarget.value)} /></label>
      <button class="primary" type="submit" disabled=${text.trim() === ''}>Use it</button></form></dialog>`;
}
