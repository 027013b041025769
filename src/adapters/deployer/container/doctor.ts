/** What the engines need before a release may rely on them; each finding says how to mend it. */
import pMap from 'p-map';
import { z } from 'zod';
import { GrayError } from '../../../domain/errors.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import type { ContainerDeployerSpec } from '../../../domain/spec.ts';
import { type Finding, fine, wrong } from '../../finding.ts';
import { isUnreachable, readVersion } from '../../version-probe.ts';
import type { DeployerContext } from '../port.ts';
import { contentOf } from './engine.ts';
import { containersOf } from './fleet.ts';
import { type Site, siteOf } from './site.ts';

export interface DoctorContext extends DeployerContext {
  readonly servers: readonly ServerSpec[];
}

const page = 'docs/adapters/container.md';
const probeMs = 2_000;

/** Changes nothing. Never throws: an engine that does not answer is a finding. */
export async function containerDoctor(spec: ContainerDeployerSpec, context: DoctorContext): Promise<Finding[]> {
  const sites = context.servers.map((server) => siteOf(spec, context, server));
  const engines = [...new Map(sites.map((site) => [site.engine.socket, site])).values()];
  const answers = await Promise.all(engines.map(engineFinding));
  const reached = new Set(engines.filter((_, index) => answers[index]?.ok === true).map(({ engine }) => engine.socket));
  const servers = sites.filter(({ engine }) => reached.has(engine.socket));
  return [...answers, ...(await pMap(servers, serverFinding, { concurrency: 10 }))];
}

const versionSchema = z.object({
  Version: z.string(),
  Components: z.array(z.object({ Name: z.string() })).optional(),
});

async function engineFinding({ engine }: Site): Promise<Finding> {
  try {
    const answer = await engine.ask({ method: 'GET', path: '/version' });
    const { Version, Components } = contentOf(engine, answer, versionSchema);
    return fine(`${engine.socket}: ${Components?.[0]?.Name ?? 'an engine'} ${Version}`);
  } catch (error) {
    if (error instanceof GrayError) return wrong(error.message, `the socket of ${page}`);
    throw error;
  }
}

/** Whatever serves now must be ours, or named, because two cannot have the port. */
async function serverFinding(site: Site): Promise<Finding> {
  const { server, context, adopt } = site;
  const [containers, answer] = await Promise.all([
    containersOf(site),
    readVersion(server, context.version, { timeoutMs: probeMs }),
  ]);
  const running = containers.filter(({ phase }) => phase === 'running').map(({ name }) => name);
  if (running.length === 1) return fine(`${server.id} runs as ${running[0]}`);
  if (running.length > 1) {
    return wrong(`${server.id} has several containers: ${running}`, 'the next deploy leaves one; or stop the others');
  }
  if (isUnreachable(answer)) return fine(`${server.id} has no container yet, and its port is free`);
  const named = adopt === null ? '' : `, and ${adopt} does not run`;
  return wrong(
    `${server.id} answers, but not from a container of this deployer${named}`,
    `name the container that serves in servers: deploy: { adopt: … }; ${page}`,
  );
}
