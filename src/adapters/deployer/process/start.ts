/** How a server is started: `{host}`, `{port}`, `{server}`, `{version}` and `{digest}` filled in, and given as GRAY_* too. */
import type { Artifact } from '../../../domain/artifact.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import type { ProcessDeployerSpec } from '../../../domain/spec.ts';
import { releaseName } from './releases.ts';
import type { StartOrder } from './switch.ts';

export function startOrder(spec: ProcessDeployerSpec, server: ServerSpec, artifact: Artifact): StartOrder {
  const values = placeholders(server, artifact);
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  const [command = '', ...args] = spec.start.map(fill);
  const variables = Object.entries(values).map(([name, value]) => [`GRAY_${name.toUpperCase()}`, value]);
  return { command, args, release: releaseName(artifact.digest), variables: Object.fromEntries(variables) };
}

const placeholders = (server: ServerSpec, artifact: Artifact): Readonly<Record<string, string>> => ({
  host: server.address.host,
  port: String(server.address.port),
  server: server.id,
  version: artifact.version,
  digest: artifact.digest,
});
