/** A world in memory for one release: servers, router, metrics and checks that a test can break, under the real workflow. */
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Adapters } from '../../activities/deps.ts';
import type { CheckRunner } from '../../src/adapters/checks/port.ts';
import { createDeployer } from '../../src/adapters/deployer/index.ts';
import { memoryFleet } from '../../src/adapters/deployer/memory-fleet.ts';
import type { EvidenceEntry } from '../../src/adapters/evidence/port.ts';
import { MetricScript, memoryMetrics } from '../../src/adapters/metrics/memory.ts';
import type { ReleaseEvent } from '../../src/adapters/notifier/port.ts';
import { faultyRouter } from '../../src/adapters/router/faulty.ts';
import { holdMemoryRouter, MemoryRouter, memoryRouter } from '../../src/adapters/router/memory.ts';
import type { Command, CommandAnswer, CommandInput } from '../../src/domain/actions.ts';
import { createJudge } from '../../src/domain/judge/index.ts';
import { controlQueue, workflowIdOf, workflowType } from '../../src/domain/names.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import type { ReleaseRequest, ReleaseSpec } from '../../src/domain/spec.ts';
import type { Status } from '../../src/domain/status.ts';
import type { RunningWorker } from '../../src/worker.ts';
import { startWorker } from '../../src/worker.ts';
import { baseBuild, releaseRequest, releaseSpec } from './release-spec.ts';
import type { TestTemporal } from './temporal-server.ts';

/** What a world needs of a Temporal server; also a time-skipping one has it. */
export type WorldTemporal = Omit<TestTemporal, 'server'>;

let worlds = 0;

export class World {
  readonly spec: ReleaseSpec;
  readonly router: MemoryRouter;
  readonly faulty: ReturnType<typeof faultyRouter>;
  readonly metrics = new MetricScript();
  readonly events: ReleaseEvent[] = [];
  readonly evidence: EvidenceEntry[] = [];
  /** Every route that took effect, oldest first. */
  readonly routes: DesiredRoute[] = [];
  check: CheckRunner = async (check) => ({ name: check.name, ok: true, runs: 1, failures: 0 });
  readonly #temporal: WorldTemporal;
  readonly #forget: () => void;
  #worker: RunningWorker | null = null;

  constructor(temporal: WorldTemporal, change: Partial<ReleaseSpec> = {}) {
    worlds += 1;
    this.#temporal = temporal;
    this.spec = releaseSpec(`shop-${worlds}`, change);
    this.router = new MemoryRouter(this.spec);
    this.router.versionOf = (id) => this.fleet.running(id)?.version ?? null;
    this.faulty = faultyRouter(this.#recorded());
    this.#forget = holdMemoryRouter(this.spec.target, this.faulty);
    this.fleet.install(
      this.spec.servers.map(({ id }) => id),
      baseBuild,
    );
    this.metrics.set('*', 'gray', healthy).set('*', 'stable', healthy);
  }

  get fleet() {
    return memoryFleet(this.spec.target);
  }

  get handle() {
    return this.#temporal.client.workflow.getHandle(workflowIdOf(this.spec.target));
  }

  adapters(): Adapters {
    return {
      router: (spec, context) =>
        memoryRouter(spec.kind === 'memory' ? spec : { kind: 'memory', identity: {} }, context),
      deployer: createDeployer,
      metrics: (spec) =>
        memoryMetrics(spec.kind === 'memory' ? spec : { kind: 'memory', intervalMs: 100 }, this.metrics),
      notifier: () => ({ notify: async (event) => void this.events.push(event) }),
      judge: createJudge,
      check: (...asked) => this.check(...asked),
      evidence: { append: async (_, entry) => void this.evidence.push(entry) },
    };
  }

  async work(limits = {}): Promise<void> {
    const { native: connection, namespace, bundle } = this.#temporal;
    this.#worker = await startWorker({ connection, namespace, adapters: this.adapters(), workflows: bundle, limits });
  }

  async start(change: Partial<ReleaseRequest> = {}): Promise<WorkflowHandleWithFirstExecutionRunId> {
    return this.#temporal.client.workflow.start(workflowType, {
      taskQueue: controlQueue,
      workflowId: workflowIdOf(this.spec.target),
      workflowTaskTimeout: '3s',
      args: [releaseRequest(this.spec, change)],
    });
  }

  /** Works, starts, and waits for the outcome. */
  async run(): Promise<Status> {
    await this.work();
    await this.start();
    return this.result();
  }

  result(): Promise<Status> {
    return this.handle.result();
  }

  status(): Promise<Status> {
    return this.handle.query<Status>('status');
  }

  send(command: Command, input: Partial<CommandInput> = {}): Promise<CommandAnswer> {
    const args: [CommandInput] = [{ by: 'ben', reason: 'test', requestId: `${command}-${Math.random()}`, ...input }];
    return this.handle.executeUpdate<CommandAnswer, [CommandInput]>(command, { args });
  }

  /** Polls the status until it is as wanted; fails with the last one. */
  async until(wanted: (status: Status) => boolean, withinMs = 15_000): Promise<Status> {
    const endAt = Date.now() + withinMs;
    for (;;) {
      const status = await this.status().catch(unlessNotFound);
      if (status !== null && wanted(status)) return status;
      if (Date.now() > endAt)
        throw new Error(`never came: ${wanted.toString()}; now ${JSON.stringify(status, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  versions(): string[] {
    return this.spec.servers.map(({ id }) => this.fleet.running(id)?.version ?? 'dead');
  }

  async stopWorker(): Promise<void> {
    await this.#worker?.shutdown();
    this.#worker = null;
  }

  /** Ends what a failed test may have left behind. */
  async end(): Promise<void> {
    await this.handle.terminate('test over').catch(() => undefined);
    await this.stopWorker();
    this.#forget();
  }

  #recorded() {
    const { router, routes } = this;
    return {
      abilities: router.abilities,
      read: () => router.read(),
      confirm: (...asked: Parameters<MemoryRouter['confirm']>) => router.confirm(...asked),
      drain: (...asked: Parameters<MemoryRouter['drain']>) => router.drain(...asked),
      apply: async (desired: DesiredRoute) => {
        const state = await router.apply(desired);
        routes.push(desired);
        return state;
      },
    };
  }
}

export const healthy = { perSecond: 200, badRate: 0 };
export const broken = { perSecond: 200, badRate: 0.5 };

/** A test may look before the start has arrived. */
function unlessNotFound(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}
