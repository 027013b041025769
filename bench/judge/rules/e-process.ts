/** The bare core of our judge: one e-process from the start on the grid of the page, with nothing around it. */
import type { ArmCounts } from '../../../src/domain/judge/counts.ts';
import { gridOf, type Logs, lnE, noLogs, withInterval } from '../../../src/domain/judge/sequential/e-process.ts';
import type { Counts } from '../../../src/domain/verdict.ts';
import type { Minute } from '../streams.ts';
import { opinion, type Rule } from './rule.ts';

const ratios = gridOf(1.15, 40, 24);

interface Core {
  readonly alpha?: number;
  readonly margin?: number;
  readonly counted?: (minute: Minute) => ArmCounts;
  readonly dispersion?: (before: readonly Counts[]) => number;
}

const core = (name: string, { alpha = 0.01, margin = 1, counted = errors, dispersion = () => 1 }: Core = {}): Rule => ({
  name,
  start: (before) => {
    const scatter = dispersion(before);
    let logs: Logs = noLogs(ratios);
    return {
      minute: (now) => {
        logs = withInterval(logs, counted(now), ratios, margin, scatter);
        return opinion(lnE(logs) >= -Math.log(alpha));
      },
    };
  },
});

const errors = ({ gray, stable }: Minute): ArmCounts => ({ gray, stable });

/** Variance ÷ mean of the bad requests by minute, never below 1. */
export function dispersionBefore(before: readonly Counts[]): number {
  const rate = sumOf(before, 'bad') / sumOf(before, 'total');
  if (!(rate > 0)) return 1;
  const scatter = before.reduce((sum, { total, bad }) => sum + (bad - rate * total) ** 2 / (rate * total), 0);
  return Math.max(1, scatter / (before.length - 1));
}

const sumOf = (counts: readonly Counts[], key: keyof Counts): number => counts.reduce((sum, one) => sum + one[key], 0);

export const eProcess = core('e-process, φ = 1');
export const eProcess5 = core('e-process, φ = 1, α 5 %', { alpha: 0.05 });
export const eProcessMargin = core('e-process, φ = 1, margin 1.25', { margin: 1.25 });
export const eProcessMeasured = core('e-process, φ of the hour before', { dispersion: dispersionBefore });
export const eProcessClients = core('e-process, distinct clients', { counted: ({ clients }) => clients });
