/** Any judge over a recorded table of intervals: what it would have said, interval by interval. */
import { meantForGrayBp } from '../split.ts';
import type { Counts, Interval, Judge, JudgeContext, Verdict } from '../verdict.ts';

/** One metric in one interval. Times are epoch milliseconds. */
export interface TableRow {
  readonly endMs: number;
  /** Without it an interval begins where the one before it ended. */
  readonly startMs?: number;
  readonly stage?: number;
  readonly metric: string;
  readonly gray: Counts;
  readonly stable: Counts;
  readonly shareBp: number;
}

export interface JudgedInterval {
  readonly endMs: number;
  readonly stage: number;
  readonly shareBp: number;
  readonly verdict: Verdict;
}

export interface TableOptions {
  /** A change of the share is no new stage. */
  readonly oneStage?: boolean;
  /** Part of the requests that the share does not decide, basis points. */
  readonly restBp?: number;
  readonly rules?: JudgeContext['rules'];
}

/** In the order of time; a fail stays, so what comes after it is still told. */
export function judgeTable(
  judge: Judge,
  rows: readonly TableRow[],
  options: TableOptions = {},
): readonly JudgedInterval[] {
  const judged: JudgedInterval[] = [];
  let fold = judge.start();
  let before: Recorded | null = null;
  for (const recorded of intervalsOf(rows, options)) {
    if (before !== null && recorded.stage !== before.stage) fold = judge.nextStage(fold);
    fold = judge.fold(fold, recorded.interval);
    const { stage, shareBp, interval } = recorded;
    const context = { nowMs: interval.toMs, rules: options.rules ?? 'all', shareBp } as const;
    judged.push({ endMs: interval.toMs, stage, shareBp, verdict: judge.decide(fold, context) });
    before = recorded;
  }
  return judged;
}

interface Recorded {
  readonly stage: number;
  readonly shareBp: number;
  readonly interval: Interval;
}

function intervalsOf(rows: readonly TableRow[], options: TableOptions): readonly Recorded[] {
  const ends = [...new Set(rows.map(({ endMs }) => endMs))].sort((one, other) => one - other);
  const usualMs = commonGap(ends);
  const recorded: Recorded[] = [];
  for (const endMs of ends) {
    const here = rows.filter((row) => row.endMs === endMs);
    const [first] = here;
    if (first === undefined) continue;
    const last = recorded.at(-1);
    const fromMs = first.startMs ?? last?.interval.toMs ?? endMs - usualMs;
    recorded.push({
      stage: stageOf(first, last, options),
      shareBp: first.shareBp,
      interval: intervalOf(here, first, fromMs, options),
    });
  }
  return recorded;
}

function intervalOf(
  rows: readonly TableRow[],
  { endMs, shareBp }: TableRow,
  fromMs: number,
  { restBp }: TableOptions,
): Interval {
  const metrics = Object.fromEntries(rows.map(({ metric, gray, stable }) => [metric, { counts: { gray, stable } }]));
  const meant = restBp === undefined ? {} : { meantBp: meantForGrayBp(shareBp, restBp) };
  return { fromMs, toMs: endMs, metrics, ...meant };
}

function stageOf(row: TableRow, last: Recorded | undefined, { oneStage }: TableOptions): number {
  if (oneStage === true || last === undefined) return oneStage === true ? 1 : (row.stage ?? 1);
  return row.stage ?? (row.shareBp === last.shareBp ? last.stage : last.stage + 1);
}

/** A minute where there is only one interval. */
function commonGap(ends: readonly number[]): number {
  const gaps = ends.slice(1).map((end, index) => end - (ends[index] ?? 0));
  return gaps.sort((one, other) => one - other)[Math.floor(gaps.length / 2)] ?? 60_000;
}
