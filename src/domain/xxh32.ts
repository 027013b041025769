/** xxHash, 32 bit (Yann Collet's specification), over UTF-8: the hash HAProxy computes for `xxh32(0)`. */

const prime1 = 0x9e3779b1;
const prime2 = 0x85ebca77;
const prime3 = 0xc2b2ae3d;
const prime4 = 0x27d4eb2f;
const prime5 = 0x165667b1;

const rotl = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

const round = (acc: number, lane: number): number => Math.imul(rotl((acc + Math.imul(lane, prime2)) | 0, 13), prime1);

/** Unsigned 32-bit hash of `text`. A router asks for every request, so short plain texts take no detour. */
export function xxh32(text: string, seed = 0): number {
  const bytes = bytesOf(text);
  const { length } = bytes;
  const stripesEnd = length - (length % 16);
  const begun = length >= 16 ? mixStripes(bytes, stripesEnd, seed) : (seed + prime5) | 0;
  return avalanche(mixTail(bytes, stripesEnd, (begun + length) | 0));
}

const short = 256;
/** One view for each length: a new one for every text would cost more than its hash. */
const scratch = new Uint8Array(short);
const views = Array.from({ length: short + 1 }, (_, length) => scratch.subarray(0, length));

/** UTF-8. Valid until the next call. */
function bytesOf(text: string): Uint8Array {
  const view = views[text.length];
  if (view === undefined) return new TextEncoder().encode(text);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return new TextEncoder().encode(text);
    view[at] = code;
  }
  return view;
}

const lane = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);

function mixStripes(bytes: Uint8Array, end: number, seed: number): number {
  let [one, two, three, four] = [(seed + prime1 + prime2) | 0, (seed + prime2) | 0, seed | 0, (seed - prime1) | 0];
  for (let at = 0; at < end; at += 16) {
    one = round(one, lane(bytes, at));
    two = round(two, lane(bytes, at + 4));
    three = round(three, lane(bytes, at + 8));
    four = round(four, lane(bytes, at + 12));
  }
  return (rotl(one, 1) + rotl(two, 7) + rotl(three, 12) + rotl(four, 18)) | 0;
}

function mixTail(bytes: Uint8Array, start: number, seeded: number): number {
  let hash = seeded;
  let at = start;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotl((hash + Math.imul(lane(bytes, at), prime3)) | 0, 17), prime4);
  }
  for (; at < bytes.length; at += 1) {
    hash = Math.imul(rotl((hash + Math.imul(bytes[at] ?? 0, prime5)) | 0, 11), prime1);
  }
  return hash;
}

function avalanche(mixed: number): number {
  let hash = Math.imul(mixed ^ (mixed >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
