/** Counts drawn from their distributions: by inversion where few are expected, else by Hörmann's transformed rejection. */
import type { Random } from './random.ts';

/** Below this many expected events, counting up is quick. */
const few = 10;

export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  return mean < few ? countUp(random(), Math.exp(-mean), (k) => mean / k) : manyPoisson(random, mean);
}

export function binomial(random: Random, count: number, part: number): number {
  if (count <= 0 || part <= 0) return 0;
  if (part > 0.5) return count - binomial(random, count, 1 - part);
  if (count * part >= few) return manyBinomial(random, count, part);
  const odds = part / (1 - part);
  const drawn = countUp(random(), Math.exp(count * Math.log1p(-part)), (k) => (odds * (count - k + 1)) / k);
  return Math.min(count, drawn);
}

/** 1, 2, 3 … with the given mean. */
export const geometric = (random: Random, mean: number): number =>
  mean <= 1 ? 1 : 1 + Math.floor(Math.log1p(-random()) / Math.log1p(-1 / mean));

/** `ratio(k)` is P(k) ÷ P(k−1). */
function countUp(uniform: number, none: number, ratio: (k: number) => number): number {
  let [k, left, chance] = [0, uniform - none, none];
  while (left > 0 && chance > 1e-300) {
    k += 1;
    chance *= ratio(k);
    left -= chance;
  }
  return k;
}

/** PTRS of "The transformed rejection method for generating Poisson random variables" (1993). */
function manyPoisson(random: Random, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const scale = 1.1239 + 1.1328 / (b - 3.4);
  const surely = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const [u, v] = [random() - 0.5, random()];
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= surely) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const wanted = Math.log((v * scale) / (a / (us * us) + b));
    if (wanted <= k * Math.log(mean) - mean - lnFactorial(k)) return k;
  }
}

/** BTRS of "The generation of binomial random variates" (1993). `part` ≤ ½. */
function manyBinomial(random: Random, count: number, part: number): number {
  const spread = Math.sqrt(count * part * (1 - part));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * part;
  const scale = (2.83 + 5.1 / b) * spread;
  const mode = Math.floor((count + 1) * part);
  const top = lnFactorial(mode) + lnFactorial(count - mode);
  for (;;) {
    const [u, v] = [random() - 0.5, random()];
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + count * part + 0.5);
    if (us >= 0.07 && v <= 0.92 - 4.2 / b) return k;
    if (k < 0 || k > count) continue;
    const wanted = Math.log((v * scale) / (a / (us * us) + b));
    const rest = lnFactorial(k) + lnFactorial(count - k);
    if (wanted <= top - rest + (k - mode) * Math.log(part / (1 - part))) return k;
  }
}

const small: number[] = [0];
for (let k = 1; k < 32; k += 1) small.push((small[k - 1] ?? 0) + Math.log(k));

/** Stirling's series from 32 on: good to 1e-14. */
function lnFactorial(k: number): number {
  const known = small[k];
  if (known !== undefined) return known;
  return (k + 0.5) * Math.log(k) - k + 0.9189385332046727 + 1 / (12 * k) - 1 / (360 * k ** 3);
}
