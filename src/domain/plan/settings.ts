/** Everything a file may leave out, as the release will use it. */
import { durationText } from '../duration.ts';
import { fasterBack } from '../parallel.ts';
import { percentOf } from '../percent.ts';
import type { Setting } from '../plan.ts';
import { routersIn } from '../routers.ts';
import type { LimitsRule, NamedRouter, NginxRouterSpec, ReleaseSpec, SequentialRule, ThresholdRule } from '../spec.ts';
import { usualAnswerMs } from '../undecided.ts';
import { nginxChanges } from './nginx.ts';

type Row = readonly [path: string, value: string, usual: string];

/** `usual` says which values a file need not write; a test holds them against the parser's defaults. */
export const planSettings = (spec: ReleaseSpec): Setting[] =>
  [...adapterRows(spec), ...judgeRows(spec), ...audienceRows(spec), ...phaseRows(spec)].map(([path, value, usual]) => ({
    path,
    value,
    usual: value === usual,
  }));

function adapterRows({ version, router, deployer, metrics, target, notify }: ReleaseSpec): Row[] {
  return [
    ['version', `${version.get} ${version.version} ${version.digest}`, '/version $.version $.digest'],
    ...routersIn(router).flatMap((one) => routerRows(target, one)),
    ...deployerRows(deployer),
    ...metricsRows(metrics),
    ['notify', notify.map(({ kind }) => kind).join(', ') || 'nobody', 'log'],
  ];
}

function routerRows(target: string, { name, router }: NamedRouter): Row[] {
  const path = name === '' ? 'router' : `router.routers.${name}`;
  if (router.kind === 'nginx')
    return [[`${path}.changes`, nginxChanges(router), nginxChanges(router)], ...nginxRows(path, router)];
  if (router.kind !== 'haproxy') return [];
  return router.instances.map(({ backends }, index) => [
    `${path}.instances[${index}].backends`,
    `${backends.a}, ${backends.b}`,
    `${target}-a, ${target}-b`,
  ]);
}

const nginxRows = (path: string, router: NginxRouterSpec): Row[] =>
  router.mode !== 'reload'
    ? []
    : [
        [`${path}.config`, router.config, '/etc/nginx/nginx.conf'],
        [`${path}.pid`, router.pid, '/run/nginx.pid'],
        [`${path}.program`, router.program.join(' '), 'nginx'],
        [`${path}.reload`, router.reload?.join(' ') ?? 'a signal', 'a signal'],
      ];

function deployerRows(deployer: ReleaseSpec['deployer']): Row[] {
  switch (deployer.kind) {
    case 'memory':
      return [];
    case 'process':
      return [
        ['deployer.env', deployer.env.join(', ') || 'none', 'none'],
        ['deployer.stop', durationText(deployer.stopMs), '10s'],
        ['deployer.ready', durationText(deployer.readyMs), '30s'],
      ];
    case 'command':
      return [
        ['deployer.env', deployer.env.join(', ') || 'none', 'none'],
        ['deployer.timeout', durationText(deployer.timeoutMs), '10m'],
      ];
    case 'ssh':
      return [
        ['deployer.hostKeys', deployer.hostKeys, 'known'],
        ['deployer.keep', String(deployer.keep), '5'],
        ['deployer.sessions', String(deployer.sessions), '8'],
        ['deployer.connect', durationText(deployer.connectMs), '10s'],
        ['deployer.step', durationText(deployer.stepMs), '5m'],
        ['deployer.ready', durationText(deployer.readyMs), '30s'],
      ];
    case 'kubernetes':
      return [
        ['deployer.workload', deployer.workload, 'deployment'],
        ['deployer.pullCheck', String(deployer.pullCheck), 'true'],
        ['deployer.ready', durationText(deployer.readyMs), '2m'],
        ['deployer.pull', durationText(deployer.pullMs), '5m'],
      ];
    case 'container':
      return [
        ['deployer.socket', deployer.socket, '/var/run/docker.sock'],
        ['deployer.network', deployer.network, 'bridge'],
        ['deployer.env', deployer.env.join(', ') || 'none', 'none'],
        ['deployer.restart', deployer.restart, 'unless-stopped'],
        ['deployer.stop', durationText(deployer.stopMs), '10s'],
        ['deployer.ready', durationText(deployer.readyMs), '30s'],
        ['deployer.pull', durationText(deployer.pullMs), '5m'],
      ];
  }
}

function metricsRows(metrics: ReleaseSpec['metrics']): Row[] {
  const interval = durationText(metrics.intervalMs);
  switch (metrics.kind) {
    case 'memory':
      return [['metrics.interval', interval, '1s']];
    case 'exposition':
      return [
        ['metrics.path', metrics.path, '/metrics'],
        ['metrics.interval', interval, '5s'],
      ];
    case 'router':
      return [['metrics.interval', interval, '5s']];
    case 'prometheus':
      return [
        ['metrics.scrape', durationText(metrics.scrapeMs), '15s'],
        ['metrics.interval', interval, durationText(4 * metrics.scrapeMs)],
        ['metrics.instanceLabel', metrics.instanceLabel, 'instance'],
      ];
  }
}

function judgeRows(spec: ReleaseSpec): Row[] {
  const { judge, metrics } = spec;
  return [
    ['judge.kind', judge.kind, 'sequential'],
    ...riskRows(judge),
    ...ruleRows(spec),
    ['judge.stale', durationText(judge.staleMs), durationText(3 * metrics.intervalMs)],
  ];
}

