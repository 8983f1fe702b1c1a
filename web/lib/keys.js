// Keys as people write them, and as they are. Pure.

/** Bytes of a key that was written as `form` ('text' or 'hex'); a sentence in `mistake` where it cannot be read. */
export function readKey(text, form) {
  if (form === 'text') return { bytes: new TextEncoder().encode(text) };
  const digits = text.replace(/[\s:]|0x/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return { mistake: 'Hexadecimal keys are pairs of the digits 0 to 9 and a to f.' };
  return { bytes: Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)) };
}

/** A page's row as {text, form}: binary keys are hexadecimal. */
export function showKey(row, decode) {
  if (row.key !== null && row.key !== undefined) return { text: row.key, form: 'text' };
  return { text: Array.from(decode(row.key64), (b) => b.toString(16).padStart(2, '0')).join(' '), form: 'hex' };
}

/** A value in one line. */
export function oneLine(value, most = 240) {
  const text = JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
