/** The judge as a release runs it, through the `Judge` interface: one metric, one interval a minute. */
import type { ArmCounts } from '../../../src/domain/judge/counts.ts';
import { createJudge } from '../../../src/domain/judge/index.ts';
import type { SequentialJudgeSpec, SequentialRule } from '../../../src/domain/spec.ts';
import type { Counts, Interval, JudgeContext } from '../../../src/domain/verdict.ts';
import type { Minute } from '../streams.ts';
import { opinion, type Rule } from './rule.ts';

const rule: SequentialRule = { role: 'required', margin: 1, minSample: 30, weight: 1, dispersion: 'measured' };

export const specOf = (change: Partial<SequentialRule> = {}): SequentialJudgeSpec => ({
  ...{ kind: 'sequential', alpha: 0.01, beta: 0.05, staleMs: 300_000, sampleRatio: 2 },
  metrics: { errors: { ...rule, ...change } },
});

const minuteMs = 60_000;

export const intervalOf = (minute: number, counts: ArmCounts, meantBp: number): Interval => ({
  ...{ fromMs: minute * minuteMs, toMs: (minute + 1) * minuteMs, meantBp },
  metrics: { errors: { counts } },
});

/** At the end of minute `minute`, from 0. */
export const contextOf = (minute: number, shareBp: number): JudgeContext => ({
  ...{ nowMs: (minute + 1) * minuteMs, rules: 'all', shareBp },
});

interface Setting {
  readonly change?: Partial<SequentialRule>;
  /** Stable servers are watched in the hour before the release, so that their scatter is known. */
  readonly watchedBefore?: boolean;
}

const judgeRule = (name: string, { change = {}, watchedBefore = false }: Setting): Rule => ({
  name,
  start: (before) => {
    const judge = createJudge(specOf(change));
    const counted = change.dispersion === 'clients' ? clients : errors;
    const quiet = (counts: Counts, at: number) => intervalOf(at, { gray: none, stable: counts }, 0);
    let minute = before.length;
    let fold = watchedBefore ? before.map(quiet).reduce(judge.fold, judge.start()) : judge.start();
    let share = 0;
    return {
      minute: (now) => {
        if (share !== now.shareBp) fold = judge.nextStage(fold);
        share = now.shareBp;
        fold = judge.fold(fold, intervalOf(minute, counted(now), share));
        const { kind } = judge.decide(fold, contextOf(minute, share));
        minute += 1;
        return opinion(kind === 'fail');
      },
    };
  },
});

const none: Counts = { total: 0, bad: 0 };
const errors = ({ gray, stable }: Minute): ArmCounts => ({ gray, stable });
const clients = (now: Minute): ArmCounts => now.clients;

export const judgeClients = judgeRule('gray-release, distinct clients', { change: { dispersion: 'clients' } });
export const judgeBefore = judgeRule('gray-release, scatter of the hour before', { watchedBefore: true });
export const judgeMeasured = judgeRule('gray-release, scatter measured as it goes', {});
export const judgeMargin = judgeRule('gray-release, distinct clients, margin 1.25', {
  change: { dispersion: 'clients', margin: 1.25 },
});