function ruleRows({ judge, metrics }: ReleaseSpec): Row[] {
  switch (judge.kind) {
    case 'sequential':
      return eachRule(judge.metrics, evidenceRows);
    case 'threshold':
      return eachRule(judge.metrics, limitRows);
    case 'limits':
      return eachRule(judge.metrics, counterRows);
    case 'kayenta':
      return [
        ['judge.score', `pass ${judge.score.pass}, marginal ${judge.score.marginal}`, 'pass 95, marginal 75'],
        ['judge.every', durationText(judge.everyMs), durationText(10 * metrics.intervalMs)],
        ['judge.minPoints', String(judge.minPoints), '10'],
      ];
  }
}

const counterRows = (path: string, rule: LimitsRule): Row[] => [
  [`${path}.role`, rule.role, 'required'],
  [`${path}.minSample`, String(rule.minSample), '1'],
  [`${path}.count`, String(rule.count), '1'],
  [`${path}.failureLimit`, String(rule.failureLimit), '0'],
  [`${path}.inconclusiveLimit`, String(rule.inconclusiveLimit), '0'],
  [`${path}.consecutiveErrorLimit`, String(rule.consecutiveErrorLimit), '4'],
];

const eachRule = <R>(rules: Readonly<Record<string, R>>, rows: (path: string, rule: R) => Row[]): Row[] =>
  Object.entries(rules).flatMap(([name, rule]) => rows(`judge.metrics.${name}`, rule));

function riskRows(judge: ReleaseSpec['judge']): Row[] {
  if (judge.kind !== 'sequential') return [];
  return [
    ['judge.alpha', String(judge.alpha), '0.01'],
    ['judge.beta', String(judge.beta), '0.05'],
    ['judge.sampleRatio', String(judge.sampleRatio ?? 'off'), '2'],
  ];
}

const evidenceRows = (path: string, rule: SequentialRule): Row[] => [
  [`${path}.role`, rule.role, 'required'],
  [`${path}.margin`, String(rule.margin), '1.25'],
  [`${path}.passMargin`, String(rule.passMargin ?? 'by the share'), 'by the share'],
  ...maxRateRow(path, rule),
  [`${path}.minSample`, String(rule.minSample), '30'],
  [`${path}.weight`, String(rule.weight), '1'],
  [`${path}.dispersion`, String(rule.dispersion), 'measured'],
];

const limitRows = (path: string, rule: ThresholdRule): Row[] => [
  [`${path}.role`, rule.role, 'required'],
  ...maxRateRow(path, rule),
  ...(rule.maxRatio === undefined ? [] : [[`${path}.maxRatio`, String(rule.maxRatio), ''] as const]),
  [`${path}.minSample`, String(rule.minSample), '100'],
];

const maxRateRow = (path: string, { maxRate }: Pick<ThresholdRule, 'maxRate'>): Row[] =>
  maxRate === undefined ? [] : [[`${path}.maxRate`, percentOf(Number((maxRate * 10_000).toFixed(3))), '']];

const drawn = 'drawn for this release';

const audienceRows = ({ audience, ramp }: ReleaseSpec): Row[] => [
  ['audience.alwaysGray', usersText(audience.alwaysGray), 'nobody'],
  ['audience.alwaysStable', usersText(audience.alwaysStable), 'nobody'],
  ['audience.rest', percentOf(audience.restBp), '10 %'],
  ['audience.salt', audience.salt ?? drawn, drawn],
  ['audience.users', String(audience.users ?? 'unknown'), 'unknown'],
  ['audience.segments', (audience.segments ?? []).map(({ name }) => name).join(', ') || 'none', 'none'],
  ['ramp.maxUsers', String(ramp.maxUsers ?? 'any'), 'any'],
  ['ramp.undecided', ramp.undecided ?? 'extend', 'extend'],
  ['ramp.patience', String(ramp.patience), '3'],
  ['ramp.answerWithin', durationText(ramp.answerWithinMs ?? usualAnswerMs), durationText(usualAnswerMs)],
];

const usersText = (users: readonly string[]): string => (users.length === 0 ? 'nobody' : `${users.length} listed`);

function phaseRows({ capacity, data, deployment, leveling, exception, watch, servers }: ReleaseSpec): Row[] {
  const quarter = Math.max(1, Math.floor(servers.filter((server) => !server.gray).length / 4));
  return [
    ['capacity.maxLoad', String(capacity.maxLoad), '1.3'],
    ['capacity.minServing', String(capacity.minServing ?? 'any'), 'any'],
    ['data.compatible', data.compatible ?? 'not said', 'not said'],
    ['deployment.strays', deployment.strays, 'bring-to-base'],
    ['deployment.parallel', String(deployment.parallel), '4'],
    ['deployment.attempts', String(deployment.attempts), '3'],
    ['deployment.drain', durationText(deployment.drainMs), '30s'],
    ['leveling.batch', String(leveling.batch), String(quarter)],
    ['leveling.byZone', String(leveling.byZone ?? false), 'false'],
    ['leveling.warmUp', leveling.warmUpMs === undefined ? 'none' : durationText(leveling.warmUpMs), 'none'],
    ['leveling.onServerFailure', leveling.onServerFailure, 'exception'],
    ['exception.policy', exception.policy, 'rollback'],
    ['exception.holdFor', durationText(exception.holdForMs), '4h'],
    ['exception.drain', durationText(exception.drainMs), '30s'],
    ['exception.crashLoop', String(exception.crashLoop ?? 3), '3'],
    ['exception.onDrift', exception.onDrift ?? 'restore', 'restore'],
    ['exception.batch', String(exception.batch ?? 'what capacity allows'), 'what capacity allows'],
    ['exception.parallel', String(exception.parallel ?? deployment.parallel), String(fasterBack(deployment.parallel))],
    ['watch.for', durationText(watch.forMs), '30m'],
  ];
}
