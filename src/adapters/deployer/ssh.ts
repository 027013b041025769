/**
 * Puts builds on servers over SSH: one folder per server on its host, with releases, a link `current`, claims and
 * records, and a service that is restarted. Every change is made there, by the script in ssh/remote/, for the claim that owns the server.
 */
import type { Artifact, RunningVersion } from '../../domain/artifact.ts';
import { sameBuild } from '../../domain/artifact.ts';
import { GrayError } from '../../domain/errors.ts';
import type { ServerSpec } from '../../domain/server.ts';
import type { SshDeployerSpec } from '../../domain/spec.ts';
import { isUnreachable } from '../version-probe.ts';
import { artifactMissing, deployFailed, versionMismatch } from './faults.ts';
import type { Availability, Deployer, DeployerContext, DeployOrder, ServerReading } from './port.ts';
import { sizeOf } from './process/digest.ts';
import { type BaseRecord, recordedBase } from './process/records.ts';
import { isDigest, openBuild } from './ssh/builds.ts';
import { sharedGate } from './ssh/gate.ts';
import { claim, type Held, look, lost, runSwitch, runThere, type Site, stage } from './ssh/operations.ts';
import { placeOf } from './ssh/place.ts';
import { isFresh, type ServerFacts } from './ssh/records.ts';
import { type Asked, askVersion, becomeReady } from './ssh/versions.ts';

const versionPattern = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
const noDigest = 'its digest is not sha256:<64 hex digits>';
/** Unpacked files need more room than an archive, and a full disk hurts more than the build. */
const roomFactor = 4;

export function sshDeployer(spec: SshDeployerSpec, context: DeployerContext): Deployer {
  const line = { spec, gate: sharedGate(context.target, spec.sessions) };
  const askedOf = (server: ServerSpec): Asked => ({
    line,
    place: placeOf(spec, server),
    server,
    probe: context.version,
  });
  return {
    read: (server) => inPlainWords(server, () => read(askedOf(server))),
    deploy: (order) => deploy(askedOf(order.server), order),
    available: (artifact, server) => inPlainWords(server, () => available(askedOf(server), artifact)),
  };
}

async function read(asked: Asked): Promise<ServerReading> {
  const [answer, { base, fence }] = await Promise.all([askVersion(asked), look(asked, null)]);
  const running = isUnreachable(answer) ? { running: null, reason: answer.unreachable } : { running: answer };
  return { ...running, base: recordedBase(base), fence };
}

async function available(site: Site, artifact: Artifact): Promise<Availability> {
  if (!isDigest(artifact.digest)) return { ok: false, reason: noDigest };
  const { kept, freeKb } = await look(site, artifact);
  if (kept) return { ok: true };
  try {
    await openBuild(artifact);
  } catch (error) {
    if (error instanceof GrayError) return { ok: false, reason: error.message };
    throw error;
  }
  const neededKb = Math.ceil(((await sizeOf(artifact.source ?? '')) * roomFactor) / 1024);
  if (freeKb === null || freeKb >= neededKb) return { ok: true };
  return { ok: false, reason: `${freeKb} KB are free at ${site.place.dir}; ${neededKb} KB are needed` };
}

/** What an attempt that owns a server works with. */
interface Turn {
  readonly asked: Asked;
  readonly held: Held;
  readonly order: DeployOrder;
  readonly facts: ServerFacts;
}

async function deploy(asked: Asked, order: DeployOrder): Promise<RunningVersion> {
  const { artifact, fence, signal } = order;
  signal?.throwIfAborted();
  if (!isDigest(artifact.digest)) throw artifactMissing(artifact, noDigest);
  // It is written into a file that shells may read.
  if (!versionPattern.test(artifact.version)) throw artifactMissing(artifact, 'it is no name for a version');
  const held = { ...asked, artifact, fence };
  const facts = await inPlainWords(order.server, () => claim(held));
  order.progress?.('claimed');
  try {
    return await converge({ asked: { ...asked, signal }, held, order, facts });
  } catch (error) {
    throw await inWords(held, order, facts, error);
  }
}

async function converge(turn: Turn): Promise<RunningVersion> {
  const { asked, held, order, facts } = turn;
  const { artifact, signal } = order;
  const staged = facts.kept ? '' : await stage(held, facts.claim, await openBuild(artifact), signal);
  order.progress?.('staged');
  signal?.throwIfAborted();
  const answer = await askVersion(asked);
  const running = isUnreachable(answer) ? null : answer;
  const base = baseToRecord(order, facts, running);
  const plan = { claim: facts.claim, staged, base };
  const progress = (step: string) => order.progress?.(step);
  if (running !== null && isHealthy(facts, artifact, running)) {
    if (base !== null) await runSwitch(held, { ...plan, current: null }, progress);
    return confirmed(order, running);
  }
  const { current, process } = await runSwitch(held, { ...plan, current: artifact }, progress);
  const ready = await becomeReady({ ...asked, ...held, signal, claim: facts.claim, current, process });
  order.progress?.('ready');
  return confirmed(order, ready);
}

/** The link, the process that was started from it, and the process's own word. */
function isHealthy({ current, process }: ServerFacts, artifact: Artifact, running: RunningVersion): boolean {
  if (current === null || !sameBuild(current.artifact, artifact)) return false;
  return isFresh(process, current) !== false && sameBuild(running, artifact);
}

/** What a process says outweighs what was written down; where both name one build, the written record knows its source. */
function baseToRecord(
  { recordBase, release }: DeployOrder,
  { base, current }: ServerFacts,
  running: RunningVersion | null,
): BaseRecord | null {
  if (!recordBase || base?.release === release) return null;
  const written = current?.artifact ?? null;
  const runsWritten = running === null || running.digest === written?.digest;
  return { release, artifact: runsWritten ? written : running };
}

function confirmed({ server, artifact }: DeployOrder, running: RunningVersion): RunningVersion {
  if (!sameBuild(running, artifact)) throw versionMismatch(server.id, artifact, running);
  return { version: running.version, digest: running.digest };
}

/** A newer owner explains every other failure, so it is looked for first. */
async function inWords(held: Held, order: DeployOrder, facts: ServerFacts, error: unknown): Promise<unknown> {
  // Nobody there can be asked.
  if (error instanceof GrayError && error.code === 'serverUnreachable') return error;
  const owner = await look(held, null).catch(() => null);
  if (owner !== null && owner.claim !== facts.claim) return lost(held, owner.fence);
  if (error instanceof GrayError || order.signal?.aborted === true) return error;
  const message = error instanceof Error ? error.message : String(error);
  const log = owner === null ? '' : await lastWords(held);
  const said = log === '' ? message : `${message}\nits log ends:\n${log}`;
  return deployFailed(order.server.id, order.artifact, said, error);
}

async function lastWords(site: Site): Promise<string> {
  if (site.place.log === null) return '';
  const { output } = await runThere(site, site.place.log).catch(() => ({ output: '' }));
  return output.trim().split('\n').slice(-10).join('\n');
}

async function inPlainWords<Result>({ id }: ServerSpec, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof GrayError || !(error instanceof Error)) throw error;
    throw new GrayError('deployFailed', `${id}: ${error.message}`, { details: { server: id }, cause: error });
  }
}
