import type { Allowed } from './cross-checks.ts';
import { severalChecks } from './cross-several.ts';
import { containerChecks } from './deployers/container.ts';
import { kubernetesChecks } from './deployers/kubernetes.ts';
import { sshChecks } from './deployers/ssh.ts';
import { eachRouter, type RouterAt } from './each-router.ts';
import type { GoodSections } from './file.ts';
import type { Finding, Step } from './finding.ts';
import { finding } from './finding.ts';
import { listed, nearest } from './near.ts';
import { isLoopback, isUrl } from './net.ts';
import type { SingleRouterFile } from './router.ts';

export const routerChecks = (sections: GoodSections, allowed: Allowed): Finding[] => [
  ...(allowed.memory ? [] : memoryKinds(sections)),
  ...(sections.router === undefined ? [] : eachRouter(sections.router).flatMap(singleRouterChecks)),
  ...(sections.router?.kind === 'several' ? severalChecks(sections.router) : []),
  ...(sections.deployer?.kind === 'process' ? placeholderChecks(sections.deployer.start) : []),
  ...(sections.deployer?.kind === 'process' ? sourceCheck(sections) : []),
  ...(sections.deployer?.kind === 'ssh' ? sshChecks(sections.deployer, sections.servers ?? []) : []),
  ...(sections.deployer?.kind === 'container' ? containerChecks(sections.deployer, sections) : []),
  ...(sections.deployer?.kind === 'kubernetes' ? kubernetesChecks(sections) : []),
];

/** What a kind needs beyond its shape. */
function singleRouterChecks({ router, path }: RouterAt): Finding[] {
  switch (router.kind) {
    case 'embedded':
      return adminChecks(router, path);
    case 'nginx':
      return router.mode === 'reload' ? loopbackCheck(router.status, [...path, 'status']) : adminChecks(router, path);
    case 'caddy':
      return [
        ...adminChecks({ admin: router.decider, tokenEnv: router.tokenEnv }, path, 'decider'),
        ...(isUrl(router.admin) ? loopbackCheck(router.admin, [...path, 'admin']) : []),
      ];
    case 'envoy':
      return isUrl(router.admin) ? loopbackCheck(router.admin, [...path, 'admin']) : [];
    case 'haproxy':
      return instanceChecks(router.instances, path);
    case 'kubernetes-gateway':
      return router.identity.header === undefined || router.identity.cookie !== undefined
        ? [finding([...path, 'identity'], 'expected a header alone: the Gateway API does not match cookies')]
        : [];
    case 'memory':
      return [];
  }
}

function memoryKinds({ router, deployer, metrics, notify }: GoodSections): Finding[] {
  const kinds: readonly (readonly [readonly Step[], string | undefined])[] = [
    ...(router === undefined ? [] : eachRouter(router)).map(
      ({ router: { kind }, path }) => [[...path, 'kind'], kind] as const,
    ),
    [['deployer', 'kind'], deployer?.kind],
    [['metrics', 'kind'], metrics?.kind],
    ...(notify ?? []).map(({ kind }, index) => [['notify', index, 'kind'], kind] as const),
  ];
  return kinds
    .filter(([, kind]) => kind === 'memory')
    .map(([path]) => finding(path, 'the kind memory is for tests only: it moves no traffic and starts nothing'));
}

interface AdminSide {
  readonly admin: string;
  readonly tokenEnv?: string | undefined;
}

function adminChecks({ admin, tokenEnv }: AdminSide, router: readonly Step[], key = 'admin'): Finding[] {
  const path = [...router, key];
  if (!isUrl(admin)) {
    return Buffer.byteLength(admin) > 100 ? [finding(path, 'expected a Unix socket path of at most 100 bytes')] : [];
  }
  const elsewhere = loopbackCheck(admin, path);
  if (elsewhere.length > 0) return elsewhere;
  if (tokenEnv === undefined) {
    return [
      finding([...router, 'tokenEnv'], 'missing; an admin URL needs the environment variable that holds its token'),
    ];
  }
  return [];
}

const loopbackCheck = (url: string, path: readonly Step[]): Finding[] =>
  isLoopback(url)
    ? []
    : [finding(path, 'expected a Unix socket path or a URL on this machine, such as http://127.0.0.1:7001')];

type Instances = Extract<SingleRouterFile, { kind: 'haproxy' }>['instances'];

function instanceChecks(instances: Instances, path: readonly Step[]): Finding[] {
  return (['socket', 'map', 'stateFile'] as const).flatMap((key) =>
    instances.flatMap((instance, index) => {
      const first = instances.findIndex((other) => other[key] === instance[key]);
      if (first === index) return [];
      return [finding([...path, 'instances', index, key], `the same ${key} as ${path.join('.')}.instances[${first}]`)];
    }),
  );
}

const placeholders = ['host', 'port', 'server', 'version', 'digest'];

const placeholderChecks = (start: readonly string[]): Finding[] =>
  start.flatMap((argument, index) =>
    [...argument.matchAll(/\{([A-Za-z]+)\}/g)].flatMap(([, name = '']) =>
      placeholders.includes(name)
        ? []
        : [
            finding(
              ['deployer', 'start', index],
              `unknown placeholder {${name}}; known are ${listed(placeholders)}`,
              nearest(name, placeholders),
            ),
          ],
    ),
  );

const sourceCheck = ({ artifact }: GoodSections): Finding[] =>
  artifact === undefined || artifact.source !== undefined
    ? []
    : [
        finding(
          ['artifact', 'source'],
          'missing; the process deployer starts servers from a build (or pass --artifact)',
        ),
      ];
