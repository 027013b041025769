/**
 * `worker.ts '<WorkerOrder as JSON>'`: the release engine with everything real but servers and metrics, and beside it,
 * in the same process, the worker of the baseline.
 */
import { Worker } from '@temporalio/worker';
import { MetricScript, memoryMetrics } from '../../src/adapters/metrics/memory.ts';
import { adapters } from '../../src/adapters.ts';
import { readConfig } from '../../src/config.ts';
import { installRuntime } from '../../src/logging.ts';
import { connectWorker, startWorker } from '../../src/worker.ts';
import { deskDeployer } from './deploy-desk.ts';
import { baselineQueue, type WorkerOrder } from './worker-order.ts';

const { desk, workflows, baseline }: WorkerOrder = JSON.parse(process.argv[2] ?? '{}');
const healthy = { perSecond: 100, badRate: 0 };
const script = new MetricScript().set('*', 'gray', healthy).set('*', 'stable', healthy);

installRuntime({ logLevel: 'error' });
const { temporal } = readConfig(process.env);
const { namespace } = temporal;
const connection = await connectWorker(temporal);
const other = await Worker.create({
  connection,
  namespace,
  taskQueue: baselineQueue,
  workflowBundle: { codePath: baseline },
  activities: { nothing: async () => undefined },
});
const running = await startWorker({
  connection,
  namespace,
  workflows: { codePath: workflows },
  adapters: {
    ...adapters,
    deployer: (_spec, context) => deskDeployer(desk, context),
    metrics: (spec) => memoryMetrics(spec.kind === 'memory' ? spec : { kind: 'memory', intervalMs: 1_000 }, script),
  },
});
const both = Promise.all([running.done, other.run()]);
process.stdout.write('worker is ready\n');
await both;
await connection.close();
