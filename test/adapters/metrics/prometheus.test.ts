import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricWindow } from '../../../src/adapters/metrics/port.ts';
import { prometheusMetrics } from '../../../src/adapters/metrics/prometheus.ts';
import type { PrometheusMetricsSpec } from '../../../src/domain/spec.ts';
import { metricSourceContract } from './contract.ts';
import { CountingServer } from './counting-server.ts';
import { errors, gray, reading, requests, slow, spec, timed } from './prometheus-asked.ts';
import { type RunningPrometheus, scrapeMs, startPrometheus } from './prometheus-process.ts';

const spotlessServer = async (id: string) => {
  const server = await new CountingServer(id).start();
  server.serve({ total: 100, bad: 0 });
  return server;
};

/** A counter that exists from the start, as a service under load has it. */
const warm = async (id: string) => {
  const server = await new CountingServer(id).start();
  server.serve({ total: 1_000, bad: 1 });
  return server;
};

// A fresh Prometheus takes five seconds to its first scrape: both start at once.
const scraping = async (servers: readonly CountingServer[]) => {
  const prometheus = await startPrometheus(servers.map(({ port }) => port));
  await prometheus.scraped(2);
  return { servers, prometheus };
};
const starting = [
  Promise.all(['g1', 'g2', 's1', 's2'].map(warm)).then(scraping),
  Promise.all(['busy', 'spotless'].map(spotlessServer)).then(scraping),
] as const;

metricSourceContract('prometheus', async () => {
  const { servers, prometheus } = await starting[0];
  const [gray, stable] = [servers.slice(0, 2), servers.slice(2)];
  let turn = 0;
  return {
    source: prometheusMetrics(spec(prometheus.url)),
    arms: { gray: gray.map((one) => one.spec()), stable: stable.map((one) => one.spec()) },
    metrics: ['errors', 'slow', 'timed'],
    // Five scrapes in a window: four gaps are measured, five counted.
    tolerance: 0.5,
    lagMs: 2 * scrapeMs,
    serve: (arm, counts) => {
      const pool = arm === 'gray' ? gray : stable;
      turn += 1;
      pool[turn % pool.length]?.serve(counts);
    },
    restartGray: () => {
      for (const one of gray) {
        one.restart();
        one.serve({ total: 2, bad: 1 });
      }
    },
    goAway: prometheus.stop,
    close: prometheus.stop,
  };
});

function serverAt(servers: readonly CountingServer[], index: number): CountingServer {
  const server = servers[index];
  if (server === undefined) throw new Error(`there is no server ${index}`);
  return server;
}

