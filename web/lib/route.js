// Which page is shown: "#/partitions?group=planes".
import { signal } from '../vendor/preact.js';

export function parse(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { page: path || 'overview', query: Object.fromEntries(new URLSearchParams(query)) };
}

/** What is empty is left out, but for `key`: tables may have an empty one. */
export function href(page, query = {}) {
  const given = Object.entries(query).filter(([name, value]) => value !== undefined && value !== null && (value !== '' || name === 'key'));
  const text = new URLSearchParams(given).toString();
  return `#/${page}${text ? `?${text}` : ''}`;
}

export const route = signal(parse(globalThis.location?.hash ?? ''));

export function follow() {
  addEventListener('hashchange', () => { route.value = parse(location.hash); });
}

/** Changes the page's query without a new entry in the browser's history: filters, sort order. */
export function refine(query) {
  const next = { ...route.value.query, ...query };
  window.history.replaceState(null, '', href(route.value.page, next));
  route.value = parse(location.hash);
}

export function go(page, query) {
  location.hash = href(page, query);
}
