/** Section `router`: one file per kind in `routers/`. */
import { z } from 'zod';
import type { RouterSpec, SingleRouterSpec } from '../domain/spec.ts';
import type { At } from './resolve.ts';
import { caddy, resolveCaddy } from './routers/caddy.ts';
import { embedded, resolveEmbedded } from './routers/embedded.ts';
import { envoy, resolveEnvoy } from './routers/envoy.ts';
import { haproxy, resolveHaproxy } from './routers/haproxy.ts';
import { kubernetesGateway, resolveKubernetesGateway } from './routers/kubernetes-gateway.ts';
import { nginx, resolveNginx } from './routers/nginx.ts';
import { severalOf } from './routers/several.ts';
import { identity } from './routers/shared.ts';
import { expects, section } from './scalars.ts';

const memory = section({ kind: z.literal('memory'), identity });

const kinds = [caddy, embedded, envoy, haproxy, kubernetesGateway, memory, nginx] as const;
const kindError = { error: expects('a group of keys with a kind') };
const single = z.discriminatedUnion('kind', kinds, kindError);

export type SingleRouterFile = z.output<typeof single>;

export const router = z
  .discriminatedUnion('kind', [...kinds, severalOf(single)], kindError)
  .describe('What splits the traffic.');

/** The section in the units of the spec. */
export function resolveRouter(file: z.output<typeof router>, target: string, at: At): RouterSpec {
  if (file.kind !== 'several') return resolveSingle(file, target, at);
  const routers = Object.entries(file.routers).map(([name, one]) => ({ name, router: resolveSingle(one, target, at) }));
  return { kind: 'several', routers };
}

function resolveSingle(file: SingleRouterFile, target: string, at: At): SingleRouterSpec {
  switch (file.kind) {
    case 'memory':
      return file;
    case 'caddy':
      return resolveCaddy(file, at);
    case 'embedded':
      return resolveEmbedded(file, at);
    case 'envoy':
      return resolveEnvoy(file, at);
    case 'haproxy':
      return resolveHaproxy(file, target, at);
    case 'kubernetes-gateway':
      return resolveKubernetesGateway(file, target, at);
    case 'nginx':
      return resolveNginx(file, at);
  }
}