describe('a real Prometheus', () => {
  let prometheus: RunningPrometheus;
  let busy: CountingServer;
  let spotless: CountingServer;
  let window: Omit<MetricWindow, 'metrics'>;

  beforeAll(async () => {
    const { servers, ...begun } = await starting[1];
    [busy, spotless] = [serverAt(servers, 0), serverAt(servers, 1)];
    prometheus = begun.prometheus;
    const fromMs = Date.now();
    await sleep(2.5 * scrapeMs);
    busy.serve({ total: 40, bad: 40 });
    spotless.serve({ total: 40, bad: 0 });
    await sleep(2.5 * scrapeMs);
    window = { fromMs, toMs: Date.now(), arms: { gray: [busy.spec()], stable: [spotless.spec()] } };
    await sleep(2 * scrapeMs);
  }, 60_000);
  afterAll(() => prometheus?.stop());

  const ask = (define: PrometheusMetricsSpec['define'][string], rest: Partial<typeof window> = {}) =>
    reading(spec(prometheus.url, { define: { it: define } }), { ...window, ...rest }, 'it');

  it('still knows an interval that ended before anybody asked', async () => {
    const source = prometheusMetrics(spec(prometheus.url));
    expect(source.looksBack).toBe(true);
    const askedAtMs = Date.now();
    const { metrics } = await source.measure({ ...window, metrics: ['errors'] });
    expect(gray(metrics.errors)).toMatchObject({ bad: expect.any(Number) });
    expect(Date.now() - askedAtMs).toBeLessThan(2_000);
  });

  it('a burst of errors in a label set that is new counts, though increase cannot see it', async () => {
    expect(gray(await ask(errors))).toEqual({ total: 40, bad: 40 });
  });

  it('no bad series is zero where the series of that server carry the label', async () => {
    const found = await ask(errors);
    expect(found).toMatchObject({ counts: { stable: { bad: 0 } } });
  });

  it('the same with sum written around', async () => {
    const summed = { total: `sum(${errors.total})`, bad: `sum( ${errors.bad} )` };
    expect(await ask(summed)).toEqual(await ask(errors));
  });

  it.each([
    ['a mistyped label', { ...errors, bad: requests(',status=~"5.."') }, /its query bad finds no series on busy/],
    [
      'a mistyped metric',
      { total: 'increase(http_request_total{instance=~"{servers}"}[{window}])', bad: errors.bad },
      /nothing on busy/,
    ],
    [
      'another metric as bad',
      { ...errors, bad: 'increase(errors_total{instance=~"{servers}"}[{window}])' },
      /bad finds no series/,
    ],
    ['a bucket bound that is none', { ...slow, bad: slow.bad.replace('0.05', '0.3') }, /bad finds no series/],
    [
      'a histogram without that bound',
      { ...timed, aboveSeconds: 0.3 },
      /no bucket bound 0.3 on busy .*; it has 0.05, 2.5/,
    ],
    ['a histogram of another name', { ...timed, histogram: 'nosuch' }, /nothing on busy/],
    ['a histogram without such series', { ...timed, matching: 'handler="/x"' }, /nothing on busy/],
    ['a division by zero', { ...errors, bad: `0 / (0 * ${requests()})` }, /gives NaN/],
    ['an infinite value', { ...errors, bad: `1 / (0 * ${requests()})` }, /gives \+Inf/],
    ['a negative value', { ...errors, bad: `-100 - ${requests()}` }, /gives -/],
    ['a syntax error', { ...errors, bad: `${requests()} +++` }, /Prometheus answered status 400: .*parse error/],
    ['a query without {servers}', { ...errors, bad: 'increase(x[{window}])' }, /query bad lacks \{servers\}/],
    ['a query without {window}', { ...errors, total: 'x{instance=~"{servers}"}' }, /query total lacks \{window\}/],
    [
      'a query that counts other servers too',
      { ...errors, total: requests().replace('{servers}', '{servers}|.+') },
      /also counts 127.0.0.1/,
    ],
  ])('%s is unusable', async (_, define, reason) => {
    expect(gray(await ask(define))).toMatch(reason);
  });

  it('a server that Prometheus does not scrape is named', async () => {
    const unknown = busy.spec({ id: 'pay-7', address: { host: '127.0.0.1', port: 1 } });
    const found = await ask(errors, { arms: { gray: [busy.spec(), unknown], stable: [] } });
    expect(gray(found)).toMatch(/nothing on pay-7 \(127\.0\.0\.1:1\)/);
  });

  it('a window before the first scrape is unusable', async () => {
    const past = { fromMs: window.fromMs - 3_600_000, toMs: window.toMs - 3_600_000 };
    expect(gray(await ask(errors, past))).toMatch(/nothing on busy/);
  });

  it('a window of too few scrapes is unusable', async () => {
    expect(gray(await ask(errors, { fromMs: window.toMs - 3 * scrapeMs }))).toMatch(/fewer than four scrapes/);
  });

  it('an arm without servers counts zero', async () => {
    expect(await ask(errors, { arms: { gray: [busy.spec()], stable: [] } })).toMatchObject({
      counts: { stable: { total: 0, bad: 0 } },
    });
  });

  it('a server known by another instance name is found by its metrics entry', async () => {
    const named = spotless.spec({ id: 'x', metrics: `http://127.0.0.1:${busy.port}/metrics` });
    expect(gray(await ask(errors, { arms: { gray: [named], stable: [] } }))).toEqual({ total: 40, bad: 40 });
  });
});
