/** The routers' pages as text: what is counted, and what is refused to be counted. */
import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../../src/adapters/metrics/exposition-text.ts';
import { createMetricSource } from '../../../src/adapters/metrics/index.ts';
import { moved, parseClients } from '../../../src/adapters/metrics/router-clients.ts';
import { infoNumber, statPage } from '../../../src/adapters/metrics/router-haproxy.ts';
import { sidesOf } from '../../../src/adapters/metrics/router-pages.ts';
import type { RouterCounters, RouterMetric } from '../../../src/domain/spec.ts';
import { metricSourceContract } from './contract.ts';
import { CountingServer } from './counting-server.ts';

const pools = { a: 'shop_a', b: 'shop_b' };
const errors = { bad: ['5xx'] } as const;

/** A stand-in for the page of HAProxy's exporter; the real one is asked in router-haproxy.test.ts. */
class ExporterPage extends CountingServer {
  readonly #arms = { gray: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } };

  count(arm: 'gray' | 'stable', { total, bad }: { readonly total: number; readonly bad: number }): void {
    this.#arms[arm].total += total;
    this.#arms[arm].bad += bad;
  }

  override restart(): void {
    super.restart();
    for (const arm of [this.#arms.gray, this.#arms.stable]) Object.assign(arm, { total: 0, bad: 0 });
  }

  override text(): string {
    return [
      ...this.#pool('shop_a', this.#arms.stable),
      ...this.#pool('shop_b', this.#arms.gray),
      `haproxy_process_start_time_seconds ${this.startedS}`,
      '',
    ].join('\n');
  }

  #pool(proxy: string, { total, bad }: { readonly total: number; readonly bad: number }): string[] {
    const line = (code: string, value: number) =>
      `haproxy_backend_http_responses_total{proxy="${proxy}",code="${code}"} ${value}`;
    return [line('1xx', 7), line('2xx', total - bad), line('4xx', 0), line('5xx', bad), line('other', 0)];
  }
}

metricSourceContract('router', async () => {
  const page = await new ExporterPage('haproxy').start();
  const at = `http://127.0.0.1:${page.port}/metrics`;
  const source = createMetricSource({
    kind: 'router',
    intervalMs: 800,
    from: [{ kind: 'haproxy', at, pools }],
    define: { errors },
  });
  const stable = { gray: [page.spec()], stable: [page.spec()] };
  return {
    source: { ...source, measure: (window) => source.measure({ ...window, stablePool: 'a' }) },
    arms: stable,
    metrics: ['errors'],
    tolerance: 0,
    lagMs: 0,
    serve: (arm, counts) => page.count(arm, counts),
    restartGray: () => page.restart(),
    goAway: () => page.stop(),
    close: () => page.stop(),
  };
});

const read = (from: RouterCounters, metric: Exclude<RouterMetric, { clients: 'failed' }>, ...lines: string[]) =>
  sidesOf(from, metric, parseExposition(`${lines.join('\n')}\n`));

const totals = (one: ReturnType<typeof read>[string] | undefined) => {
  if (one === undefined || 'unusable' in one) return one;
  const sum = (series: ReadonlyMap<string, number>) => [...series.values()].reduce((all, value) => all + value, 0);
  return { total: sum(one.total), part: sum(one.part) };
};

describe('the page of HAProxy', () => {
  const from = { kind: 'haproxy', at: 'http://h/metrics', pools } as const;
  const responses = (proxy: string, code: string, value: string) =>
    `haproxy_backend_http_responses_total{proxy="${proxy}",code="${code}"} ${value}`;

  it('counts final responses per backend, and none of another target', () => {
    const sides = read(
      from,
      errors,
      ...[responses('shop_a', '1xx', '5'), responses('shop_a', '2xx', '90'), responses('shop_a', '5xx', '10')],
      ...[responses('shop_b', '2xx', '3'), responses('other', '5xx', '1000')],
    );
    expect(totals(sides.a)).toEqual({ total: 100, part: 10 });
    expect(totals(sides.b)).toEqual({ total: 3, part: 0 });
  });

  it('is unusable for a backend it does not have, and names those it has', () => {
    const sides = read(from, errors, responses('shop_a', '2xx', '1'), responses('shop_c', '2xx', '1'));
    expect(sides.b).toEqual({ unusable: 'HAProxy has no backend shop_b; it has shop_a, shop_c' });
  });

  it('is unusable where a counter is no number, and for latency, which it does not count', () => {
    expect(read(from, errors, responses('shop_a', '5xx', 'NaN')).a).toEqual({
      unusable: expect.stringContaining('NaN'),
    });
    expect(read(from, { aboveSeconds: 1 }).a).toEqual({ unusable: expect.stringContaining('counts no latency') });
  });

  it('is read from `show stat` too, where an empty cell is no zero', () => {
    const head = '# pxname,svname,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,';
    const page = statPage(`${head}\nshop_a,BACKEND,0,7,1,0,2,0,\nshop_b,BACKEND,,,,,,,\n\n`);
    const sides = sidesOf(from, errors, page);
    expect(totals(sides.a)).toEqual({ total: 10, part: 2 });
    expect(sides.b).toEqual({ unusable: expect.stringContaining('NaN') });
    expect(() => statPage('Permission denied\n')).toThrow('no column pxname');
    expect(() => infoNumber('Name: HAProxy\n', 'Pid')).toThrow('no Pid');
  });
});

describe('the page of Envoy', () => {
  const from = { kind: 'envoy', at: 'http://e/stats/prometheus', pools } as const;
  const cluster = (name: string) => `envoy_cluster_membership_total{envoy_cluster_name="${name}"} 2`;
  const known = [cluster('shop_a'), cluster('shop_b')];
  const rq = (name: string, digit: number, value: number) =>
    `envoy_cluster_upstream_rq_xx{envoy_response_code_class="${digit}",envoy_cluster_name="${name}"} ${value}`;

  it('counts responses per cluster; a listed cluster without a counter has had none', () => {
    const sides = read(
      from,
      { bad: ['4xx', '5xx'] },
      ...known,
      rq('shop_a', 2, 9),
      rq('shop_a', 4, 1),
      rq('shop_a', 5, 2),
    );
    expect(totals(sides.a)).toEqual({ total: 12, part: 3 });
    expect(totals(sides.b)).toEqual({ total: 0, part: 0 });
  });

  it('counts slow requests by a bucket in milliseconds, and refuses a bound that is none', () => {
    const bucket = (le: string, value: number) =>
      `envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="shop_a",le="${le}"} ${value}`;
    const lines = [...known, bucket('100', 4), bucket('250', 8), bucket('+Inf', 9)];
    expect(totals(read(from, { aboveSeconds: 0.25 }, ...lines).a)).toEqual({ total: 9, part: 8 });
    expect(read(from, { aboveSeconds: 0.2 }, ...lines).a).toEqual({
      unusable: expect.stringContaining('it has 100, 250'),
    });
  });

  it('is unusable for a cluster that Envoy does not list', () => {
    expect(read(from, errors, cluster('shop_a')).b).toEqual({ unusable: 'Envoy has no cluster shop_b; it has shop_a' });
    expect(read(from, errors, '# an empty page').a).toEqual({ unusable: expect.stringContaining("Envoy's own page") });
  });
});

describe('the page of the embedded router', () => {
  it('counts by the arm a request was meant for: what the other pool answered is a failure of it', () => {
    const responses = (arm: string, pool: string, type: string, value: number) =>
      `gray_router_responses_total{arm="${arm}",pool="${pool}",server="s1",class="${type}"} ${value}`;
    const sides = read(
      { kind: 'embedded', at: 'http://r/metrics' },
      errors,
      ...[
        responses('gray', 'b', '2xx', 90),
        responses('gray', 'b', 'broken', 4),
        responses('gray', 'b', 'aborted', 50),
      ],
      ...[responses('gray', 'a', '2xx', 6), responses('stable', 'a', '2xx', 500)],
      'gray_router_fallback_total{arm="gray"} 6',
      'gray_router_fallback_total{arm="stable"} 0',
    );
    expect(totals(sides.gray)).toEqual({ total: 100, part: 10 });
    expect(totals(sides.stable)).toEqual({ total: 500, part: 0 });
  });
});

describe('distinct clients', () => {
  const line = (key: string, of: number, bad: number) =>
    `0x7f: key=${key} use=0 exp=3599 gpc0=${bad} http_req_cnt=${of}`;

  it('are counted once however often they come or fail, and forgotten ones begin anew', () => {
    const table = (...lines: string[]) =>
      parseClients('shop_a', `# table: shop_a, type: string, size:100, used:3\n${lines.join('\n')}\n`);
    const [before, after] = [
      table(line('1', 5, 1), line('2', 3, 0), line('3', 9, 9)),
      table(line('1', 9, 4), line('2', 3, 0), line('4', 1, 0), line('3', 2, 1)),
    ];
    if ('unusable' in before || 'unusable' in after) throw new Error('unusable');
    expect(moved(before.requests, after.requests, false)).toBe(3);
    expect(moved(before.failed, after.failed, false)).toBe(2);
    expect(moved(before.requests, after.requests, true)).toBe(4);
  });

  it.each([
    ['a table that is not there', 'No such table\n\n', 'has no stick table shop_a'],
    ['a table that forgets', '# table: shop_a, type: string, size:3, used:3\n', 'is full with 3 clients'],
    [
      'a table of something else',
      '# table: shop_a, type: string, size:9, used:1\n0x1: key=1 use=0 exp=1 server_id=1\n',
      'does not store',
    ],
  ])('are unusable with %s', (_, text, says) => {
    expect(parseClients('shop_a', text)).toEqual({ unusable: expect.stringContaining(says) });
  });
});
