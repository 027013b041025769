/** xxHash, 32 bit (Yann Collet's specification), over UTF-8: the hash HAProxy computes for `xxh32(0)`. */

const prime1 = 0x9e3779b1;
const prime2 = 0x85ebca77;
const prime3 = 0xc2b2ae3d;
const prime4 = 0x27d4eb2f;
const prime5 = 0x165667b1;

const rotl = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

const round = (acc: number, lane: number): number => Math.imul(rotl((acc + Math.imul(lane, prime2)) | 0, 13), prime1);

/** Unsigned 32-bit hash of `text`. */
export function xxh32(text: string, seed = 0): number {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stripesEnd = bytes.length - (bytes.length % 16);
  let hash = bytes.length >= 16 ? mixStripes(view, stripesEnd, seed) : (seed + prime5) | 0;
  hash = mixTail(view, bytes.length >= 16 ? stripesEnd : 0, (hash + bytes.length) | 0);
  return avalanche(hash);
}

function mixStripes(view: DataView, end: number, seed: number): number {
  const acc: [number, number, number, number] = [
    (seed + prime1 + prime2) | 0,
    (seed + prime2) | 0,
    seed | 0,
    (seed - prime1) | 0,
  ];
  for (let at = 0; at < end; at += 16) {
    acc[0] = round(acc[0], view.getUint32(at, true));
    acc[1] = round(acc[1], view.getUint32(at + 4, true));
    acc[2] = round(acc[2], view.getUint32(at + 8, true));
    acc[3] = round(acc[3], view.getUint32(at + 12, true));
  }
  return (rotl(acc[0], 1) + rotl(acc[1], 7) + rotl(acc[2], 12) + rotl(acc[3], 18)) | 0;
}

function mixTail(view: DataView, start: number, seeded: number): number {
  let hash = seeded;
  let at = start;
  for (; at + 4 <= view.byteLength; at += 4) {
    hash = Math.imul(rotl((hash + Math.imul(view.getUint32(at, true), prime3)) | 0, 17), prime4);
  }
  for (; at < view.byteLength; at += 1) {
    hash = Math.imul(rotl((hash + Math.imul(view.getUint8(at), prime5)) | 0, 11), prime1);
  }
  return hash;
}

function avalanche(mixed: number): number {
  let hash = Math.imul(mixed ^ (mixed >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
