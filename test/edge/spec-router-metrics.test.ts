import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseReleaseFile } from '../../src/spec.ts';
import { goodFile, refusal } from './spec-base.ts';

const judged = 'judge: { metrics: { errors: { maxRate: 1% } } }';
const shown = 'metrics: { kind: exposition, define: { errors: { total: http_requests_total, bad: { code: /5../ } } } }';

const file = (metrics: string, judge = judged) => goodFile.replace(shown, () => metrics).replace(judged, () => judge);

const haproxy = (more = '') => `{ kind: haproxy, at: ./h.sock, pools: { a: shop_a, b: shop_b }${more} }`;

const router = (from: string, define = 'errors: { bad: [5xx] }') =>
  `metrics: { kind: router, from: [${from}], define: { ${define} } }`;

const clients = ', clients: { a: shop_a, b: shop_b }';

describe('metrics that routers count', () => {
  it('are resolved: five seconds, and a socket seen from the file', () => {
    const { metrics } = parseReleaseFile(file(router(haproxy())), { path: '/srv/release/shop.yml' });
    expect(metrics).toMatchObject({
      ...{ kind: 'router', intervalMs: 5_000, define: { errors: { bad: ['5xx'] } } },
      from: [{ kind: 'haproxy', at: '/srv/release/h.sock', pools: { a: 'shop_a', b: 'shop_b' } }],
    });
  });

  it.each([
    ['no router', router(''), 'metrics.from', 'a list of 1 to 50 routers'],
    [
      'the same router twice',
      router(`${haproxy()}, ${haproxy()}`),
      'metrics.from[1].at',
      'the same as metrics.from[0]',
    ],
    ['a router nobody knows', router('{ kind: varnish, at: x }'), 'metrics.from[0].kind', 'varnish'],
    ['latency of HAProxy', router(haproxy(), 'errors: { above: 250ms }'), 'metrics.define.errors', 'counts no latency'],
    [
      'clients without tables',
      router(haproxy(), 'errors: { clients: failed }'),
      'metrics.define.errors',
      'no distinct clients',
    ],
    [
      'clients over the exporter',
      router(haproxy(clients).replace('./h.sock', '"http://127.0.0.1:8404/metrics"'), 'errors: { clients: failed }'),
      'metrics.from[0].at',
      'expected the admin socket',
    ],
    ['a metric of nothing', router(haproxy(), 'errors: { bad: [] }'), 'metrics.define.errors', 'expected'],
  ])('are refused with %s', (_, metrics, path, says) => {
    expect(refusal(() => parseReleaseFile(file(metrics)))).toContainEqual(
      expect.objectContaining({ path: expect.stringContaining(path), message: expect.stringContaining(says) }),
    );
  });

  it('are refused where requests are to be taken for clients', () => {
    const rules = 'judge: { metrics: { errors: { maxRate: 1%, dispersion: clients } } }';
    expect(refusal(() => parseReleaseFile(file(router(haproxy()), rules)))).toMatchObject([
      { path: 'judge.metrics.errors.dispersion', message: expect.stringContaining('this one counts requests') },
    ]);
    const counted = router(haproxy(clients), 'errors: { clients: failed }');
    expect(parseReleaseFile(file(counted, rules)).metrics.kind).toBe('router');
  });

  it('are in the docs as they are read', () => {
    const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const [, section = ''] = /```yaml\n(metrics:\n {2}kind: router[\s\S]*?)```/.exec(page) ?? [];
    const [metrics = '', rules = ''] = section.split(/^(?=judge:)/m);
    expect(parseReleaseFile(file(metrics, rules)).metrics.kind).toBe('router');
  });
});

describe('latency from Prometheus', () => {
  const prometheus = (define: string) =>
    file(`metrics: { kind: prometheus, url: "http://p:9090", define: { errors: ${define} } }`);

  it('is a histogram, a bound and, where needed, matchers', () => {
    const { metrics } = parseReleaseFile(
      prometheus(`{ histogram: http_seconds, above: 250ms, matching: 'handler!="health",code=~"2.."' }`),
    );
    expect(metrics).toMatchObject({
      define: {
        errors: { histogram: 'http_seconds', aboveSeconds: 0.25, matching: 'handler!="health",code=~"2.."' },
      },
    });
  });

  it.each(['a="b"} or up{', 'a', 'a="b', '{a="b"}'])('takes nothing but matchers: %s', (matching) => {
    const text = prometheus(`{ histogram: http_seconds, above: 250ms, matching: ${JSON.stringify(matching)} }`);
    expect(refusal(() => parseReleaseFile(text)).map(({ path }) => path)).toEqual([
      expect.stringContaining('metrics.define.errors'),
    ]);
  });
});
