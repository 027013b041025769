/** What the kinds of router need beyond answering: their settings, and files that belong to one target alone. */
import { caddyDoctor } from '../adapters/router/caddy.ts';
import { envoyDoctor } from '../adapters/router/envoy.ts';
import { haproxyDoctor } from '../adapters/router/haproxy.ts';
import { kubernetesGatewayDoctor } from '../adapters/router/kubernetes-gateway.ts';
import { nginxDoctor } from '../adapters/router/nginx.ts';
import { routersIn } from '../domain/routers.ts';
import type { HaproxyInstance, NamedRouter, ReleaseSpec } from '../domain/spec.ts';
import { type Finding, fail, ok } from './finding.ts';

export async function examineSettings(spec: ReleaseSpec): Promise<Finding[]> {
  const each = await Promise.all(routersIn(spec.router).map((one) => settingsOf(one, spec)));
  return each.flat();
}

async function settingsOf({ router, name }: NamedRouter, spec: ReleaseSpec): Promise<Finding[]> {
  switch (router.kind) {
    case 'caddy':
      return told(name, await caddyDoctor(router, spec));
    case 'envoy':
      return told(name, await envoyDoctor(router, spec));
    case 'haproxy':
      return [...told(name, await haproxyDoctor(router, spec)), ...owners(router.instances)];
    case 'kubernetes-gateway':
      return told(name, await kubernetesGatewayDoctor(router, spec));
    case 'nginx':
      return told(name, await nginxDoctor(router, spec));
    default:
      return [];
  }
}

type Setting = Awaited<ReturnType<typeof haproxyDoctor>>[number];

function told(name: string, settings: readonly Setting[]): Finding[] {
  const where = name === '' ? '' : `${name}: `;
  return settings.map(({ ok: good, what, mend }) =>
    good ? ok('router', `${where}${what}`) : fail('router', `${where}${what}`, mend),
  );
}

/** A map holds one target's split, and a state file one instance's servers. */
function owners(instances: readonly HaproxyInstance[]): Finding[] {
  const files = instances.flatMap(({ map, stateFile }) => [map, stateFile]);
  const twice = [...new Set(files.filter((file, index) => files.indexOf(file) !== index))];
  if (twice.length === 0) return [ok('router', 'every map and state file has one owner')];
  return twice.map((file) =>
    fail('router', `${file} is named twice`, 'give every instance its own map and state file'),
  );
}
