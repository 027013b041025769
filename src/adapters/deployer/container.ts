/**
 * Replaces containers of Docker or Podman, by the engine's API over its Unix socket. On one port there is room for one
 * container, so the old one is stopped before the new one starts; where a second port is given, the new version has proved
 * itself there before. The stopped one is kept, and with it its image, until a later release has taken its place.
 */
import type { Artifact, RunningVersion } from '../../domain/artifact.ts';
import { sameBuild } from '../../domain/artifact.ts';
import { GrayError } from '../../domain/errors.ts';
import type { ServerSpec } from '../../domain/server.ts';
import type { ContainerDeployerSpec } from '../../domain/spec.ts';
import { isUnreachable, readVersion } from '../version-probe.ts';
import { type Container, create, logTail, nameFor, remove, retire, start, takeOver } from './container/fleet.ts';
import { type Image, provideImage, requireImage, withAlgorithm } from './container/image.ts';
import { createBody } from './container/order.ts';
import { becomeReady, type Ready } from './container/ready.ts';
import { assertHeld, type Claim, claimServer, highestClaim, readBase, writeBase } from './container/records.ts';
import { type Site, siteOf } from './container/site.ts';
import { withoutValues } from './environment.ts';
import { deployFailed, versionMismatch } from './faults.ts';
import { imageProblem, refuseTags } from './image-name.ts';
import type { Availability, Deployer, DeployerContext, DeployOrder, ServerReading } from './port.ts';
import { type BaseRecord, recordedBase } from './process/records.ts';

const probeMs = 2_000;

export function containerDeployer(spec: ContainerDeployerSpec, context: DeployerContext): Deployer {
  const siteAt = (server: ServerSpec): Site => siteOf(spec, context, server);
  return {
    read: async (server) => read(siteAt(server)),
    deploy: async (order) => deploy(siteAt(order.server), order),
    available: async (artifact, server) => available(siteAt(server), artifact),
  };
}

async function read(site: Site): Promise<ServerReading> {
  const [answer, base, { fence }] = await Promise.all([
    readVersion(site.server, site.context.version, { timeoutMs: probeMs }),
    readBase(site),
    highestClaim(site),
  ]);
  const running = isUnreachable(answer) ? { running: null, reason: answer.unreachable } : { running: answer };
  return { ...running, base: recordedBase(base), fence };
}

async function available(site: Site, artifact: Artifact): Promise<Availability> {
  const problem = imageProblem(artifact);
  if (problem !== null) return { ok: false, reason: problem };
  try {
    await requireImage(site, artifact);
    return { ok: true };
  } catch (error) {
    if (error instanceof GrayError && !error.transient) return { ok: false, reason: error.message };
    throw error;
  }
}

/** What an attempt that owns a server works with. */
interface Turn {
  readonly site: Site;
  readonly order: DeployOrder;
  readonly claim: Claim;
}

async function deploy(site: Site, order: DeployOrder): Promise<RunningVersion> {
  order.signal?.throwIfAborted();
  refuseTags(order.artifact);
  const turn = { site, order, claim: await claimServer(site, order.fence) };
  order.progress?.('claimed');
  try {
    return await converge(turn);
  } catch (error) {
    throw await inWords(turn, error);
  }
}

async function converge(turn: Turn): Promise<RunningVersion> {
  const { site, order, claim } = turn;
  const image = await provideImage(site, order.artifact, order.signal);
  order.progress?.('image there');
  const found = await takeOver(site, claim);
  const running = await probed(turn);
  order.signal?.throwIfAborted();
  refuseStranger(turn, running, found);
  const current = found.find(({ role, phase }) => role === 'run' && phase === 'running') ?? null;
  const base = await recordBase(turn, { running, current, found });
  if (running !== null && sameBuild(running, order.artifact) && isAll(found, current, image)) return running;
  if (site.spec.trialPortOffset !== undefined) await tryOut(turn, image, site.spec.trialPortOffset);
  return replace(turn, { image, found, base });
}

/** The new container could not have the port, or would be taken for what answers there. */
function refuseStranger({ site, order }: Turn, running: RunningVersion | null, found: readonly Container[]): void {
  if (running === null || found.some(({ phase }) => phase === 'running')) return;
  const { id, address } = site.server;
  const what = `${address.host}:${address.port} answers ${running.version}, and no container of this deployer runs for ${id}`;
  throw deployFailed(
    id,
    order.artifact,
    `${what}; name the one that does in servers: deploy: { adopt: … }, or stop it`,
  );
}

async function probed({ site, order }: Turn): Promise<RunningVersion | null> {
  const answer = await readVersion(site.server, site.context.version, { timeoutMs: probeMs, signal: order.signal });
  return isUnreachable(answer) ? null : answer;
}

