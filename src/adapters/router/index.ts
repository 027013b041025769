/** The registry of routers: a kind is decided here alone. A new one is its file and one line. */
import { GrayError } from '../../domain/errors.ts';
import type { RouterSpec } from '../../domain/spec.ts';
import { embeddedRouter } from './embedded.ts';
import { haproxyRouter } from './haproxy.ts';
import { memoryRouter } from './memory.ts';
import type { Router, RouterContext } from './port.ts';

type Kind = RouterSpec['kind'];
type SpecOf<K extends Kind> = { [P in K]: Extract<RouterSpec, { kind: P }> & { readonly kind: P } }[K];
type Routers = { readonly [K in Kind]?: (spec: SpecOf<K>, context: RouterContext) => Router };

export const routers = { memory: memoryRouter, haproxy: haproxyRouter, embedded: embeddedRouter } satisfies Routers;

const registry: Routers = routers;

export function createRouter<K extends Kind>(spec: SpecOf<K>, context: RouterContext): Router {
  const create = registry[spec.kind];
  if (create !== undefined) return create(spec, context);
  const known = Object.keys(routers).join(', ');
  throw new GrayError('invalidInput', `there is no router kind ${spec.kind}; known are ${known}`);
}
