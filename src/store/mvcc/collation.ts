/**
 * Keys are ordered by their UTF-8 bytes, in memory as in the log. JavaScript compares UTF-16 units, which is the same
 * order until surrogates meet U+E000–U+FFFF: moving the surrogates above those makes `<` on the result right for all keys.
 */
const beyond = /[\ud800-\uffff]/;

/** A string whose UTF-16 order is the order of the key's UTF-8 bytes. Prefixes stay prefixes. Mostly the key itself. */
export function sortable(key: string): string {
  if (!beyond.test(key)) return key;
  const units = new Uint16Array(key.length);
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    units[i] = unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
  }
  return Buffer.from(units.buffer).toString("utf16le");
}
