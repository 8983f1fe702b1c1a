// What is around every page: the pages' names, whether we hear from the program, the theme.
import { html, useEffect, useState } from '../vendor/preact.js';
import { duration } from '../lib/format.js';
import { href, route } from '../lib/route.js';
import { link, processors, silence, summary, views } from '../lib/store.js';
import { stale } from '../lib/use.js';
import { Icon } from './icons.js';

export const PAGES = [
  ['Now', [['overview', 'Overview'], ['topology', 'Topology'], ['partitions', 'Partitions'], ['recovery', 'Recovery'], ['latency', 'Latency']]],
  ['Data', [['tables', 'Tables'], ['letters', 'Dead letters']]],
  ['Program', [['instances', 'Instances'], ['events', 'Events'], ['actions', 'Actions'], ['config', 'Config']]],
];

export const titles = Object.fromEntries(PAGES.flatMap(([, pages]) => pages));

const sheet = (name) => new Promise((done) => {
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `/assets/css/${name}.css`, onload: done, onerror: done }));
});
let sheets;
/** Resolved when there is the style of what the overview has not. */
export const dressed = () => { sheets ??= Promise.all(['details', 'pages'].map(sheet)); return sheets; };

/** The dialog that asks for the token: few programs want one. */
function Asks() {
  const [Dialog, show] = useState(null);
  useEffect(() => { Promise.all([import('./token_dialog.js'), dressed()]).then(([m]) => show(() => m.TokenDialog)); }, []);
  return Dialog ? html`<${Dialog} />` : null;
}

function Tally({ page }) {
  const failed = [...processors.value, ...views.value].filter((p) => p.state === 'failed').length;
  const reading = processors.value.reduce((n, p) => n + p.partition_states.recovering, 0);
  if (page === 'overview' && failed > 0) return html`<span class="tally bad">${failed}<span class="unseen"> failed</span></span>`;
  if (page === 'recovery' && reading > 0) return html`<span class="tally">${reading}<span class="unseen"> recovering</span></span>`;
  return null;
}

function Side({ open, close }) {
  const s = summary.value;
  return html`<nav class="side" data-open=${open} aria-label="Pages" id="pages">
    <a class="brand" href="#/overview" onClick=${close}>
      <svg viewBox="0 0 32 32" fill="none" stroke-linecap="round" stroke-width="4" aria-hidden="true"><path d="M25.5 8.5A12 12 0 1 0 25.5 23.5" stroke="var(--accent)" /><path d="M13 12.5h13M13 19.5h13" stroke="var(--second)" stroke-width="3" /></svg>corka</a>
    <div class="nav">${PAGES.map(([name, pages]) => html`<div key=${name}><h2>${name}</h2><ul>${pages.map(([page, title]) => html`
      <li key=${page}><a href=${href(page)} aria-current=${route.value.page === page ? 'page' : undefined} onClick=${close}><${Icon} name=${page} />${title}<${Tally} page=${page} /></a></li>`)}</ul></div>`)}</div>
    <p class="foot">${s ? html`${s.instance ? html`${s.instance}<br />` : null}corka ${s.version}` : null}</p></nav>`;
}

const THEMES = { auto: 'as the system', light: 'light', dark: 'dark' };

function Theme() {
  const [theme, set] = useState(document.documentElement.dataset.theme ?? 'auto');
  const next = { auto: 'light', light: 'dark', dark: 'auto' }[theme];
  const change = () => {
    set(next);
    if (next === 'auto') {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem('corka-theme');
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem('corka-theme', next);
    }
    dispatchEvent(new Event('corka-theme'));
  };
  const name = `Theme: ${THEMES[theme]}`;
  return html`<button type="button" class="plain icon" aria-label=${name} title=${name} onClick=${change}><${Icon} name=${{ auto: 'auto', light: 'sun', dark: 'moon' }[theme]} /></button>`;
}

const LINKS = { connecting: 'connecting', live: 'live', polling: 'asking every 2 s', lost: 'no answer', refused: 'token needed' };

function Old() {
  const { state, heard } = link.value;
  if (state !== 'lost' && stale.value) return html`<div class="old" role="alert"><strong>What this page shows is old.</strong> It is asked for again and again: ${stale.value.message}</div>`;
  if (state !== 'lost') return null;
  return html`<div class="old" role="alert"><strong>${heard === null ? 'The program does not answer.' : 'What you see is old.'}</strong>${' '}
    ${heard === null ? 'It is asked again every two seconds.' : html`Nothing was heard from the program for ${duration(Math.round(silence.value))}; it is asked again every two seconds.`}</div>`;
}

export function Frame({ children }) {
  const [open, setOpen] = useState(false);
  const { page } = route.value;
  const { state } = link.value;
  const close = () => setOpen(false);
  useEffect(() => {
    const s = summary.value;
    document.title = `${titles[page] ?? 'corka'} – ${s?.instance || 'corka'}`;
  });
  useEffect(() => {
    if (!open) return undefined;
    const onKey = (e) => { if (e.key === 'Escape') close(); };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [open]);
  return html`<div class="frame">
    <a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>To the page</a>
    <${Side} open=${open} close=${close} />
    ${open ? html`<button type="button" class="veil" aria-label="Close the menu" onClick=${close}></button>` : null}
    <main class="main" id="main" tabindex="-1" data-old=${state === 'lost' || stale.value ? 'true' : 'false'}>
      <div class="top">
        <button type="button" class="plain icon menu" aria-label="Pages" aria-expanded=${open ? 'true' : 'false'} aria-controls="pages" onClick=${() => setOpen(true)}><${Icon} name="menu" /></button>
        <h1>${titles[page] ?? 'Not here'}</h1>
        <div class="tools"><span class="link" data-state=${state} role="status"><i></i>${LINKS[state]}</span><${Theme} /></div>
      </div>
      <${Old} />
      <div class="page" data-page=${page}>${children}</div>
    </main>
    ${state === 'refused' ? html`<${Asks} />` : null}
    <div class="toasts" id="toasts" role="status" aria-live="polite"></div></div>`;
}
