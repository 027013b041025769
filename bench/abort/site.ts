/** One target: a router as a process of its own, and servers behind it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Crew } from '../../demo/processes/crew.ts';
import { quietPorts } from '../../demo/stage/ports.ts';
import { type RouterKind, routerStages } from '../../demo/stage/router.ts';
import type { HttpCheck, ReleaseSpec } from '../../src/domain/spec.ts';
import { resolveRouter, router as routerSection } from '../../src/spec/router.ts';
import { baseBuild, releaseSpec, server } from '../../test/support/release-spec.ts';
import { startServers } from './servers.ts';

export interface Site {
  readonly kind: RouterKind;
  readonly spec: ReleaseSpec;
  close(): Promise<void>;
}

export interface SiteOrder {
  readonly folder: string;
  readonly crew: Crew;
  readonly kind: RouterKind;
  readonly target: string;
  readonly servers: number;
  readonly gray: number;
  readonly spec: Partial<ReleaseSpec>;
}

const runsIt: HttpCheck = {
  ...{ kind: 'http', name: 'version', method: 'GET', path: '/', headers: {}, repeat: 1, timeoutMs: 3_000 },
  expect: { status: 200, version: true, headers: {}, json: {} },
};
const verify = { deployment: [runsIt], gray: [{ ...runsIt, as: 'tester' }] };

export async function openSite({ folder: parent, crew, kind, target, ...order }: SiteOrder): Promise<Site> {
  const folder = join(parent, target);
  await mkdir(folder);
  const [entrance = 0, probe = 0, ...ports] = await quietPorts(order.servers + 2);
  const servers = ports.map((port, index) => server(`s${index + 1}`, port, index < order.gray));
  const facts = servers.map(({ id, address, gray }) => ({ id, port: address.port, gray }));
  const stage = routerStages[kind]({ folder, target, servers: facts, ports: { entrance, probe } });
  const tiny = await startServers(target, servers, baseBuild);
  const router = resolveRouter(routerSection.parse(stage.section), target, (path) => path);
  const spec = releaseSpec(target, { verify, ...order.spec, servers, router });
  await stage.start({ ...crew, start: (member) => crew.start({ ...member, name: `${target}-${member.name}` }) }, spec);
  return { kind, spec, close: tiny.close };
}

/** `count` sites of three servers whose releases stay in the first of two stages. */
export const openRampSites = (within: Pick<SiteOrder, 'folder' | 'crew' | 'kind'>, count: number): Promise<Site[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      openSite({ ...within, target: `${within.kind}-${index + 1}`, servers: 3, gray: 1, spec: twoStages }),
    ),
  );

const twoStages: Partial<ReleaseSpec> = {
  ramp: {
    patience: 3,
    stages: [
      { shareBp: 1_000, holdMs: 60 * 60_000 },
      { shareBp: 3_000, holdMs: 60 * 60_000 },
    ],
  },
  capacity: { maxLoad: 2 },
  metrics: { kind: 'memory', intervalMs: 1_000 },
};
