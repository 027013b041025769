/** Random numbers from a seed, the same on every machine: sfc32, seeded by name so that streams do not depend on order. */

/** Uniform in [0, 1), 53 bits. */
export type Random = () => number;

export function seeded(name: string): Random {
  const next = sfc32(...wordsOf(name));
  for (let warm = 0; warm < 16; warm += 1) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

type Words = [number, number, number, number];

/** FNV-1a with four offsets. */
function wordsOf(name: string): Words {
  const words: Words = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
  for (let at = 0; at < name.length; at += 1) {
    for (const index of [0, 1, 2, 3] as const) words[index] = Math.imul(words[index] ^ name.charCodeAt(at), 0x01000193);
  }
  return words;
}

function sfc32(a: number, b: number, c: number, d: number): () => number {
  return () => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
}
