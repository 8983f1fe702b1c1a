// The token that actions need. Kept for this tab only, and only in it.
import { signal } from '../vendor/preact.js';

export const token = signal(sessionStorage.getItem('corka-token') ?? '');

export function setToken(text) {
  token.value = text.trim();
  if (token.value) sessionStorage.setItem('corka-token', token.value);
  else sessionStorage.removeItem('corka-token');
}
