// Details of one thing, over the right edge of the page. Escape and a click beside it close it.
import { html, useLayoutEffect, useRef } from '../vendor/preact.js';
import { Icon } from './icons.js';

export function Drawer({ title, badge, onClose, children }) {
  const box = useRef(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.isConnected && before.focus?.();
  }, []);
  return html`<dialog class="drawer" ref=${box} aria-label=${title} onClose=${onClose} onClick=${(e) => { if (e.target === box.current) box.current.close(); }}>
    <header><h2>${title}</h2>${badge}<button type="button" class="plain icon" aria-label="Close" onClick=${() => box.current.close()}><${Icon} name="close" /></button></header>
    <div class="body">${children}</div></dialog>`;
}
