/**
 * Starts, stops and replaces server processes on this machine, one folder per server under `spec.dir`.
 * Only claims and staged builds are written from here; everything else is changed by the switch (process/switch.mjs).
 */
import { resolve } from 'node:path';
import type { Artifact, RunningVersion } from '../../domain/artifact.ts';
import { sameBuild } from '../../domain/artifact.ts';
import { GrayError } from '../../domain/errors.ts';
import type { ServerSpec } from '../../domain/server.ts';
import type { ProcessDeployerSpec } from '../../domain/spec.ts';
import { isUnreachable, readVersion } from '../version-probe.ts';
import { namedEnvironment, withoutValues } from './environment.ts';
import { deployFailed, versionMismatch } from './faults.ts';
import type { Deployer, DeployerContext, DeployOrder, ServerReading } from './port.ts';
import { assertHeld, type Claim, claimServer, highestClaim } from './process/claims.ts';
import { openHome, type ServerHome } from './process/home.ts';
import type { ProcessId } from './process/processes.ts';
import { becomeReady, logTail } from './process/ready.ts';
import { type BaseRecord, readBase, readCurrent, recordedBase, serverProcesses } from './process/records.ts';
import { availability, releaseName, stageRelease } from './process/releases.ts';
import { startOrder } from './process/start.ts';
import { emptyPlan, endOlderSwitches, runSwitch, type SwitchPlan } from './process/switch.ts';

/** Builds kept beside the current one and the base. */
const keepReleases = 5;
const probeMs = 2_000;

interface Setting {
  readonly spec: ProcessDeployerSpec;
  readonly context: DeployerContext;
}

/** What an attempt that owns a server works with. */
interface Turn extends Setting {
  readonly order: DeployOrder;
  readonly home: ServerHome;
  readonly claim: Claim;
}

export function processDeployer(spec: ProcessDeployerSpec, context: DeployerContext): Deployer {
  const setting = { spec, context };
  return {
    read: (server) => read(setting, server),
    deploy: (order) => deploy(setting, order),
    available: async (artifact, server) => availability(await openHome(resolve(spec.dir), server.id), artifact),
  };
}

async function read({ spec, context }: Setting, server: ServerSpec): Promise<ServerReading> {
  const home = await openHome(resolve(spec.dir), server.id);
  const [answer, base, claim] = await Promise.all([
    readVersion(server, context.version, { timeoutMs: probeMs }),
    readBase(home),
    highestClaim(home),
  ]);
  const running = isUnreachable(answer) ? { running: null, reason: answer.unreachable } : { running: answer };
  return { ...running, base: recordedBase(base), fence: claim.fence };
}

async function deploy(setting: Setting, order: DeployOrder): Promise<RunningVersion> {
  order.signal?.throwIfAborted();
  const home = await openHome(resolve(setting.spec.dir), order.server.id);
  const claim = await claimServer(home, order.fence);
  order.progress?.('claimed');
  const turn = { ...setting, order, home, claim };
  try {
    return await converge(turn);
  } catch (error) {
    throw await inWords(turn, error);
  }
}

async function converge(turn: Turn): Promise<RunningVersion> {
  const { spec, context, order, home, claim } = turn;
  const { server, artifact, signal } = order;
  const staged = await stageRelease(home, artifact, claim);
  order.progress?.('staged');
  signal?.throwIfAborted();
  await endOlderSwitches(home, claim);
  const found = await lookAt(turn);
  const plan = planSwitch(turn, found, staged);
  if (plan !== null) await carryOut(turn, plan);
  if (plan?.start === null || plan === null) return confirmed(turn, found.running);
  const ready = await becomeReady({ home, server, probe: context.version, readyMs: spec.readyMs, signal });
  order.progress?.('ready');
  return confirmed(turn, ready);
}

const carryOut = ({ home, claim, spec, order }: Turn, plan: SwitchPlan): Promise<void> =>
  runSwitch({
    home,
    claim,
    plan,
    environment: namedEnvironment(spec.env),
    progress: (step) => order.progress?.(step),
  });

interface Found {
  readonly running: RunningVersion | null;
  readonly processes: readonly ProcessId[];
  readonly current: Artifact | null;
  readonly base: BaseRecord | null;
}

async function lookAt({ home, order, context }: Turn): Promise<Found> {
  const [answer, processes, current, base] = await Promise.all([
    readVersion(order.server, context.version, { timeoutMs: probeMs, signal: order.signal }),
    serverProcesses(home),
    readCurrent(home),
    readBase(home),
  ]);
  return { running: isUnreachable(answer) ? null : answer, processes, current, base };
}

/** Null when nothing is to be changed. */
function planSwitch({ spec, order }: Turn, found: Found, staged: string | null): SwitchPlan | null {
  const { server, artifact } = order;
  const base = baseToRecord(order, found);
  const same = found.current !== null && sameBuild(found.current, artifact);
  const healthy = same && found.processes.length > 0 && found.running !== null && sameBuild(found.running, artifact);
  if (healthy) return base === null ? null : { ...emptyPlan, base };
  const release = releaseName(artifact.digest);
  const baseDigest = (base ?? found.base)?.artifact?.digest;
  return {
    ...emptyPlan,
    install: staged === null ? null : { staged, release },
    base,
    current: artifact,
    stop: found.processes,
    start: startOrder(spec, server, artifact),
    prune: { keep: keepReleases, always: baseDigest === undefined ? [release] : [release, releaseName(baseDigest)] },
    stopMs: spec.stopMs,
  };
}

/** What a process says outweighs what was written down; where both name one build, the written record knows its source. */
function baseToRecord({ recordBase, release }: DeployOrder, found: Found): BaseRecord | null {
  if (!recordBase || found.base?.release === release) return null;
  const { running, current } = found;
  const runsCurrent = running === null || running.digest === current?.digest;
  return { release, artifact: runsCurrent ? current : running };
}

function confirmed({ order: { server, artifact } }: Turn, running: RunningVersion | null): RunningVersion {
  if (running === null) throw new Error('the server does not answer its version');
  if (!sameBuild(running, artifact)) throw versionMismatch(server.id, artifact, running);
  return { version: running.version, digest: running.digest };
}

/** A newer owner explains every other failure, so it is looked for first. */
async function inWords({ home, claim, order, spec }: Turn, error: unknown): Promise<unknown> {
  try {
    await assertHeld(home, claim);
  } catch (lost) {
    return lost;
  }
  if (error instanceof GrayError || order.signal?.aborted === true) return error;
  const message = error instanceof Error ? error.message : String(error);
  const log = withoutValues(await logTail(home), spec.env);
  return deployFailed(
    order.server.id,
    order.artifact,
    log === '' ? message : `${message}\nits log ends:\n${log}`,
    error,
  );
}
