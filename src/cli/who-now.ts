/** What a request gets at this moment: the route in force, and the versions that the servers behind it name. */
import type { Router } from '../adapters/router/port.ts';
import { isUnreachable, readVersion } from '../adapters/version-probe.ts';
import type { DesiredRoute, RouteState } from '../domain/route.ts';
import { servingFor } from '../domain/serving.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { type Answer, type Asker, whoGetsBy } from '../domain/who.ts';

export interface WhoNow extends Answer {
  readonly period: DesiredRoute['period'];
  readonly shareBp: number;
  /** Known while a release is on its way; null: the next one draws its users itself. */
  readonly salt: string | null;
  /** Servers that may answer. */
  readonly servers: readonly string[];
  /** What they name; several while a pool is mixed, none while nobody answers. */
  readonly versions: readonly string[];
  /** The arm's own pool serves nothing, and the other one answers. */
  readonly fallback: boolean;
}

/** Throws `routerUnreachable`, `routerRefused`. */
export async function whoNow(spec: ReleaseSpec, router: Pick<Router, 'read'>, asker: Asker): Promise<WhoNow> {
  const state: RouteState = await router.read();
  const { route } = state;
  const answer = whoGetsBy(route, asker);
  const serving = servingFor(route, answer.arm ?? 'stable', (id) => state.servers[id]?.up === true);
  return {
    ...answer,
    ...{ period: route.period, shareBp: route.split.shareBp },
    salt: route.period === 'normal' ? null : route.split.salt,
    ...{ servers: serving.servers, fallback: serving.fallback, versions: await versionsOf(spec, serving.servers) },
  };
}

const timeoutMs = 2_000;

async function versionsOf(spec: ReleaseSpec, ids: readonly string[]): Promise<string[]> {
  const servers = spec.servers.filter(({ id }) => ids.includes(id));
  const answers = await Promise.all(servers.map((server) => readVersion(server, spec.version, { timeoutMs })));
  return [...new Set(answers.flatMap((answer) => (isUnreachable(answer) ? [] : [answer.version])))].sort();
}
