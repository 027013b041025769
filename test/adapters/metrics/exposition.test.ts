import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createMetricSource } from '../../../src/adapters/metrics/index.ts';
import type { ExpositionMetric, ExpositionMetricsSpec } from '../../../src/domain/spec.ts';
import type { MetricReading } from '../../../src/domain/verdict.ts';
import { metricSourceContract } from './contract.ts';
import { CountingServer } from './counting-server.ts';

const define: Record<string, ExpositionMetric> = {
  errors: { total: 'http_requests_total', bad: { code: '/^5..$/' } },
  slow: { histogram: 'http_request_duration_seconds', aboveSeconds: 0.05 },
};

/** Half of this is how late a busy machine may be. */
const windowMs = 800;

const spec = (rest: Partial<ExpositionMetricsSpec> = {}): ExpositionMetricsSpec => ({
  kind: 'exposition',
  path: '/metrics',
  intervalMs: windowMs,
  define,
  ...rest,
});

metricSourceContract('exposition', async () => {
  const gray = await Promise.all(['g1', 'g2'].map((id) => new CountingServer(id).start()));
  const stable = await Promise.all(['s1', 's2', 's3'].map((id) => new CountingServer(id).start()));
  let turn = 0;
  return {
    source: createMetricSource(spec()),
    arms: { gray: gray.map((one) => one.spec()), stable: stable.map((one) => one.spec()) },
    metrics: ['errors', 'slow'],
    tolerance: 0,
    lagMs: 0,
    serve: (arm, counts) => {
      const servers = arm === 'gray' ? gray : stable;
      turn += 1;
      servers[turn % servers.length]?.serve(counts);
    },
    restartGray: () => {
      for (const one of gray) one.restart();
    },
    goAway: async () => gray[1]?.stop(),
    close: async () => {
      await Promise.all([...gray, ...stable].map((one) => one.stop()));
    },
  };
});

/** One gray server over one interval, with `between` in its middle. */
async function oneInterval(
  between: (server: CountingServer) => unknown,
  options: {
    spec?: Partial<ExpositionMetricsSpec>;
    prepare?: (server: CountingServer) => unknown;
    metrics?: string[];
  } = {},
): Promise<Readonly<Record<string, MetricReading>>> {
  const server = await new CountingServer('pay-1').start();
  await options.prepare?.(server);
  const source = createMetricSource(spec(options.spec));
  const fromMs = Date.now();
  const arms = { gray: [server.spec()], stable: [] };
  const metrics = options.metrics ?? ['errors', 'slow'];
  const measured = source.measure({ fromMs, toMs: fromMs + windowMs, arms, metrics });
  await sleep(windowMs / 2);
  await between(server);
  const interval = await measured;
  await server.stop();
  return interval.metrics;
}

const gray = (reading: MetricReading | undefined) =>
  reading && 'counts' in reading ? reading.counts.gray : reading?.unusable;

describe.concurrent('restarts', () => {
  it('a new process that has already counted further than the old one is told by its start time', async () => {
    const metrics = await oneInterval(
      (server) => {
        server.restart();
        server.serve({ total: 50, bad: 5 });
      },
      { prepare: (server) => server.serve({ total: 10, bad: 1 }) },
    );
    expect(gray(metrics.errors)).toEqual({ total: 50, bad: 5 });
    expect(gray(metrics.slow)).toEqual({ total: 50, bad: 5 });
  });

  it('a start time that wavers by a second is no restart', async () => {
    const metrics = await oneInterval(
      (server) => {
        server.startedS += 1;
        server.serve({ total: 4, bad: 1 });
      },
      { prepare: (server) => server.serve({ total: 10_000, bad: 10 }) },
    );
    expect(gray(metrics.errors)).toEqual({ total: 4, bad: 1 });
  });
});

