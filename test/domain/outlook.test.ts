import { describe, expect, it } from 'vitest';
import { seeded } from '../../bench/judge/random.ts';
import { binomial, poisson } from '../../bench/judge/sampling.ts';
import { createJudge } from '../../src/domain/judge/index.ts';
import { type MetricOutlook, planOutlook } from '../../src/domain/plan/outlook.ts';
import type { ProbeSpec, ReleaseSpec, SequentialJudgeSpec, SequentialRule } from '../../src/domain/spec.ts';
import type { Interval, VerdictKind } from '../../src/domain/verdict.ts';
import { releaseSpec } from '../support/release-spec.ts';

const usual: SequentialRule = { role: 'required', margin: 1.25, minSample: 30, weight: 1, dispersion: 1 };

const judgeOf = (metrics: Readonly<Record<string, Partial<SequentialRule>>>): SequentialJudgeSpec => ({
  kind: 'sequential',
  ...{ alpha: 0.01, beta: 0.05, staleMs: 60_000, sampleRatio: null },
  metrics: Object.fromEntries(Object.entries(metrics).map(([name, rule]) => [name, { ...usual, ...rule }])),
});

const intervalMs = 15_000;

interface Case {
  readonly rps: number;
  readonly baseRate: number;
  readonly shareBp: number;
  readonly rule?: Partial<SequentialRule>;
}

const specOf = (judge: SequentialJudgeSpec, shareBp: number, change: Partial<ReleaseSpec> = {}): ReleaseSpec => {
  const spec = releaseSpec('shop', {
    judge,
    metrics: { kind: 'memory', intervalMs },
    ramp: { patience: 3, stages: [{ shareBp, holdMs: 300_000 }] },
  });
  return { ...spec, audience: { ...spec.audience, restBp: 0 }, ...change };
};

function outlookOf({ rps, baseRate, shareBp, rule = {} }: Case, change: Partial<ReleaseSpec> = {}) {
  const judge = judgeOf({ errors: rule });
  return planOutlook(specOf(judge, shareBp, change), judge, {
    requestsPerSecond: rps,
    baseRates: { errors: baseRate },
  });
}

function metricOf(wanted: Case, change: Partial<ReleaseSpec> = {}): MetricOutlook {
  const [found] = outlookOf(wanted, change).metrics;
  if (found === undefined) throw new Error('no outlook');
  return found;
}

const detectMs = ({ detect }: MetricOutlook, ratio: number): number | undefined =>
  detect.find((one) => one.ratio === ratio)?.need?.ms;

/** When the real judge said `kind`, in milliseconds, sorted; a run that it never does is Infinity. */
function simulated(
  { rps, baseRate, shareBp, rule = {} }: Case,
  ratio: number,
  kind: VerdictKind,
  runs: number,
): number[] {
  const judge = createJudge(judgeOf({ errors: rule }));
  const arm = (random: () => number, part: number, rate: number) => {
    const total = poisson(random, ((rps * intervalMs) / 1_000) * part);
    return { total, bad: binomial(random, total, rate) };
  };
  const one = (run: number): number => {
    const random = seeded(`outlook ${rps} ${baseRate} ${shareBp} ${ratio} ${run}`);
    let fold = judge.start();
    for (let toMs = intervalMs; toMs < 3 * 3_600_000; toMs += intervalMs) {
      const gray = arm(random, shareBp / 10_000, baseRate * ratio);
      const counts = { gray, stable: arm(random, 1 - shareBp / 10_000, baseRate) };
      const interval: Interval = { fromMs: toMs - intervalMs, toMs, metrics: { errors: { counts } }, meantBp: shareBp };
      fold = judge.fold(fold, interval);
      const verdict = judge.decide(fold, { nowMs: toMs, rules: 'all', shareBp }).kind;
      if (verdict === kind) return toMs;
      if (verdict === 'fail') break;
    }
    return Number.POSITIVE_INFINITY;
  };
  return Array.from({ length: runs }, (_, run) => one(run)).sort((a, b) => a - b);
}

const medianOf = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;

