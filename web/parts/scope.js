// Parts of pages that show a whole group.
import { html } from '../vendor/preact.js';
import { plural } from '../lib/format.js';
import { Choice, Notice } from './basics.js';

/** Chooses between the whole group and this instance, where that differs. */
export function Scope({ scope }) {
  if (!scope.choosable) return null;
  return html`<${Choice} label="Of" value=${scope.wide ? 'group' : 'here'} onChange=${scope.choose} options=${[['group', 'Whole group'], ['here', 'This instance']]} />`;
}

/** Says which instances were not heard of, so that nobody takes a part for the whole. */
export function Missing({ of, children }) {
  if (!of || of.length === 0) return null;
  const name = (m) => m.instance ?? m.members[0] ?? 'an instance';
  return html`<${Notice}>Nothing was heard of ${of.length === 1 ? name(of[0]) : html`${plural(of.length, 'instance')}: ${of.slice(0, 4).map(name).join(', ')}${of.length > 4 ? ' and more' : ''}`}: ${of[0].why}. ${children ?? `What ${of.length === 1 ? 'it has' : 'they have'} is not shown here.`}<//>`;
}
