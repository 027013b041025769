/** Every router that is measured and listed. */
import type { RouterEntry } from '../entry.ts';
import { caddy } from './caddy.ts';
import { embedded } from './embedded.ts';
import { haproxy } from './haproxy.ts';
import { kubernetesGateway } from './kubernetes-gateway.ts';
import { nginx } from './nginx.ts';

export const entries: readonly RouterEntry[] = [embedded, haproxy, nginx, caddy, kubernetesGateway];
