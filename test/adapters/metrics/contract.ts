/** What every metric source keeps: one story of six intervals, told live, and the questions it must survive. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricSource, MetricWindow } from '../../../src/adapters/metrics/port.ts';
import type { Arm } from '../../../src/domain/server.ts';
import type { Counts, Interval } from '../../../src/domain/verdict.ts';

export interface MetricWorld {
  readonly source: MetricSource;
  readonly arms: MetricWindow['arms'];
  /** Metrics that the source knows. `errors` and `slow` count the same requests as bad. */
  readonly metrics: readonly string[];
  /** Largest difference to the true count, as a part of it. */
  readonly tolerance: number;
  /** How long after an interval's end its counts are known. */
  readonly lagMs: number;
  /** Requests that end now, at any server of the arm. */
  serve(arm: Arm, counts: Counts): void;
  /** Every gray server starts anew, its counters too. */
  restartGray(): void;
  goAway(): Promise<void>;
  close(): Promise<void>;
}

const slices = 5;

export function metricSourceContract(kind: string, open: () => Promise<MetricWorld>): void {
  describe(`the ${kind} metric source`, () => {
    let world: MetricWorld;
    const told: Interval[] = [];
    let again: Interval;
    let resolvedAtMs = 0;
    const windows: MetricWindow[] = [];

    beforeAll(async () => {
      world = await open();
      await tellStory();
    }, 90_000);
    afterAll(() => world?.close());

    async function tellStory(): Promise<void> {
      const { intervalMs } = world.source;
      const pending: Promise<void>[] = [];
      let fromMs = Date.now() + 20;
      const next = async (events: () => Promise<void>): Promise<void> => {
        const window = { fromMs, toMs: fromMs + intervalMs, arms: world.arms, metrics: [...world.metrics, 'nosuch'] };
        windows.push(window);
        fromMs = window.toMs;
        const measured = world.source.measure(window);
        measured.catch(() => undefined);
        await sleep(Math.max(0, window.fromMs + intervalMs * 0.1 - Date.now()));
        await events();
        await sleep(Math.max(0, window.toMs - Date.now()));
        pending.push(measured.then(note));
        if (world.lagMs === 0) await pending.at(-1);
      };
      const note = (interval: Interval) => {
        told.push(interval);
        resolvedAtMs = Date.now();
      };
      await next(() => traffic({ gray: { total: 10, bad: 1 }, stable: { total: 20, bad: 1 } }));
      await next(() => traffic({ gray: { total: 12, bad: 3 }, stable: { total: 40, bad: 2 } }));
      await next(async () => undefined);
      await next(async () => {
        world.restartGray();
        await sleep(intervalMs * 0.2);
        await traffic({ gray: { total: 6, bad: 2 }, stable: { total: 40, bad: 0 } });
      });
      await Promise.all(pending);
      again = await world.source.measure(window(1));
      await world.goAway();
      await next(async () => undefined);
      await Promise.all(pending);
      told.sort((one, other) => one.fromMs - other.fromMs);
    }

    /** So many requests in each of five moments. */
    async function traffic(each: Readonly<Record<Arm, Counts>>): Promise<void> {
      for (let slice = 0; slice < slices; slice += 1) {
        world.serve('gray', each.gray);
        world.serve('stable', each.stable);
        await sleep(world.source.intervalMs * 0.08);
      }
    }

    const window = (index: number): MetricWindow => {
      const found = windows[index];
      if (found === undefined) throw new Error(`the story has no interval ${index}`);
      return found;
    };

    function countsOf(interval: Interval | undefined, metric: string): Readonly<Record<Arm, Counts>> {
      const reading = interval?.metrics[metric];
      if (reading === undefined || !('counts' in reading)) throw new Error(`unusable: ${JSON.stringify(reading)}`);
      return reading.counts;
    }

    function expectCounts(actual: Counts, each: Counts): void {
      for (const key of ['total', 'bad'] as const) {
        const truth = each[key] * slices;
        expect(Math.abs(actual[key] - truth), `${key} ${actual[key]} for ${truth}`).toBeLessThanOrEqual(
          truth * world.tolerance,
        );
      }
    }

    it('counts what happened in a closed interval, per arm', () => {
      for (const metric of world.metrics) {
        const counts = countsOf(told[1], metric);
        expectCounts(counts.gray, { total: 12, bad: 3 });
        expectCounts(counts.stable, { total: 40, bad: 2 });
      }
    });

    it('counts the first interval too when it is asked in time', () => {
      expectCounts(countsOf(told[0], 'errors').stable, { total: 20, bad: 1 });
    });

    it('says which interval it measured, and not before its end', () => {
      expect(told[1]).toMatchObject({ fromMs: window(1).fromMs, toMs: window(1).toMs });
      expect(resolvedAtMs).toBeGreaterThanOrEqual(window(4).toMs);
    });

    it('counts zero where nothing happened', () => {
      const zero = { total: 0, bad: 0 };
      expect(countsOf(told[2], 'errors')).toEqual({ gray: zero, stable: zero });
    });

    it('survives a restart of the servers', () => {
      for (const metric of world.metrics) {
        expectCounts(countsOf(told[3], metric).gray, { total: 6, bad: 2 });
        expectCounts(countsOf(told[3], metric).stable, { total: 40, bad: 0 });
      }
    });

    it('answers the same when asked again', () => {
      expect(again).toEqual(told[1]);
    });

    it('never counts more bad requests than requests', () => {
      for (const interval of told) {
        for (const metric of world.metrics) {
          const reading = interval.metrics[metric];
          if (reading === undefined || !('counts' in reading)) continue;
          for (const arm of ['gray', 'stable'] as const) {
            expect(reading.counts[arm].bad).toBeLessThanOrEqual(reading.counts[arm].total);
          }
        }
      }
    });

    it('is unusable, with a reason, while what it reads is away', () => {
      for (const metric of world.metrics) {
        expect(told[4]?.metrics[metric]).toEqual({ unusable: expect.stringMatching(/\w+/) });
      }
    });

    it('is unusable for a metric it does not know', () => {
      expect(told[1]?.metrics.nosuch).toEqual({ unusable: expect.stringContaining('nosuch') });
    });

    it('stops waiting when told to', async () => {
      const stop = new AbortController();
      const begun = performance.now();
      const later = { ...window(1), fromMs: Date.now(), toMs: Date.now() + 60_000, signal: stop.signal };
      const measured = world.source.measure(later);
      setTimeout(() => stop.abort(new Error('enough')), 30);
      await expect(measured).rejects.toThrow('enough');
      expect(performance.now() - begun).toBeLessThan(5_000);
    });
  });
}