/** One container runs, and it runs this image. */
const isAll = (found: readonly Container[], current: Container | null, image: Image): boolean =>
  current?.image === image.id && found.every((one) => one === current || one.phase !== 'running');

interface Found {
  readonly running: RunningVersion | null;
  readonly current: Container | null;
  readonly found: readonly Container[];
}

/** What is in force afterwards: recorded once for each release, before anything changes. */
async function recordBase(
  { site, order, claim }: Turn,
  { running, current, found }: Found,
): Promise<BaseRecord | null> {
  const held = await readBase(site);
  if (!order.recordBase || held?.release === order.release) return held;
  const last = current ?? found[0];
  const written = last === undefined ? null : artifactOf(last);
  // What a server says outweighs what was written down; where both name one build, the label knows its source.
  const runsWritten = running === null || running.digest === written?.digest;
  const base = { release: order.release, artifact: runsWritten ? written : running };
  await assertHeld(site, claim);
  await writeBase(site, claim, base);
  order.progress?.('base recorded');
  return base;
}

/** Null for a container that somebody else made. */
function artifactOf({ labels: { version, digest, source } }: Container): Artifact | null {
  if (version === undefined || digest === undefined) return null;
  return { version, digest, ...(source !== undefined && { source }) };
}

/** The new version on a side port, while the old one still stands. Throws, and leaves nothing behind. */
async function tryOut({ site, order, claim }: Turn, image: Image, offset: number): Promise<void> {
  const { server } = site;
  const port = server.address.port + offset;
  const name = nameFor(site, claim, 'trial', 'new');
  await create(site, name, createBody({ site, order, image, port, restart: 'no' }));
  try {
    await assertHeld(site, claim);
    await start(site, name);
    const aside = { ...server, address: { ...server.address, port } };
    confirmed(order, image, await becomeReady(site, name, aside, order.signal));
    order.progress?.('tried out');
  } catch (error) {
    throw await withLog(site, name, error);
  } finally {
    await remove(site, name);
  }
}

interface Replacement {
  readonly image: Image;
  readonly found: readonly Container[];
  readonly base: BaseRecord | null;
}

async function replace(turn: Turn, { image, found, base }: Replacement): Promise<RunningVersion> {
  const { site, order, claim } = turn;
  const name = nameFor(site, claim, 'run', 'new');
  const { port } = site.server.address;
  await create(site, name, createBody({ site, order, image, port, restart: site.spec.restart }));
  order.progress?.('created');
  await assertHeld(site, claim);
  for (const one of found.filter(({ phase }) => phase === 'running')) await retire(site, claim, one);
  order.progress?.('stopped');
  await assertHeld(site, claim);
  try {
    await start(site, name);
    order.progress?.('started');
    const running = confirmed(order, image, await becomeReady(site, name, site.server, order.signal));
    order.progress?.('ready');
    await prune(turn, found, base);
    return running;
  } catch (error) {
    throw await withLog(site, name, error);
  }
}

/** By its own word, and by the engine's: a process can repeat a digest that it was given. */
function confirmed({ server, artifact }: DeployOrder, image: Image, { running, image: runs }: Ready): RunningVersion {
  if (!sameBuild(running, artifact)) throw versionMismatch(server.id, artifact, running);
  if (withAlgorithm(runs) !== image.id) {
    throw versionMismatch(server.id, artifact, { version: running.version, digest: `image ${runs}` });
  }
  return { version: running.version, digest: running.digest };
}

/** Kept: what ran last before this one, and the newest container of the base, whose image nobody prunes then. */
async function prune(
  { site, order, claim }: Turn,
  found: readonly Container[],
  base: BaseRecord | null,
): Promise<void> {
  const last = found.find(({ phase }) => phase === 'running') ?? found[0];
  const ofBase = found.find((one) => base?.artifact != null && artifactOf(one)?.digest === base.artifact.digest);
  const useless = found.filter((one) => one !== last && one !== ofBase && one.claim !== null);
  for (const one of useless) await remove(site, nameFor(site, claim, 'old', one.id.slice(0, 12)));
  if (useless.length > 0) order.progress?.('pruned');
}

async function withLog(site: Site, name: string, error: unknown): Promise<unknown> {
  if (error instanceof GrayError) return error;
  const log = withoutValues(await logTail(site, name).catch(() => ''), site.spec.env);
  const message = error instanceof Error ? error.message : String(error);
  return new Error(log === '' ? message : `${message}\nits log ends:\n${log}`, { cause: error });
}

/** A newer owner explains every other failure, so it is looked for first. */
async function inWords({ site, order, claim }: Turn, error: unknown): Promise<unknown> {
  try {
    await assertHeld(site, claim);
  } catch (lost) {
    return lost;
  }
  if (error instanceof GrayError || order.signal?.aborted === true) return error;
  return deployFailed(site.server.id, order.artifact, error instanceof Error ? error.message : String(error), error);
}
