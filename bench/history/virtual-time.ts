/** The same release under the time-skipping server, where a month passes in a moment. */
import { fileURLToPath } from 'node:url';
import { Context, heartbeat } from '@temporalio/activity';
import { SearchAttributeType } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { type BundleOptions, bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { createControlActivities, createWorkActivities } from '../../activities/index.ts';
import type { Observation, ObserveOrder } from '../../activities/orders.ts';
import { controlQueue, searchAttributeTypes, workQueue } from '../../src/domain/names.ts';
import { provisionTestServer } from '../../src/provision/provision.ts';
import { World, type WorldTemporal } from '../../test/support/world.ts';
import { historyOf, untouched } from './cases.ts';
import { fiveStages } from './release.ts';

/** Events of the release, one number per hold. One after the other: the server has one clock. */
export async function eventsInVirtualTime(holdsMs: readonly number[]): Promise<readonly number[]> {
  const { path } = await provisionTestServer({ log: () => undefined, env: process.env });
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  try {
    return await withWorkers(env, holdsMs);
  } finally {
    await env.teardown();
  }
}

async function withWorkers(env: TestWorkflowEnvironment, holdsMs: readonly number[]): Promise<readonly number[]> {
  const { connection, nativeConnection: native } = env;
  const namespace = env.namespace ?? 'default';
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  const temporal = { client: env.client, native, namespace, bundle: await bundle() };
  const workers = await startWorkers(env, temporal);
  const running = workers.map((worker) => worker.run());
  try {
    const events: number[] = [];
    for (const holdMs of holdsMs)
      events.push(countWithoutIdleTasks(await historyOf(temporal, { ...untouched, spec: fiveStages(holdMs) })));
    return events;
  } finally {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
  }
}

type History = Awaited<ReturnType<typeof historyOf>>;

/** Now and then this server, unlike the real one, asks for a workflow task though nothing has arrived: three events. */
function countWithoutIdleTasks(history: History): number {
  const isIdle = (at: number) =>
    history[at]?.workflowTaskScheduledEventAttributes != null && !hasArrived(history[at - 1]);
  return history.length - 3 * history.filter((_, at) => isIdle(at)).length;
}

const hasArrived = (event: History[number] | undefined): boolean =>
  event?.workflowExecutionStartedEventAttributes != null ||
  event?.activityTaskCompletedEventAttributes != null ||
  event?.timerFiredEventAttributes != null;

const searchAttributes = Object.fromEntries(
  Object.entries(searchAttributeTypes).map(([name, type]) => [
    name,
    encodeSearchAttributeIndexedValueType(SearchAttributeType[type]) ?? 0,
  ]),
);

/** As `startWorker` has them, but for the stand-in. */
function startWorkers(env: TestWorkflowEnvironment, temporal: WorldTemporal): Promise<Worker[]> {
  const { native: connection, namespace, bundle: workflowBundle } = temporal;
  const adapters = new World(temporal).adapters();
  const common = { connection, namespace, maxHeartbeatThrottleInterval: beatMs };
  const work = { ...createWorkActivities(adapters), observe: observeInAMoment(env) };
  const control = createControlActivities(adapters);
  return Promise.all([
    Worker.create({ ...common, taskQueue: controlQueue, workflowBundle, activities: control }),
    Worker.create({ ...common, taskQueue: workQueue, activities: work }),
  ]);
}

const beatMs = 100;

/** Stands in for observe: a hold is one jump in time, and what watches without an end waits until it is asked. */
const observeInAMoment =
  (env: TestWorkflowEnvironment) =>
  async ({ endAtMs, expect, stage }: ObserveOrder): Promise<Observation> => {
    const leftMs = endAtMs - Context.current().info.currentAttemptScheduledTimestampMs;
    const ended = expect === null ? await untilAsked() : await env.sleep(leftMs).then(() => 'time' as const);
    const fold = { upToMs: endAtMs, memory: {} };
    const verdict = { kind: 'pass', reason: 'a stand-in', evidence: [], untilMs: endAtMs } as const;
    return { ended, stage, verdict, fold, down: [] };
  };

/** Cancellation arrives with a heartbeat. */
async function untilAsked(): Promise<'asked'> {
  const beats = setInterval(() => heartbeat(), beatMs);
  await Context.current().cancelled.catch(() => undefined);
  clearInterval(beats);
  return 'asked';
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const standIn = here('no-heartbeats.ts');

/** The workflows with no heartbeat time-out that could end anything; production code has no knob for it. */
const bundle = (): Promise<{ readonly code: string }> =>
  bundleWorkflowCode({
    workflowsPath: here('../../workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => ({ ...config, plugins: [...(config.plugins ?? []), replaceTimeouts] }),
  });

type Configuration = ReturnType<NonNullable<BundleOptions['webpackConfigHook']>>;
type PluginFunction = Extract<NonNullable<Configuration['plugins']>[number], (...compiler: never) => void>;

const replaceTimeouts: PluginFunction = (compiler) =>
  compiler.hooks.normalModuleFactory.tap('virtual time', ({ hooks }) =>
    hooks.beforeResolve.tap('virtual time', (module) => {
      if (module.request.endsWith('/timeouts.ts') && module.contextInfo.issuer !== standIn) module.request = standIn;
    }),
  );
