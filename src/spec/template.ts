/** The files that `gray init` writes: the annotated examples, shipped with the package. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** By what they combine: router, deployer, metrics. */
export const templates = {
  annotated: 'every key explained',
  'one-machine': 'embedded router, process deployer, exposition metrics',
  ladder: 'listed users, segments, then a share; embedded router',
  'embedded-command-prometheus': 'embedded router, command deployer, Prometheus metrics',
  'haproxy-process-prometheus': 'HAProxy, process deployer, Prometheus metrics',
  envoy: "Envoy, process deployer, metrics of Envoy's own",
  caddy: 'Caddy with a decider, process deployer, Prometheus metrics',
  'kubernetes-gateway': 'HTTPRoute and pods of Kubernetes, Prometheus metrics',
  'nginx-lua': 'nginx with Lua, process deployer, Prometheus metrics',
  'nginx-reload': 'nginx as it comes, process deployer, Prometheus metrics',
  'edge-and-inner': 'two routers in one release, command deployer, exposition metrics',
  'ssh-systemd-haproxy': 'HAProxy, ssh deployer with systemd units, Prometheus metrics',
  'ssh-command-embedded': 'embedded router, ssh deployer with a supervisor of yours, exposition metrics',
  'haproxy-kubernetes': 'HAProxy, Deployments of Kubernetes, Prometheus metrics',
  'haproxy-container': 'HAProxy, container deployer, Prometheus metrics',
  'haproxy-command-exposition': 'HAProxy, command deployer, exposition metrics',
  'haproxy-command-router': "HAProxy, command deployer, metrics of HAProxy's own",
} as const;

export type TemplateName = keyof typeof templates;

export const isTemplateName = (name: string): name is TemplateName => Object.hasOwn(templates, name);

/** A valid release file with comments. */
export const releaseTemplate = (name: TemplateName = 'annotated'): string =>
  readFileSync(join(examplesFolder(), `${name}.yml`), 'utf8');

/** Above this file, in the repository as in the package. */
function examplesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'examples', 'annotated.yml'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('the examples of the package are missing');
    folder = above;
  }
  return join(folder, 'examples');
}
