/** Everything a release needs, on this machine: set up in the order in which it is needed, taken down however it ends. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import { readReleaseFile } from '../../src/spec.ts';
import { buildArtifact } from '../build-artifact.ts';
import type { DemoOptions } from '../options.ts';
import { type Crew, createCrew } from '../processes/crew.ts';
import { paces, type ReleaseFacts, releaseYaml } from '../release-file.ts';
import type { Scenario } from '../scenarios.ts';
import { type DeployerStage, type OpenDeployer, processStage } from './deployer.ts';
import { quietPorts } from './ports.ts';
import { type RouterStage, routerStages } from './router.ts';
import { installServers } from './servers.ts';
import { openTemporal } from './temporal.ts';
import { bundleWorkflows, startWorkers, type Workers } from './workers.ts';

export interface Stage {
  readonly spec: ReleaseSpec;
  readonly base: ReleaseSpec['artifact'];
  readonly entrance: string;
  readonly client: Client;
  readonly uiUrl: string;
  /** The folder with logs and history is not removed. */
  keep(): void;
  readonly workers: Workers;
  /** The fault of version 2 acts, or acts no more; only where the scenario is `switched`. */
  setFault(acts: boolean): Promise<void>;
}

export interface StageOrder extends Pick<DemoOptions, 'router' | 'pace' | 'keep'> {
  readonly scenario: Scenario;
  /** The process deployer where it is left out. */
  readonly deployer?: OpenDeployer;
  readonly say: (line: string) => void;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
}

const target = 'payments';
const serverCount = 6;
const grayCount = 2;

/** What has to be taken down, in this order, and whether its folder stays. */
interface Scaffold {
  readonly folder: string;
  readonly crew: Crew;
  readonly undo: (() => Promise<void>)[];
  kept: boolean;
}

/** Sets the stage, plays, and takes it down whatever `play` did. After a failure the folder stays. */
export async function onStage<T>(order: StageOrder, play: (stage: Stage) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'gray-demo-'));
  const crew = createCrew(folder);
  const scaffold: Scaffold = { folder, crew, undo: [() => crew.end()], kept: order.keep };
  try {
    return await play(await setUp(order, scaffold));
  } catch (error) {
    if (!order.signal.aborted) scaffold.kept = true;
    throw error;
  } finally {
    await takeDown(order, scaffold);
  }
}

async function takeDown({ say }: StageOrder, { folder, undo, kept }: Scaffold): Promise<void> {
  for (const step of undo) await step().catch((error) => say(`while taking down: ${error}`));
  if (kept) say(`logs, builds and history are kept in ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}

async function setUp(order: StageOrder, scaffold: Scaffold): Promise<Stage> {
  const { scenario, say, signal } = order;
  const { folder, crew, undo } = scaffold;
  const step = async <Made>(made: Promise<Made>): Promise<Made> => {
    const result = await made;
    signal.throwIfAborted();
    return result;
  };
  const switchFile = join(folder, 'fault');
  const serversDir = join(folder, 'servers');
  await mkdir(serversDir);
  const deployer = await (order.deployer ?? processStage)(serversDir);
  undo.push(deployer.close);
  const { base, facts, router } = await step(prepare(order, deployer, { folder, switchFile }));
  const file = join(folder, 'release.yaml');
  await writeFile(file, releaseYaml(facts, paces[order.pace], scenario));
  const spec = await step(readReleaseFile(file));
  say(`versions 1.0.0 and 2.0.0 are built; release file: ${file}`);

  const bundle = await step(bundleWorkflows(folder));
  const temporal = await openTemporal(folder, say);
  undo.push(temporal.close);
  signal.throwIfAborted();
  crew.adoptServers(serversDir);
  await step(installServers(spec, base));
  say(`${serverCount} servers run 1.0.0, ${grayCount} of them are the gray servers`);
  await step(router.start(crew, spec));
  say(`router (${order.router}) at ${router.entrance}`);
  const workers = await step(startWorkers({ crew, bundle, env: temporal.env }));
  say('worker is serving');
  return {
    ...{ spec, base, entrance: router.entrance, client: temporal.client, uiUrl: temporal.uiUrl, workers },
    keep: () => {
      scaffold.kept = true;
    },
    setFault: (acts) => (acts ? writeFile(switchFile, '') : rm(switchFile, { force: true })),
  };
}

interface Prepared {
  readonly base: ReleaseSpec['artifact'];
  readonly facts: ReleaseFacts;
  readonly router: RouterStage;
}

interface Files {
  readonly folder: string;
  readonly switchFile: string;
}

async function prepare(
  { scenario, router: kind }: StageOrder,
  deployer: DeployerStage,
  { folder, switchFile }: Files,
): Promise<Prepared> {
  const dir = join(folder, 'builds');
  const faults = { ...scenario.faults, ...(scenario.switched && { onlyWhile: switchFile }) };
  const base = await buildArtifact({ dir, version: '1.0.0' });
  const artifact = await buildArtifact({ dir, version: '2.0.0', faults });
  const [entrance = 0, probe = 0, ...ports] = await quietPorts(serverCount + 2);
  const servers = ports.map((port, at) => ({ id: `pay-${at + 1}`, port, gray: at < grayCount }));
  const router = routerStages[kind]({ folder, target, servers, ports: { entrance, probe } });
  return { base, router, facts: { target, servers, artifact, router: router.section, deployer: deployer.section } };
}
