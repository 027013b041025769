/** Buckets as text: what the edge sends, and the pattern for all of them below a threshold. */

/** The value of the bucket header: the salt it was made with, and four digits. An old salt matches nothing. */
export const bucketText = (salt: string, bucket: number): string => `${salt}.${String(bucket).padStart(4, '0')}`;

/** An anchored pattern for the buckets [0, shareBp) of `salt`; null for none. At most five alternatives. */
export function bucketsBelow(salt: string, shareBp: number): string | null {
  if (shareBp <= 0) return null;
  const prefix = `^${escaped(salt)}\\.`;
  if (shareBp >= 10_000) return `${prefix}[0-9]{4}$`;
  const digits = String(shareBp).padStart(4, '0');
  const parts = [...digits].flatMap((digit, at) => {
    if (digit === '0') return [];
    const rest = digits.length - at - 1;
    const last = Number(digit) - 1;
    return [`${digits.slice(0, at)}${last === 0 ? '0' : `[0-${last}]`}${rest === 0 ? '' : `[0-9]{${rest}}`}`];
  });
  return `${prefix}(${parts.join('|')})$`;
}

/** `text` as a pattern that matches itself, in RE2 as in JavaScript. */
export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
