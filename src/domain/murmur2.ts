/** MurmurHash2, 32 bit, seed 0 (Austin Appleby's specification), over UTF-8: the hash of nginx's `split_clients`. */

const prime = 0x5bd1e995;

/** Unsigned 32-bit hash of `text`. */
export function murmur2(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const wordsEnd = bytes.length - (bytes.length % 4);
  let hash = bytes.length;
  for (let at = 0; at < wordsEnd; at += 4) hash = Math.imul(hash, prime) ^ mixed(wordAt(bytes, at));
  if (wordsEnd < bytes.length) hash = Math.imul(hash ^ wordAt(bytes, wordsEnd), prime);
  hash = Math.imul(hash ^ (hash >>> 13), prime);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function mixed(word: number): number {
  const product = Math.imul(word, prime);
  return Math.imul(product ^ (product >>> 24), prime);
}

/** Little-endian; what lies behind the end is 0. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
