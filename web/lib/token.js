// The token that actions need, or everything where the program says so. Kept for this tab only, and only in it.
import { signal } from '../vendor/preact.js';

const kept = globalThis.sessionStorage;

export const token = signal(kept?.getItem('corka-token') ?? '');

export function setToken(text) {
  token.value = text.trim();
  if (token.value) kept?.setItem('corka-token', token.value);
  else kept?.removeItem('corka-token');
}
