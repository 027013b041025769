/** What a Caddy needs before a release may rely on it; each finding says how to mend it. */
import { access } from 'node:fs/promises';
import type { ServerSpec } from '../../../domain/server.ts';
import type { CaddyRouterSpec } from '../../../domain/spec.ts';
import { type Finding, fine, messageOf, wrong } from '../../finding.ts';
import type { RouterContext } from '../port.ts';
import { probeAnswers } from '../probe-finding.ts';
import { configAt, openRequestsAt, startOf } from './admin.ts';
import { type RunningConfig, runningConfig } from './running-config.ts';

const page = 'docs/adapters/caddy.md';

/** Changes nothing. Never throws: a Caddy that does not answer is a finding. */
export async function caddyDoctor(spec: CaddyRouterSpec, context: RouterContext): Promise<Finding[]> {
  return [
    ...(await examineCaddy(spec, context)),
    await probeAnswers(spec, `the probe site of ${page}, on loopback, and a running decider`),
  ];
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
