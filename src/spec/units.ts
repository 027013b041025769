/** Durations and percents: strict texts in the file, milliseconds and basis points after it. */
import { z } from 'zod';
import { expects, text } from './scalars.ts';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const durationText = /^(\d{1,9})(ms|s|m|h|d)$/;

/** Milliseconds; NaN for anything but digits and one unit. The package `ms` takes "1 week" and "-3min" too. */
export function durationMs(value: string): number {
  const [, digits, unit] = durationText.exec(value) ?? [];
  if (unit !== 'ms' && unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') return Number.NaN;
  return Number(digits) * unitMs[unit];
}

export function duration(min: string, max: string) {
  const what = `a duration from ${min} to ${max} as digits and a unit, such as "300ms", "90s", "10m", "4h" or "7d"`;
  const fits = (value: string): boolean => durationMs(value) >= durationMs(min) && durationMs(value) <= durationMs(max);
  return text(what, durationText)
    .refine(fits, { error: expects(what) })
    .transform(durationMs);
}

/** Basis points, from `min` to 100 %. */
export function percentBp(min: '0%' | '0.01%') {
  const what = `a percent from ${min} to 100% in steps of at most 0.01 %, such as "5%" or "0.5%"`;
  const bp = (value: string): number => Math.round(Number(value.slice(0, -1)) * 100);
  return text(what, /^\d{1,3}(\.\d{1,2})?%$/)
    .refine((value) => bp(value) >= bp(min) && bp(value) <= 10_000, { error: expects(what) })
    .transform(bp);
}

/** A fraction of 1, from a percent with up to three decimals. */
export function rate() {
  const what = 'a percent above 0% and up to 100%, such as "1%" or "0.1%"';
  const fraction = (value: string): number => Math.round(Number(value.slice(0, -1)) * 1000) / 100_000;
  return text(what, /^\d{1,3}(\.\d{1,3})?%$/)
    .refine((value) => fraction(value) > 0 && fraction(value) <= 1, { error: expects(what) })
    .transform(fraction);
}

/** Part of the servers, or how many: counted out later, when the servers are known. */
export function countOrPercent(most = 1000) {
  const error = expects(`a percent such as "25%" or a whole number from 1 to ${most}`);
  const count = z.int({ error }).min(1, { error }).max(most, { error });
  return z.union([count, percentBp('0.01%').transform((bp) => ({ bp }))], { error });
}
