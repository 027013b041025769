/**
 * Does gray get the part of the requests that the route means for it? If not, somebody lies, the router or its labels,
 * and no comparison of the arms can be trusted. Evidence against both `too much` and `too little`.
 */
import type { ArmCounts } from '../counts.ts';
import { type Logs, lnE } from './e-process.ts';

export interface SampleRatio {
  readonly more: Logs;
  readonly less: Logs;
  readonly meantBp: number;
  readonly gray: number;
  readonly all: number;
}

const times = [1.5, 2, 4, 8];
const none = times.map(() => 0);
export const noSampleRatio: SampleRatio = { more: none, less: none, meantBp: 0, gray: 0, all: 0 };

/** `tolerance` > 1. Evidence begins anew where the meant part changes. */
export function withRequests(
  before: SampleRatio,
  { gray, stable }: ArmCounts,
  meantBp: number,
  tolerance: number,
): SampleRatio {
  const meant = meantBp / 10_000;
  const state = before.meantBp === meantBp ? before : { ...noSampleRatio, meantBp };
  const add = (logs: Logs, edge: number, ratioOf: (time: number) => number) =>
    logs.map((log, at) => {
      const other = Math.min(mostPart, edge * ratioOf(times[at] ?? 1));
      return log + gray.total * Math.log(other / edge) + stable.total * (Math.log1p(-other) - Math.log1p(-edge));
    });
  const highest = Math.min(mostPart, meant * tolerance);
  const lowest = meant / tolerance;
  return {
    ...state,
    more: highest < mostPart ? add(state.more, highest, (time) => time) : state.more,
    less: add(state.less, lowest, (time) => 1 / time),
    gray: state.gray + gray.total,
    all: state.all + gray.total + stable.total,
  };
}

const mostPart = 0.999;
const lnCertain = Math.log(1_000);

/** One sentence, or null while the parts agree. */
export function mismatch({ more, less, meantBp, gray, all }: SampleRatio): string | null {
  if (lnE(more) < lnCertain && lnE(less) < lnCertain) return null;
  const observed = `${((gray / all) * 100).toPrecision(2)} %`;
  return `gray got ${observed} of the requests where the route means ${meantBp / 100} %: the router, its labels or the expected part of anonymous requests is wrong`;
}
