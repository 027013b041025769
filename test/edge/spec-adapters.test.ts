import { describe } from 'vitest';
import { goodFile, refuses, spoiled } from './spec-base.ts';

describe('artifact, router and deployer', () => {
  refuses([
    [
      'a version that YAML reads as a number',
      spoiled('version: 2.0.0', 'version: 1.10'),
      'artifact.version',
      'YAML reads 1.1 as a number: put it in quotes',
    ],
    ['a digest of another kind', spoiled('sha256:0a', 'md5:0a'), 'artifact.digest', '"sha256:" and 64 hex digits'],
    [
      'a process deployer without a build',
      spoiled('source: ./shop.tgz, ', ''),
      'artifact.source',
      'missing; the process deployer',
    ],
    [
      'a router that cannot tell users apart',
      spoiled('{ header: x-user-id }', '{}'),
      'router.identity',
      'a header, a cookie or both',
    ],
    [
      'an identity header with a space',
      spoiled('x-user-id', '"x user"'),
      'router.identity.header',
      'the name of a header',
    ],
    [
      'an admin URL on another machine',
      spoiled('./r.sock', '"http://10.0.0.1:7001", tokenEnv: T'),
      'router.admin',
      'a URL on this machine',
    ],
    [
      'an admin URL without a token',
      spoiled('./r.sock', '"http://127.0.0.1:7001"'),
      'router.tokenEnv',
      'missing; an admin URL needs',
    ],
    [
      'an entrance that is no URL',
      spoiled('"http://127.0.0.1:8000"', '127.0.0.1:8000'),
      'router.entrance',
      'http:// or https:// URL',
    ],
    [
      'a start command as one text',
      spoiled('[node, server.mjs, --port, "{port}"]', 'node server.mjs'),
      'deployer.start',
      'no shell reads them',
    ],
    [
      'a placeholder with a slip',
      spoiled('{port}', '{prot}'),
      'deployer.start[3]',
      'unknown placeholder {prot}',
      'port',
    ],
    [
      'a variable with its value',
      spoiled('dir: ./servers', 'dir: ./servers, env: [KEY=abc]'),
      'deployer.env[0]',
      'its name only, never its value',
    ],
    ['two HAProxies that share a map', haproxy(), 'router.instances[1].map', 'the same map as router.instances[0]'],
  ]);
});

describe('metrics and judge', () => {
  refuses([
    [
      'a metric with a slip',
      spoiled('judge: { metrics: { errors', 'judge: { metrics: { erors'),
      'judge.metrics.erors',
      'metrics.define has no such metric; it has errors',
      'errors',
    ],
    [
      'a rule without a limit',
      spoiled(
        'judge: { metrics: { errors: { maxRate: 1% }',
        'judge: { kind: threshold, metrics: { errors: { minSample: 5 }',
      ),
      'judge.metrics.errors',
      'expected maxRate, maxRatio or both',
    ],
    [
      'nothing but guards',
      spoiled('{ maxRate: 1% }', '{ role: guard, maxRate: 1% }'),
      'judge.metrics',
      'at least one metric with role: required',
    ],
    ['a rate of nothing', spoiled('maxRate: 1%', 'maxRate: 0%'), 'judge.metrics.errors.maxRate', 'above 0%'],
    [
      'a stage that may pass what it may fail',
      spoiled('{ maxRate: 1% }', '{ margin: 2, passMargin: 1.5 }'),
      'judge.metrics.errors.passMargin',
      'expected more than the margin of 2, found 1.5',
    ],
    ['a risk of everything', spoiled('judge: { metrics', 'judge: { alpha: 1, metrics'), 'judge.alpha', 'to 0.5'],
    [
      'a success above the failure',
      spoiled(
        'judge: { metrics: { errors: { maxRate: 1% }',
        'judge: { kind: limits, metrics: { errors: { failAbove: 1%, passBelow: 2% }',
      ),
      'judge.metrics.errors.passBelow',
      'expected at most failAbove',
    ],
    [
      'a score that passes what fails',
      spoiled('judge: { metrics', 'judge: { kind: kayenta, score: { pass: 50, marginal: 60 }, metrics'),
      'judge.score.marginal',
      'expected less than pass',
    ],
    [
      'a window that never has enough',
      spoiled('judge: { metrics', 'judge: { kind: kayenta, lookback: 5, metrics'),
      'judge.lookback',
      'expected at least minPoints, 10',
    ],
    [
      'a weight of a group that nobody is in',
      spoiled(
        'judge: { metrics: { errors: { maxRate: 1% }',
        'judge: { kind: kayenta, groupWeights: { eror: 50 }, metrics: { errors: { groups: [error] }',
      ),
      'judge.groupWeights.eror',
      'no metric is in such a group',
      'error',
    ],
    [
      'a way to fail open that does not exist',
      spoiled('judge: { metrics', 'judge: { kind: kayenta, failOpen: [everything], metrics'),
      'judge.failOpen[0]',
      'error-vanishes',
    ],
    [
      'a judge that nobody knows',
      spoiled('judge: { metrics', 'judge: { kind: sequentail, metrics'),
      'judge.kind',
      'unknown kind',
      'sequential',
    ],
    [
      'a probe metric without a probe',
      spoiled('judge: { metrics: { errors', 'judge: { metrics: { probe-failed'),
      'judge.metrics.probe-failed',
      'metrics.define has no such metric; it has errors',
    ],
    ['a pattern that is none', spoiled('/5../', '"/5(/"'), 'metrics.define.errors.bad.code', 'a label value'],
    [
      'a latency metric half written',
      spoiled('{ total: http_requests_total, bad: { code: /5../ } }', '{ histogram: h }'),
      'metrics.define.errors.above',
      'missing; expected a duration',
    ],
    [
      'a query that cannot tell the arms apart',
      prometheus('sum(increase(x[{window}]))', '15s'),
      'metrics.define.errors.bad',
      'both {window} and {servers}',
    ],
    [
      'an interval of too few scrapes',
      prometheus('sum(increase(x{i=~"{servers}"}[{window}]))', '30s'),
      'metrics.interval',
      'at least 4 scrapes (120000 ms), found 60000 ms',
    ],
  ]);
});

function haproxy(): string {
  const instance = (socket: string): string =>
    `{ socket: ${socket}, map: m.map, stateFile: ${socket}.state, probe: "http://127.0.0.1:1" }`;
  return goodFile.replace(
    /router: .*/,
    () =>
      `router: { kind: haproxy, identity: { cookie: uid }, entrance: "http://127.0.0.1:2", instances: [${instance('a')}, ${instance('b')}] }`,
  );
}

function prometheus(bad: string, scrape: string): string {
  return goodFile.replace(
    /metrics: \{ kind.*/,
    () =>
      `metrics: { kind: prometheus, url: "http://127.0.0.1:9090", scrape: ${scrape}, interval: 1m, define: { errors: { total: 'x{i=~"{servers}"}[{window}]', bad: '${bad}' } } }`,
  );
}
