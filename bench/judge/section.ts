/** A part of docs/judge-benchmark.md, and the figures that come with it. */
import type { Figure } from '../report.ts';
import { margin, medianOf, partOf, type Tally } from './tally.ts';

export interface Section {
  readonly title: string;
  /** Markdown. */
  readonly lines: readonly string[];
  readonly figures: readonly Figure[];
}

/** How many releases of each kind. */
export interface Sizes {
  readonly harmless: number;
  readonly detection: number;
  readonly latency: number;
  readonly ramp: number;
  readonly passes: number;
}

export const full: Sizes = { harmless: 4_000, detection: 2_000, latency: 300, ramp: 300, passes: 1_000 };
export const quick: Sizes = { harmless: 30, detection: 12, latency: 4, ramp: 4, passes: 20 };

type Row = readonly string[];

export const markdownTable = (head: Row, rows: readonly Row[]): readonly string[] =>
  [head, head.map((_, at) => (at === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`);

/** Percent with the digits that the number of releases can tell. */
export function percentOf(tally: Tally): string {
  const percent = partOf(tally) * 100;
  if (percent === 0 || percent === 100) return String(percent);
  return percent.toFixed(percent < 10 || percent > 99 ? 2 : 0);
}

/** `78/43`: percent of the releases that were rolled back, and the median minute of those. */
export const foundIn = (tally: Tally): string =>
  tally.minutes.length === 0 ? '0' : `${percentOf(tally)}/${medianOf(tally)}`;

export const errorOf = (part: number, runs: number): string =>
  `±${margin(part, runs).toFixed(1)} points at ${part * 100} %`;
