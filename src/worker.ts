/** The worker of a release engine: two task queues in one process, each with its own slots. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Adapters } from '../activities/deps.ts';
import { createControlActivities, createWorkActivities } from '../activities/index.ts';
import type { TemporalConfig } from './config.ts';
import { GrayError } from './domain/errors.ts';
import { controlQueue, workQueue } from './domain/names.ts';

export interface GrayWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly adapters: Adapters;
  /** Defaults to the prebuilt bundle beside the compiled code, else the sources are bundled now. */
  readonly workflows?: WorkflowSource;
  /** Worker Deployment Versioning; without it the worker is unversioned, which is the default policy. */
  readonly deployment?: DeploymentVersion;
  readonly limits?: Partial<WorkerLimits>;
}

export type WorkflowSource = { readonly code: string } | { readonly codePath: string } | { readonly path: string };

export interface DeploymentVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

export interface WorkerLimits {
  readonly workflowTasks: number;
  /** A release uses one at a time, and an abort must never wait for a slot. */
  readonly routeSlots: number;
  /** Each release in a stage holds one for its observe. */
  readonly workSlots: number;
  /** An idle cached workflow costs about 0.2 MB. */
  readonly cachedWorkflows: number;
}

export const defaultLimits: WorkerLimits = { workflowTasks: 40, routeSlots: 100, workSlots: 200, cachedWorkflows: 200 };

export interface RunningWorker {
  /** Settles when both queues are drained; rejects when the worker broke. */
  readonly done: Promise<void>;
  /** Takes no new work, gives running activities `grace` to end, and returns when everything ended. Repeats are free. */
  shutdown(): Promise<void>;
}

/**
 * A task offered to the worker that knows the workflow goes to any worker after this. With the SDK's 10 s an approval or
 * abort waited 10.5 s after that worker was killed; the price of a needless change is one replay.
 */
const stickyMs = 2_000;

/** Activities learn of a shutdown after `grace`; a worker that hangs is given up at `force`. */
const shutdownMs = { grace: 2_000, force: 15_000 } as const;

/**
 * Connects for a worker; call `installRuntime` first. Throws `temporalUnreachable`.
 */
export async function connectWorker(config: TemporalConfig): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(config.connection);
  } catch (cause) {
    throw new GrayError('temporalUnreachable', `no Temporal server answers at ${config.address}`, { cause });
  }
}

/** Polls both queues until a signal (SIGINT, SIGTERM) or a fault ends it. */
export async function runWorker(options: GrayWorkerOptions): Promise<void> {
  await (await startWorker(options)).done;
}

/** As `runWorker`, but returns as soon as both queues are served. */
export async function startWorker(options: GrayWorkerOptions): Promise<RunningWorker> {
  // One after the other: workflows that cannot be bundled must not leave the second worker holding the connection.
  const control = await Worker.create({ ...common(options), ...controlOptions(options) });
  const work = await Worker.create({ ...common(options), ...workOptions(options) });
  return together([control, work]);
}

function common({ connection, namespace, deployment }: GrayWorkerOptions) {
  return {
    connection,
    namespace,
    // Heartbeats carry cancellation and live progress, so they may not be held back for long.
    maxHeartbeatThrottleInterval: 1_000,
    defaultHeartbeatThrottleInterval: 1_000,
    shutdownGraceTime: shutdownMs.grace,
    shutdownForceTime: shutdownMs.force,
    ...(deployment !== undefined && {
      workerDeploymentOptions: {
        version: deployment,
        useWorkerVersioning: true as const,
        defaultVersioningBehavior: 'AUTO_UPGRADE' as const,
      },
    }),
  };
}

function controlOptions(options: GrayWorkerOptions): Pick<WorkerOptions, 'taskQueue'> & Partial<WorkerOptions> {
  const limits = { ...defaultLimits, ...options.limits };
  return {
    taskQueue: controlQueue,
    activities: createControlActivities(options.adapters),
    ...workflowOptions(options.workflows ?? defaultWorkflows()),
    maxConcurrentWorkflowTaskExecutions: limits.workflowTasks,
    maxConcurrentActivityTaskExecutions: limits.routeSlots,
    maxCachedWorkflows: limits.cachedWorkflows,
    stickyQueueScheduleToStartTimeout: stickyMs,
  };
}

function workOptions(options: GrayWorkerOptions): Pick<WorkerOptions, 'taskQueue'> & Partial<WorkerOptions> {
  const limits = { ...defaultLimits, ...options.limits };
  return {
    taskQueue: workQueue,
    activities: createWorkActivities(options.adapters),
    maxConcurrentActivityTaskExecutions: limits.workSlots,
  };
}

const workflowOptions = (source: WorkflowSource): Partial<WorkerOptions> =>
  'path' in source ? { workflowsPath: source.path } : { workflowBundle: source };

/** `dist/workflow-bundle.js` for compiled code (this file is then `dist/src/worker.js`), else the sources. */
function defaultWorkflows(): WorkflowSource {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const bundle = here('../workflow-bundle.js');
  if (import.meta.url.endsWith('.js') && existsSync(bundle)) return { codePath: bundle };
  return { path: here(import.meta.url.endsWith('.js') ? '../workflows/index.js' : '../workflows/index.ts') };
}

/** Two workers that live and end together: when one ends or breaks, the other is shut down too. */
function together(workers: readonly Worker[]): RunningWorker {
  const stopAll = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const runs = workers.map((worker) => worker.run().finally(stopAll));
  const done = Promise.allSettled(runs).then(async () => void (await Promise.all(runs)));
  done.catch(() => undefined); // its user may look only after a while
  return {
    done,
    shutdown: () => {
      stopAll();
      return done;
    },
  };
}
