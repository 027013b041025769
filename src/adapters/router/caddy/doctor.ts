/** What a Caddy needs before a release may rely on it; each finding says how to mend it. */
import { access } from 'node:fs/promises';
import type { ServerSpec } from '../../../domain/server.ts';
import type { CaddyRouterSpec } from '../../../domain/spec.ts';
import { askEntrance } from '../haproxy/probe.ts';
import type { RouterContext } from '../port.ts';
import { configAt, openRequestsAt, startOf } from './admin.ts';
import { type RunningConfig, runningConfig } from './running-config.ts';

export interface Finding {
  readonly ok: boolean;
  /** What was looked at, and what was found where it is not ok. */
  readonly what: string;
  /** How to mend it; empty when ok. */
  readonly mend: string;
}

const page = 'docs/adapters/caddy.md';

/** Changes nothing. Never throws: a Caddy that does not answer is a finding. */
export async function caddyDoctor(spec: CaddyRouterSpec, context: RouterContext): Promise<Finding[]> {
  return [...(await examineCaddy(spec, context)), await probeAnswers(spec)];
}

async function examineCaddy({ admin }: CaddyRouterSpec, { servers }: RouterContext): Promise<Finding[]> {
  try {
    await Promise.all([startOf(admin), openRequestsAt(admin)]);
    const config = runningConfig(JSON.parse(await configAt(admin)));
    return [
      fine(`Caddy's admin side answers at ${admin}`),
      ...servers.flatMap((server) => serverFindings(config, server)),
      unknownServers(config, servers),
      await roadThere(config),
      config.cleaned
        ? fine('Caddy removes X-Gray- headers that come from outside')
        : wrong('anybody can choose a server by X-Gray- headers', `\`request_header -X-Gray-*\`, as in ${page}`),
    ];
  } catch (error) {
    return [wrong(`${admin}: ${messageOf(error)}`, `\`admin\` in the global options, as in ${page}`)];
  }
}

function serverFindings({ chosen, onRoad }: RunningConfig, { id, address }: ServerSpec): Finding[] {
  const wanted = `${address.host}:${address.port}`;
  const found = [...new Set(chosen.get(id))];
  const findings: Finding[] = [];
  if (found.length === 0) findings.push(wrong(`Caddy has no line for ${id}`, `its two lines of ${page}`));
  else if (found.some((dial) => dial !== wanted)) {
    findings.push(wrong(`Caddy reaches ${id} at ${found.join(', ')}, not ${wanted}`, 'make both the same'));
  }
  if (!onRoad.has(id)) findings.push(wrong(`${id} is not on the way to stable`, `its \`file\` lines of ${page}`));
  return findings.length === 0 ? [fine(`Caddy knows ${id}`)] : findings;
}

function unknownServers({ chosen }: RunningConfig, servers: readonly ServerSpec[]): Finding {
  const others = [...chosen.keys()].filter((name) => !servers.some(({ id }) => id === name));
  if (others.length === 0) return fine('Caddy has no other servers');
  return wrong(`Caddy has other servers: ${others.join(', ')}`, 'one Caddy for each target, or no X-Gray-Server lines');
}

async function roadThere({ roads }: RunningConfig): Promise<Finding> {
  const gone = await Promise.all(
    roads.map((road) =>
      access(road).then(
        () => [],
        () => [road],
      ),
    ),
  );
  const missing = gone.flat();
  if (missing.length === 0) return fine('the way to stable is there');
  return wrong(`${missing.join(', ')} is not there`, 'start the decider with this directory as `road`');
}

/** A doctor is in no hurry, and a busy machine is not ill. */
const patienceMs = 10_000;

async function probeAnswers({ probe, identity }: CaddyRouterSpec): Promise<Finding> {
  const mend = `the probe site of ${page}, on loopback, and a running decider`;
  try {
    const version = { get: '/', version: '$', digest: '$' };
    const { headers } = await askEntrance({ probe, identity, version }, { user: null }, patienceMs);
    const missing = ['x-gray-pool', 'x-gray-fence', 'x-gray-period'].filter((header) => !headers[header]);
    if (missing.length === 0) return fine(`the probe entrance ${probe} answers`);
    return wrong(`the probe entrance ${probe} does not send ${missing.join(', ')}`, mend);
  } catch (error) {
    return wrong(`the probe entrance ${probe} does not answer: ${messageOf(error)}`, mend);
  }
}

const fine = (what: string): Finding => ({ ok: true, what, mend: '' });
const wrong = (what: string, mend: string): Finding => ({ ok: false, what, mend });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
