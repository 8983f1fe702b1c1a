// Who has which partitions of a group. Pure.

/** Numbers that follow each other: [[first, last], …]. */
export function stretches(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const out = [];
  for (const n of sorted) {
    const open = out.at(-1);
    if (open && n <= open[1] + 1) open[1] = n;
    else out.push([n, n]);
  }
  return out;
}

/** 0–3, 7, 9, 10 */
export const ranges = (numbers) => stretches(numbers).map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a}, ${b}` : `${a}–${b}`)).join(', ');

/** A member's partitions and copies as stretches of one tone: [{tone, first, last}, …]. What it does not say is calm. */
export function stripOf(member, toneOf) {
  const byTone = new Map();
  const add = (tone, n) => {
    if (!byTone.has(tone)) byTone.set(tone, []);
    byTone.get(tone).push(n);
  };
  for (const n of member.holds) add(member.states[n] ? toneOf(member.states[n]) : 'calm', n);
  for (const c of member.standbys) add('standby', c.partition);
  return [...byTone].flatMap(([tone, numbers]) => stretches(numbers).map(([first, last]) => ({ tone, first, last })));
}

/** Every number of the group: [{partition, owner: member or null, state, copies: members}, …]. */
export function byNumber(group) {
  const all = Array.from({ length: group.partitions_total }, (_, partition) => ({ partition, owner: null, state: null, copies: [] }));
  for (const m of group.members) {
    for (const n of m.holds) if (all[n]) Object.assign(all[n], { owner: m, state: m.states[n] ?? null });
    for (const c of m.standbys) all[c.partition]?.copies.push(m);
  }
  return all;
}

/** How even: {least, most} partitions of a member; null without members. */
export function evenness(members) {
  if (members.length === 0) return null;
  const sizes = members.map((m) => m.holds.length);
  return { least: Math.min(...sizes), most: Math.max(...sizes) };
}

/** What to call a member: its address, or its own name where it announces none. */
export const nameOf = (member) => member.instance ?? member.member;
