/** Every router that is measured and listed. */
import type { RouterEntry } from '../entry.ts';
import { caddy } from './caddy.ts';
import { embedded } from './embedded.ts';
import { envoy } from './envoy.ts';
import { haproxy } from './haproxy.ts';
import { kubernetesGateway } from './kubernetes-gateway.ts';
import { nginx } from './nginx.ts';
import { nginxReload } from './nginx-reload.ts';

export const entries: readonly RouterEntry[] = [embedded, haproxy, nginx, nginxReload, envoy, caddy, kubernetesGateway];
