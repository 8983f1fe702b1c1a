// A group's partitions by number: which are here, which are copied here, which are elsewhere. Pure.

/** Of the answer to /processors/{group}/partitions. */
export function cellsOfGroup(answer, toneOf) {
  const here = new Map(answer.partitions.map((p) => [p.partition, p]));
  const copies = new Map(answer.standbys.map((c) => [c.partition, c]));
  const most = Math.max(answer.partitions_total, ...[...here.keys(), ...copies.keys()].map((n) => n + 1));
  return Array.from({ length: most }, (_, n) => {
    const p = here.get(n);
    if (p) return { key: n, text: n, tone: toneOf(p.mode), title: `${n}: ${p.mode}` };
    if (copies.has(n)) return { key: n, text: n, tone: 'standby', title: `${n}: standby, ${copies.get(n).state}` };
    return { key: n, text: n, tone: 'none', title: `${n}: elsewhere` };
  });
}

/** 0–3, 7, 9–10 */
export function ranges(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const out = [];
  for (let i = 0; i < sorted.length; i += 1) {
    let j = i;
    while (sorted[j + 1] === sorted[j] + 1) j += 1;
    out.push(i === j ? `${sorted[i]}` : j === i + 1 ? `${sorted[i]}, ${sorted[j]}` : `${sorted[i]}–${sorted[j]}`);
    i = j;
  }
  return out.join(', ');
}
