// Asks the server. Errors are problem details with a sentence for people.
import { token } from './token.js';

const base = '/api/v1';

export class Problem extends Error {
  /** @param {object} details of RFC 9457, or as much of them as there is */
  constructor(details) {
    super(details.detail ?? details.title ?? 'no answer');
    this.status = details.status ?? 0;
    this.kind = (details.type ?? '').split(':').pop();
    this.details = details;
  }
}

const seg = encodeURIComponent;

/** The path of a table's row, of a page of rows, … with each part percent-encoded. */
export const paths = {
  progress: (group, wide) => `${wide ? '/cluster' : ''}/processors/${seg(group)}/progress`,
  partitions: (group, wide) => `${wide ? '/cluster' : ''}/processors/${seg(group)}/partitions`,
  processor: (group) => `/processors/${seg(group)}`,
  table: (name) => `/tables/${seg(name)}`,
  row: (table, key) => `/tables/${seg(table)}/keys?key64=${toBase64url(key)}`,
  rows: (table, query) => `/tables/${seg(table)}/keys?${new URLSearchParams(query)}`,
  watch: (table, key) => `${base}/tables/${seg(table)}/watch?key64=${toBase64url(key)}`,
  deadLetters: (topic, before) => `/dead-letters/${seg(topic)}?limit=20${before ? `&before=${seg(before)}` : ''}`,
};

/** base64url of text (as UTF-8) or bytes. */
export function toBase64url(key) {
  const data = typeof key === 'string' ? new TextEncoder().encode(key) : key;
  let text = '';
  for (const b of data) text += String.fromCharCode(b);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function fromBase64url(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

export async function ask(path, { method = 'GET', body, accept = 'application/json', signal } = {}) {
  const headers = { Accept: accept };
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(base + path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new Problem({ detail: 'The program does not answer.' });
  }
  if (!response.ok) {
    const details = await response.json().catch(() => ({}));
    throw new Problem({ title: response.statusText, ...details, status: response.status });
  }
  return response;
}

export const getJson = async (path, options) => (await ask(path, options)).json();
