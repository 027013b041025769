/** How to reach a Kubernetes API server: a kubeconfig file, or the service account of the pod we run in. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { GrayError } from '../../domain/errors.ts';

export interface KubeAccess {
  /** Base URL of the API server. */
  readonly server: string;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string };
  /** Read for each call, because tokens are renewed in place; null without one. */
  token(): Promise<string | null>;
}

export interface AccessOrder {
  /** Not said: the service account of this pod. */
  readonly kubeconfig?: string;
  /** Not said: the current one of the file. */
  readonly context?: string;
}

/** Throws `routerRefused` for a file that cannot be used, and says what is wrong in it. */
export const kubeAccess = (order: AccessOrder): Promise<KubeAccess> =>
  order.kubeconfig === undefined ? inCluster() : fromFile(order.kubeconfig, order.context);

const clusterSchema = z.object({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'tls-server-name': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
});

const userSchema = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
});

const fileSchema = z.object({
  'current-context': z.string().optional(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) })),
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })),
  users: z.array(z.object({ name: z.string(), user: userSchema })),
});

async function fromFile(file: string, wanted: string | undefined): Promise<KubeAccess> {
  const parsed = fileSchema.safeParse(parse(await contentOf(file)));
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw refused(file, `${first?.path.join('.') ?? ''}: ${first?.message ?? 'is no kubeconfig'}`);
  }
  const config = parsed.data;
  const name = wanted ?? config['current-context'];
  const context = config.contexts.find((one) => one.name === name)?.context;
  if (context === undefined) throw refused(file, `has no context ${name ?? '(none is current)'}`);
  const cluster = config.clusters.find((one) => one.name === context.cluster)?.cluster;
  const user = config.users.find((one) => one.name === context.user)?.user;
  if (cluster === undefined || user === undefined) throw refused(file, `context ${name} names what is not there`);
  if (user.exec !== undefined || user['auth-provider'] !== undefined) {
    throw refused(file, `user ${context.user} logs in by a plugin; use a token, a token file or a client certificate`);
  }
  if (cluster['insecure-skip-tls-verify'])
    throw refused(file, 'insecure-skip-tls-verify is not supported; name the CA');
  const pem = (data: string | undefined, path: string | undefined) => pemOf(file, data, path);
  const ca = await pem(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const cert = await pem(user['client-certificate-data'], user['client-certificate']);
  const key = await pem(user['client-key-data'], user['client-key']);
  const { token, tokenFile } = user;
  const servername = cluster['tls-server-name'];
  return {
    server: cluster.server.replace(/\/+$/, ''),
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(servername !== undefined && { servername }),
    },
    token: async () => (tokenFile === undefined ? (token ?? null) : (await contentOf(beside(file, tokenFile))).trim()),
  };
}

async function pemOf(file: string, data: string | undefined, path: string | undefined): Promise<string | undefined> {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  return path === undefined ? undefined : contentOf(beside(file, path));
}

/** Where Kubernetes puts what a pod needs to call its API server. */
const mounted = '/var/run/secrets/kubernetes.io/serviceaccount';

async function inCluster(): Promise<KubeAccess> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  if (host === undefined) {
    throw new GrayError('routerRefused', 'no kubeconfig is named, and this is no pod of a cluster');
  }
  const ca = await contentOf(`${mounted}/ca.crt`);
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca },
    token: async () => (await contentOf(`${mounted}/token`)).trim(),
  };
}

const beside = (file: string, path: string): string => resolve(dirname(file), path);

const contentOf = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw new GrayError('routerRefused', `${path} cannot be read`, { cause });
  });

const refused = (file: string, message: string) => new GrayError('routerRefused', `kubeconfig ${file}: ${message}`);
