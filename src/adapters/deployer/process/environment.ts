/** What a started server gets: its arguments filled in, and only the environment variables that were named. */
import type { Artifact } from '../../../domain/artifact.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import type { ProcessDeployerSpec } from '../../../domain/spec.ts';
import { releaseName } from './releases.ts';
import type { StartOrder } from './switch.ts';

/** Without these a program is not found, or writes its text in the wrong letters. */
const always = ['PATH', 'HOME', 'LANG', 'TZ'];

export function namedEnvironment(names: readonly string[]): Readonly<Record<string, string>> {
  const found = [...always, ...names].map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

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

/** Replaces the values of named variables, which may be secrets, by their names. */
export function withoutValues(text: string, names: readonly string[]): string {
  const secrets = names.map((name) => [name, process.env[name] ?? ''] as const).filter(([, value]) => value.length > 3);
  return secrets.reduce((clean, [name, value]) => clean.replaceAll(value, `<${name}>`), text);
}
