/**
 * Two arms that are constant and differ get a little noise before the test, or every shift would tie. Kayenta draws it
 * anew at each analysis; here its seed is the data, so the same data give the same verdict on every machine: a sum of
 * twelve uniform numbers is near enough to a normal one and needs no logarithm.
 */

/** Standard deviation of the noise ÷ value: an arm of zeros stays constant, as in Kayenta. */
const scale = 1e-5;

/** `arm` keeps the two arms' noise apart. */
export function noisy(values: readonly number[], arm: string): readonly number[] {
  const random = uniforms(hash(`${arm} ${values.length} ${values[0]}`));
  return values.map((value) => value + normal(random) * scale * value);
}

function normal(random: () => number): number {
  let sum = -6;
  for (let draws = 0; draws < 12; draws++) sum += random();
  return sum;
}

/** FNV-1a. */
function hash(text: string): number {
  let found = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) found = Math.imul(found ^ text.charCodeAt(at), 0x01000193);
  return found >>> 0;
}

/** Mulberry32. */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
