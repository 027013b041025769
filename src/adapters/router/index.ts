/** The registry of routers: a kind is decided here alone. A new one is its file and one line. */
import { GrayError } from '../../domain/errors.ts';
import type { RouterSpec } from '../../domain/spec.ts';
import { caddyRouter } from './caddy.ts';
import { embeddedRouter } from './embedded.ts';
import { envoyRouter } from './envoy.ts';
import { haproxyRouter } from './haproxy.ts';
import { kubernetesGatewayRouter } from './kubernetes-gateway.ts';
import { memoryRouter } from './memory.ts';
import { nginxRouter } from './nginx.ts';
import type { Router, RouterContext } from './port.ts';
import { severalRouters } from './several.ts';

type Kind = RouterSpec['kind'];
type SpecOf<K extends Kind> = { [P in K]: Extract<RouterSpec, { kind: P }> & { readonly kind: P } }[K];
type Routers = { readonly [K in Kind]: (spec: SpecOf<K>, context: RouterContext) => Router };

export const routers = {
  memory: memoryRouter,
  embedded: embeddedRouter,
  haproxy: haproxyRouter,
  caddy: caddyRouter,
  envoy: envoyRouter,
  'kubernetes-gateway': kubernetesGatewayRouter,
  nginx: nginxRouter,
  several: ({ routers: parts }, context) =>
    severalRouters(parts.map(({ name, router }) => ({ name, router: createRouter(router, context) }))),
} satisfies Routers;

const registry: Routers = routers;

/** Throws `invalidInput` for a kind that does not exist, which a checked release file cannot name. */
export function createRouter<K extends Kind>(spec: SpecOf<K>, context: RouterContext): Router {
  if (Object.hasOwn(registry, spec.kind)) return registry[spec.kind](spec, context);
  const known = Object.keys(routers).join(', ');
  throw new GrayError('invalidInput', `there is no router of kind ${spec.kind}; known are ${known}`);
}
