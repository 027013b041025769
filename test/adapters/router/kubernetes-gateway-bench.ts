/** Everything around the adapter: stand-ins for API server, gateway and edge; the servers are real. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bucketText } from '../../../src/adapters/router/kubernetes-gateway/buckets.ts';
import { routeAnnotation } from '../../../src/adapters/router/kubernetes-gateway/objects.ts';
import { kubernetesGatewayRouter } from '../../../src/adapters/router/kubernetes-gateway.ts';
import type { Router } from '../../../src/adapters/router/port.ts';
import type { KubernetesGatewayRouterSpec } from '../../../src/domain/spec.ts';
import { bucketOf } from '../../../src/domain/split.ts';
import { asHeader, http } from '../../support/http.ts';
import { ApiServer, Gateway, readerToken, rightToken } from '../../support/kubernetes.ts';
import type { RouterBench } from './bench.ts';
import { httpBench, identityHeader, startServers } from './http-bench.ts';

export interface KubernetesBench extends RouterBench {
  readonly api: ApiServer;
  readonly gateway: Gateway;
  readonly spec: KubernetesGatewayRouterSpec;
  withToken(token: string): Promise<Router>;
}

export async function kubernetesBench(): Promise<KubernetesBench> {
  const servers = await startServers();
  const ids = servers.specs.map(({ id }) => id);
  const api = new ApiServer(ids, ['s5']);
  const gateway = new Gateway(api, new Map(servers.specs.map(({ id, address }) => [id, address.port])));
  const [server, entrance, dir] = await Promise.all([
    api.start(),
    gateway.start(),
    mkdtemp(join(tmpdir(), 'gray-kubernetes-')),
  ]);
  const specWith = async (token: string): Promise<KubernetesGatewayRouterSpec> => {
    const kubeconfig = join(dir, `${token}.yml`);
    await writeFile(kubeconfig, kubeconfigText(server, token));
    return {
      ...{ kind: 'kubernetes-gateway', identity: { header: identityHeader }, bucketHeader: 'x-gray-bucket' },
      ...{ kubeconfig, namespace: 'shop', route: 'shop', services: { a: 'shop-a', b: 'shop-b' }, port: 80 },
      ...{ pods: 'app=shop', entrance, probe: entrance },
    };
  };
  const context = { target: 'shop', servers: servers.specs };
  const spec = await specWith(rightToken);
  const [stranger] = [kubernetesGatewayRouter(await specWith(readerToken), context)];
  const bench = httpBench(servers, { public: entrance, probe: entrance });
  return {
    ...bench,
    ...{ api, gateway, spec },
    connect: () => kubernetesGatewayRouter(spec, context),
    withToken: async (token) => kubernetesGatewayRouter(await specWith(token), context),
    // The edge: knows who asks, and learns the salt from the route.
    request: async (user, _entrance, _connection, attributes) => {
      const { salt } = JSON.parse(api.route.metadata.annotations?.[routeAnnotation] ?? '{"split":{}}').split;
      const bucket = { 'x-gray-bucket': bucketText(salt ?? '', bucketOf(salt ?? '', user ?? '')) };
      const headers = { ...attributes, ...(user !== null && { [identityHeader]: asHeader(user), ...bucket }) };
      const { status, headers: told } = await http(`${entrance}/version`, { headers });
      const name = told['x-server'];
      return { status, server: typeof name === 'string' ? name : null };
    },
    restart: async () => undefined,
    drift: async () => undefined,
    stranger: () => stranger,
    end: async () => {
      await Promise.all([api.stop(), gateway.stop(), bench.end(), rm(dir, { recursive: true, force: true })]);
    },
  };
}

export const kubeconfigText = (server: string, token: string, user: object = { token }): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user }],
  });
