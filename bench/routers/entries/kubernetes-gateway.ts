import { kubernetesGatewayAbilities } from '../../../src/adapters/router/kubernetes-gateway.ts';
import type { RouterEntry } from '../entry.ts';

export const kubernetesGateway: RouterEntry = {
  name: 'kubernetes-gateway',
  page: 'kubernetes-gateway',
  abilities: kubernetesGatewayAbilities,
  program: null,
  note: 'tested against an API that checks schemas, not on a cluster',
  start: null,
};
