/** The hashes by which routers draw users, each with the buckets it makes of 10 000 basis points. */
import { murmur2 } from './murmur2.ts';
import { xxh32 } from './xxh32.ts';

/** A router uses one of them for all its users; `xxh32` is what every program uses that can. */
export type UserHash = 'xxh32' | 'murmur2';

const buckets = 10_000;
const highest = 0xffff_ffff;

/** 0 … 9 999 for a text. */
export const bucketsBy: Readonly<Record<UserHash, (text: string) => number>> = {
  xxh32: (text) => xxh32(text) % buckets,
  murmur2: (text) => rangeOf(murmur2(text)),
};

/** `split_clients` cuts the range of the hash: bucket b is below a share of n when the hash is below ⌊n · (2³² − 1) ÷ 10 000⌋. */
const rangeOf = (hash: number): number => Math.min(buckets - 1, Math.floor(((hash + 1) * buckets - 1) / highest));
