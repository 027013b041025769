/** Waits until a started container answers its version and is healthy, or until there is no more hope of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningVersion } from '../../../domain/artifact.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import { isUnreachable, readVersion } from '../../version-probe.ts';
import { type Inspected, inspect } from './fleet.ts';
import type { Site } from './site.ts';

const pauseMs = 50;
const probeMs = 2_000;
/** A last look that has less time tells nothing. */
const leastMs = 500;

export interface Ready {
  readonly running: RunningVersion;
  /** Id of the image it runs. */
  readonly image: string;
}

/** The first answer. Throws an Error that tells whether the container ended, is unhealthy, or stayed silent. */
export async function becomeReady(site: Site, name: string, server: ServerSpec, signal?: AbortSignal): Promise<Ready> {
  const { readyMs } = site.spec;
  const deadline = performance.now() + readyMs;
  for (;;) {
    // Asked before the probe: an answer that comes while no container of ours runs is somebody else's.
    const seen = await inspect(site, name);
    refuseEnded(seen);
    const left = Math.max(leastMs, deadline - performance.now());
    const timeoutMs = Math.ceil(Math.min(probeMs, left));
    const answer = await readVersion(server, site.context.version, { timeoutMs, signal });
    const waitsFor = isUnreachable(answer) ? answer.unreachable : healthWait(seen);
    if (!isUnreachable(answer) && waitsFor === null) return { running: answer, image: seen.Image };
    if (performance.now() >= deadline) throw new Error(`not ready within ${readyMs} ms: ${waitsFor}`);
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
  }
}

function refuseEnded({ State, RestartCount = 0 }: Inspected): void {
  if (State.Status !== 'running' || RestartCount > 0) {
    const again = RestartCount > 0 ? ', and was started again by the engine' : '';
    throw new Error(`the container ended before it answered (exit status ${State.ExitCode ?? 'unknown'}${again})`);
  }
  if (State.Health?.Status === 'unhealthy') {
    throw new Error(`the image's health check says unhealthy: ${State.Health.Log?.at(-1)?.Output.trim() ?? ''}`);
  }
}

/** An image without a health check is healthy when it answers. */
const healthWait = ({ State }: Inspected): string | null =>
  State.Health?.Status === 'starting' ? "the image's health check still says starting" : null;
