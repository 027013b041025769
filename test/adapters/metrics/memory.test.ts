import { expect, it } from 'vitest';
import { createMetricSource } from '../../../src/adapters/metrics/index.ts';
import { MetricScript, memoryMetrics, sharedMetricScript } from '../../../src/adapters/metrics/memory.ts';
import { metricSourceContract } from './contract.ts';

metricSourceContract('memory', async () => {
  const script = new MetricScript();
  const metrics = ['errors', 'slow'];
  return {
    source: memoryMetrics({ kind: 'memory', intervalMs: 600 }, script),
    arms: { gray: [], stable: [] },
    metrics,
    tolerance: 0,
    lagMs: 0,
    serve: (arm, counts) => {
      for (const metric of metrics) script.add(metric, arm, counts);
    },
    restartGray: () => undefined,
    goAway: async () => script.goAway(),
    close: async () => undefined,
  };
});

const window = (fromMs: number, toMs: number, metric = 'errors') => ({
  fromMs,
  toMs,
  arms: { gray: [], stable: [] },
  metrics: [metric],
});

it('a scripted rate holds from its moment on, and neighbouring windows lose nothing', async () => {
  const script = new MetricScript().set('*', 'gray', { perSecond: 7, badRate: 0 });
  script.set('*', 'gray', { perSecond: 7, badRate: 0.5 }, 10_000).set('*', 'stable', { perSecond: 0, badRate: 0 });
  const source = memoryMetrics({ kind: 'memory', intervalMs: 100 }, script);
  const sum = { total: 0, bad: 0 };
  for (let fromMs = 0; fromMs < 20_000; fromMs += 100) {
    const reading = (await source.measure(window(fromMs, fromMs + 100))).metrics.errors;
    if (!reading || !('counts' in reading)) throw new Error(JSON.stringify(reading));
    sum.total += reading.counts.gray.total;
    sum.bad += reading.counts.gray.bad;
  }
  expect(sum).toEqual({ total: 140, bad: 35 });
});

it('a script can make a metric unusable or NaN from a moment on', async () => {
  const script = new MetricScript()
    .set('errors', 'gray', { perSecond: 5, badRate: 0 })
    .set('errors', 'gray', 'nan', 5_000);
  const source = memoryMetrics({ kind: 'memory', intervalMs: 1_000 }, script);
  expect((await source.measure(window(4_000, 5_000))).metrics.errors).toHaveProperty('counts');
  expect((await source.measure(window(5_000, 6_000))).metrics.errors).toEqual({ unusable: 'errors of gray is NaN' });
});

it('the registry gives the source that reads the shared script', async () => {
  sharedMetricScript.clear();
  sharedMetricScript.set('errors', 'stable', { perSecond: 10, badRate: 0.2 });
  const reading = (await createMetricSource({ kind: 'memory', intervalMs: 1 }).measure(window(0, 1_000))).metrics
    .errors;
  sharedMetricScript.clear();
  expect(reading).toEqual({ counts: { gray: { total: 0, bad: 0 }, stable: { total: 10, bad: 2 } } });
});
