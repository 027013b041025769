/** Plays one scenario on a set stage: load, release, the acts at their moments, and the proof. */
import { setTimeout as sleep } from 'node:timers/promises';
import { abortRelease, approveStage, releaseStatus, resumeRelease, startRelease, uiLink } from '../src/client.ts';
import { GrayError } from '../src/domain/errors.ts';
import type { Status } from '../src/domain/status.ts';
import { type LoadHandle, startLoad } from './load/start.ts';
import type { Played } from './result.ts';
import { type Act, type Deed, hasCome, type ScenarioName, scenarioOf } from './scenarios.ts';
import { askServers } from './stage/servers.ts';
import type { Stage } from './stage/stage.ts';
import { loadScene, type ReleaseScene, releaseScene, type Scene } from './view/scene.ts';

export interface PlayOrder {
  readonly scenario: ScenarioName;
  readonly show: (scene: Scene) => void;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Users come before the release starts, and stay a little after it ended. */
const calmMs = 1_500;
const lookEveryMs = 250;
/** No scenario takes this long; what does is stuck. */
const longestMs = 5 * 60_000;

export async function play(stage: Stage, order: PlayOrder): Promise<Played> {
  const load = startLoad({ url: stage.entrance, path: '/work' });
  try {
    await sleep(calmMs, undefined, { signal: order.signal });
    const startedMs = performance.now();
    const release = await start(stage, order);
    const status = await follow(stage, order, load, release.link, startedMs);
    const tookMs = Math.round(performance.now() - startedMs);
    await sleep(calmMs, undefined, { signal: order.signal });
    const { base, spec } = stage;
    return {
      ...{ scenario: order.scenario, base, version: spec.artifact, outcome: status?.outcome ?? null, tookMs },
      link: release.link,
      load: await load.stop(),
      seconds: load.seconds(),
      servers: await askServers(spec),
    };
  } finally {
    await load.stop().catch(() => {});
  }
}

async function start({ client, spec, uiUrl }: Stage, { scenario }: PlayOrder) {
  const started = await startRelease(client, { spec, by: 'demo', reason: scenarioOf(scenario).about });
  return { link: uiLink(uiUrl, client, spec.target, started.runId) ?? uiUrl };
}

/** Looks until the release is closed; null when it never is. */
async function follow(
  stage: Stage,
  order: PlayOrder,
  load: LoadHandle,
  link: string,
  startedMs: number,
): Promise<Status | null> {
  const acts: Act[] = [...scenarioOf(order.scenario).acts];
  const events: string[] = [];
  let release: ReleaseScene | null = null;
  for (;;) {
    const status = await patientlyAsk(stage, order.signal);
    const elapsedMs = performance.now() - startedMs;
    release = sceneAfter(release, status);
    order.show({ ...usersOf(stage, order, load), release, elapsedMs, link, events: [...events] });
    if (status.phase === 'closed') return status;
    if (elapsedMs > longestMs) return null;
    const gone = stage.workers.gone();
    if (gone !== null) throw new Error(`the worker left by itself; its log: ${gone}`);
    const act = acts[0];
    if (act !== undefined && hasCome(act.when, status)) {
      acts.shift();
      events.push(act.says);
      await deeds[act.deed](stage, status);
    }
    await sleep(lookEveryMs, undefined, { signal: order.signal });
  }
}

/** A machine that is busy may answer late: only a Temporal that stays away ends the demo. */
async function patientlyAsk({ client, spec }: Stage, signal: AbortSignal): Promise<Status> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await releaseStatus(client, spec.target);
    } catch (error) {
      const away = error instanceof GrayError && error.code === 'temporalUnreachable';
      if (!away || tries >= looksAtMost) throw error;
      await sleep(lookEveryMs, undefined, { signal });
    }
  }
}

/** Each takes some seconds to fail. */
const looksAtMost = 8;

/** Without a worker nobody knows more than before. */
function sceneAfter(before: ReleaseScene | null, status: Status): ReleaseScene | null {
  if (status.stale === undefined) return releaseScene(status);
  return before === null ? null : { ...before, waiting: 'a worker: none answers just now' };
}

function usersOf({ spec, base }: Stage, { scenario }: PlayOrder, load: LoadHandle) {
  const { version } = spec.artifact;
  return { scenario, target: spec.target, base: base.version, version, load: loadScene(load.stats(), version) };
}

const asked = { by: 'demo operator', reason: 'part of the demo' };

const deeds: Readonly<Record<Deed, (stage: Stage, status: Status) => Promise<unknown>>> = {
  killWorker: ({ workers }) => workers.replace(),
  faultBegins: (stage) => stage.setFault(true),
  faultEnds: (stage) => stage.setFault(false),
  abort: ({ client, spec }) => abortRelease(client, spec.target, asked),
  resume: ({ client, spec }) => resumeRelease(client, spec.target, asked),
  approve: ({ client, spec }, { gate }) => approveStage(client, spec.target, gate?.stage ?? 0, asked),
};