describe.concurrent('samples', () => {
  it('consecutive windows cost one scrape each, and one more for the first', async () => {
    const server = await new CountingServer('pay-1').start();
    const source = createMetricSource(spec());
    let fromMs = Date.now();
    for (let n = 0; n < 3; n += 1) {
      const arms = { gray: [server.spec()], stable: [] };
      await source.measure({ fromMs, toMs: fromMs + windowMs, arms, metrics: ['errors'] });
      fromMs += windowMs;
    }
    expect(server.scrapes).toBe(4);
  });

  it('a window whose start has passed without a sample is unusable, not estimated', async () => {
    const server = await new CountingServer('pay-1').start();
    server.serve({ total: 100, bad: 0 });
    const toMs = Date.now();
    const arms = { gray: [server.spec()], stable: [] };
    const { metrics } = await createMetricSource(spec()).measure({
      fromMs: toMs - windowMs,
      toMs,
      arms,
      metrics: ['errors'],
    });
    expect(gray(metrics.errors)).toMatch(/^pay-1: at the start of the interval: there is no sample from/);
  });

  it('a window that ended long ago is not answered with the counters of today', async () => {
    const server = await new CountingServer('pay-1').start();
    const toMs = Date.now() - 60_000;
    const arms = { gray: [server.spec()], stable: [] };
    const { metrics } = await createMetricSource(spec()).measure({
      fromMs: toMs - windowMs,
      toMs,
      arms,
      metrics: ['errors'],
    });
    expect(gray(metrics.errors)).toMatch(/pay-1: there is no sample from/);
    expect(server.scrapes).toBe(0);
  });
});

describe.concurrent('unusable, with the name of the server', () => {
  const page = (text: string) => ({
    prepare: (server: CountingServer) => {
      server.page = text;
    },
  });
  const nothing = () => undefined;

  it.each([
    [
      'a server that answers something else',
      page('<html>\n<body>ok</body>\n'),
      /pay-1: cannot be scraped: line 1 is not/,
    ],
    ['NaN', page('http_requests_total{code="200"} NaN\n'), /pay-1: http_requests_total is NaN/],
    ['a negative counter', page('http_requests_total{code="200"} -4\n'), /pay-1: http_requests_total is -4/],
    ['infinity', page('http_requests_total{code="200"} +Inf\n'), /http_requests_total is Infinity/],
    ['an empty page', page(''), /pay-1: there is no metric http_requests_total/],
    [
      'a renamed metric',
      page('http_request_total{code="200"} 4\n'),
      /there is no metric http_requests_total; near it: http_request_total/,
    ],
    [
      'a renamed label',
      page('http_requests_total{status="500"} 4\n'),
      /http_requests_total has no label code; it has status/,
    ],
  ])('%s', async (_, options, reason) => {
    expect(gray((await oneInterval(nothing, { ...options, metrics: ['errors'] })).errors)).toMatch(reason);
  });

  it('a bound that is none of the histogram', async () => {
    const slow = { histogram: 'http_request_duration_seconds', aboveSeconds: 0.3 };
    const metrics = await oneInterval(nothing, { spec: { define: { slow } }, metrics: ['slow'] });
    expect(gray(metrics.slow)).toMatch(/has no bucket bound 0.3; it has 0.05, 2.5/);
  });

  it('a server that is gone at the end of the interval', async () => {
    expect(gray((await oneInterval((server) => server.stop())).errors)).toMatch(
      /^pay-1: cannot be scraped: .*ECONNREFUSED/,
    );
  });

  it('a pattern that is none', async () => {
    const errors = { total: 'http_requests_total', bad: { code: '/5(/' } };
    const serve = (server: CountingServer) => server.serve({ total: 1, bad: 0 });
    expect(gray((await oneInterval(serve, { spec: { define: { errors } } })).errors)).toMatch(
      /Invalid regular expression/,
    );
  });
});

it('a server with a metrics URL of its own is scraped there', async () => {
  const server = await new CountingServer('pay-1').start();
  const exporter = await new CountingServer('exporter').start();
  const source = createMetricSource(spec());
  const fromMs = Date.now();
  const arms = { gray: [server.spec({ metrics: `http://127.0.0.1:${exporter.port}/probe?x=1` })], stable: [] };
  const measured = source.measure({ fromMs, toMs: fromMs + windowMs, arms, metrics: ['errors'] });
  await sleep(windowMs / 2);
  exporter.serve({ total: 8, bad: 2 });
  expect(gray((await measured).metrics.errors)).toEqual({ total: 8, bad: 2 });
  expect(server.scrapes).toBe(0);
});