/** Of a tenth, or of one interval, which nobody can see into. */
const within = (planned: number | undefined, seen: number): void => {
  expect(planned).toBeDefined();
  expect(Math.abs((planned ?? 0) - seen), `planned ${planned}, seen ${seen}`).toBeLessThanOrEqual(
    Math.max(seen / 10, intervalMs),
  );
};

const cases: readonly Case[] = [
  { rps: 100, baseRate: 0.005, shareBp: 100 },
  { rps: 10, baseRate: 0.005, shareBp: 500 },
  { rps: 100, baseRate: 0.005, shareBp: 2_000, rule: { dispersion: 4 } },
  { rps: 50, baseRate: 0.01, shareBp: 3_300, rule: { dispersion: 'measured' } },
  { rps: 10, baseRate: 0.3, shareBp: 5_000 },
  { rps: 100, baseRate: 0.0002, shareBp: 1_000, rule: { maxRate: 0.01, minSample: 500 } },
];

const title = ({ rps, baseRate, shareBp, rule }: Case): string =>
  `${shareBp / 100} % of ${rps} requests a second, ${baseRate * 100} % bad${rule === undefined ? '' : ` ${JSON.stringify(rule)}`}`;

describe('an outlook, against hundreds of releases before the real judge', { timeout: 60_000 }, () => {
  it.each(cases.map((one) => [title(one), one] as const))('tells the time to a pass, and who is left: %s', (_, one) => {
    const { pass, undecided } = metricOf(one);
    const seen = simulated(one, 1, 'pass', 400);
    within(pass?.ms, medianOf(seen));
    const late = seen.filter((ms) => ms > (undecided?.afterMs ?? 0)).length / seen.length;
    expect(Math.abs((undecided?.chance ?? 0) - late)).toBeLessThan(0.06);
  });

  it.each(cases.slice(0, 4).map((one) => [title(one), one] as const))('tells the time to a fail: %s', (_, one) => {
    within(detectMs(metricOf(one), 3), medianOf(simulated(one, 3, 'fail', 200)));
  });
});

describe('an outlook', () => {
  const case5 = { rps: 100, baseRate: 0.005, shareBp: 500 };

  it('counts the gray requests and bad events of its time', () => {
    const { pass, detect } = metricOf(case5);
    expect(pass?.grayRequests).toBe(((pass?.ms ?? 0) / 1_000) * 5);
    expect(pass?.grayBad).toBeCloseTo((pass?.grayRequests ?? 0) * 0.005, 6);
    const worst = detect.find(({ ratio }) => ratio === 10)?.need;
    expect(worst?.grayBad).toBeCloseTo((worst?.grayRequests ?? 0) * 0.05, 6);
  });

  it('needs more time for smaller regressions, less traffic, and clumps', () => {
    const times = metricOf(case5).detect.map(({ need }) => need?.ms ?? Number.POSITIVE_INFINITY);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const usually = metricOf(case5).pass?.ms ?? 0;
    expect(metricOf({ ...case5, rps: 20 }).pass?.ms).toBeGreaterThan(4 * usually);
    expect(metricOf({ ...case5, rule: { dispersion: 5 } }).pass?.ms).toBeGreaterThan(4 * usually);
  });

  it('never detects what the margin tolerates, or a rate above 1', () => {
    const { detect } = metricOf({ ...case5, baseRate: 0.4, rule: { margin: 1.5 } });
    expect(detect.map(({ need }) => need === null)).toEqual([true, false, true, true]);
  });

  it('passes where nothing is bad by its own limit alone', () => {
    const limited = { ...case5, baseRate: 0, rule: { maxRate: 0.01, minSample: 100 } };
    // ln(4/0.05) ÷ −ln(0.99) requests, and 75 in an interval.
    expect(metricOf(limited).pass?.grayRequests).toBe(450);
    expect(metricOf({ ...limited, rule: {} }).pass).toBeNull();
    expect(metricOf({ ...limited, rule: {} }).undecided?.chance).toBe(1);
  });

  it('does not pass before the sample that the rule wants', () => {
    expect(metricOf({ ...case5, rule: { minSample: 3_000 } }).pass?.grayRequests).toBeGreaterThanOrEqual(3_000);
  });

  it('asks no pass of a guard, and divides the budget of risk', () => {
    const traffic = { requestsPerSecond: 100, baseRates: { errors: 0.005, slow: 0.05 } };
    const judge = judgeOf({ errors: { role: 'guard', weight: 1 }, slow: { weight: 9 } });
    const [errors, slow] = planOutlook(specOf(judge, 500), judge, traffic).metrics;
    expect(errors).toMatchObject({ role: 'guard', pass: null, undecided: null });
    expect(slow?.undecided).toMatchObject({ afterMs: 900_000 });
    if (errors === undefined) throw new Error('no outlook');
    expect(detectMs(errors, 3)).toBeGreaterThan(detectMs(metricOf(case5), 3) ?? 0);
  });

  it('takes what the rest of the requests leaves for gray', () => {
    const spec = releaseSpec('shop');
    const rest = metricOf(case5, { audience: { ...spec.audience, restBp: 5_000 } });
    expect(rest.detect.at(-1)?.need?.grayRequests).toBeDefined();
    expect(rest.pass?.ms).toBeGreaterThan(1.5 * (metricOf(case5).pass?.ms ?? 0));
  });

  it('counts the requests of a probe by servers, not by traffic', () => {
    const probe: ProbeSpec = { get: '/', requests: 10, timeoutMs: 1_000, slowMs: 500 };
    const judge = judgeOf({ 'probe-slow': {} });
    const metrics = { kind: 'exposition', path: '/metrics', intervalMs, define: {}, probe } as const;
    const traffic = { requestsPerSecond: 1_000, baseRates: { 'probe-slow': 0.05 } };
    const [slow] = planOutlook(specOf(judge, 100, { metrics }), judge, traffic).metrics;
    // Two of the eight servers are gray.
    expect(slow?.pass?.grayRequests).toBe(((slow?.pass?.ms ?? 0) / intervalMs) * 20);
  });

  it('takes the hold alone for the limit where a person is asked at its end', () => {
    const asked = { ramp: { patience: 3, stages: [{ shareBp: 500, holdMs: 300_000, undecided: 'hold' as const }] } };
    expect(metricOf(case5, asked).undecided?.afterMs).toBe(300_000);
  });
});

describe('the advice', () => {
  const poor = { rps: 15, baseRate: 0.01, shareBp: 100 };

  it('is silent where nearly every good release passes', () => {
    expect(outlookOf({ rps: 100, baseRate: 0.005, shareBp: 500 }).advice).toEqual([]);
  });

  it('names settings that would help, and a person', () => {
    const [advice] = outlookOf(poor).advice;
    expect(advice).toContain('stage 1 of 1, errors: ');
    expect(advice).toMatch(
      /a share of \d+ % with passMargin: 5, passMargin: \d+, a hold of \d+m, maxRate: \d+%, a person/,
    );
  });

  it.each([
    ['passMargin', /passMargin: (\d+),/, (value: number) => ({ rule: { passMargin: value } })],
    ['share', /share of (\d+) %/, (value: number) => ({ shareBp: value * 100, rule: { passMargin: 5 } })],
    ['maxRate', /maxRate: (\d+)%/, (value: number) => ({ rule: { maxRate: value / 100 } })],
  ] as const)('of %s is one that helps', (_, pattern, change) => {
    const [advice = ''] = outlookOf(poor).advice;
    const text = advice.replace('with passMargin: 5', '');
    const value = Number(pattern.exec(text)?.[1]);
    expect(metricOf({ ...poor, ...change(value) }).undecided?.chance).toBeLessThanOrEqual(0.05);
  });

  it('says so where no setting alone helps', () => {
    const [advice] = outlookOf({ rps: 0.001, baseRate: 0.0001, shareBp: 100 }).advice;
    expect(advice).toContain('no share, passMargin, hold or maxRate alone is enough');
  });
});

describe('a stage in which the arms cannot be compared', () => {
  it.each([
    ['nobody', 0.5],
    ['everybody', 1e4],
  ])('with %s on gray is never decided', (_, shareBp) => {
    const { pass, detect } = metricOf({ rps: 0.000001, baseRate: 0.005, shareBp });
    expect(pass).toBeNull();
    expect(detect.every(({ need }) => need === null)).toBe(true);
  });
});
