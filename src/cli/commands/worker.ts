/** `gray worker`: runs releases until it is told to stop. */
import { resolve } from 'node:path';
import { fileEvidence } from '../../adapters/evidence/files.ts';
import { adapters } from '../../adapters.ts';
import { logLevelOf } from '../../config.ts';
import { exitStatus } from '../../domain/errors.ts';
import { installRuntime } from '../../logging.ts';
import { connectWorker, type DeploymentVersion, startWorker, type WorkflowSource } from '../../worker.ts';
import { invalid } from '../io.ts';
import { printReady } from '../session.ts';
import { type Call, textOf, type Verb } from '../verb.ts';

export const worker: Verb = {
  usage: 'worker',
  does: 'runs releases: serves both task queues until SIGTERM or Ctrl-C',
  more: 'Logs are JSON lines on standard error. Start several for availability; any of them may die at any time.',
  group: 'Operate:',
  lasting: true,
  example: 'gray worker --profile production --metrics-address 0.0.0.0:9464',
  options: [
    ['--metrics-address <host:port>', 'serve Prometheus metrics of the worker there'],
    ['--log-level <level>', 'trace, debug, info, warn or error (default: GRAY_LOG_LEVEL, else info)'],
    ['--workflow-bundle <file>', 'workflows bundled beforehand; starts faster than bundling the sources'],
    ['--deployment-name <name>', 'Worker Deployment Versioning, with --build-id; releases upgrade automatically'],
    ['--build-id <id>', 'the build of this worker'],
  ],
  run: async (call) => {
    const { options, config } = call;
    const metricsAddress = textOf(options, 'metricsAddress');
    const logLevel = logLevelOf(textOf(options, 'logLevel') ?? config.logLevel);
    installRuntime({ logLevel, ...(metricsAddress !== undefined && { metricsAddress }) });
    const { address, namespace } = config.temporal;
    const connection = await connectWorker(config.temporal);
    try {
      const running = await startWorker({
        connection,
        namespace,
        adapters: { ...adapters, evidence: fileEvidence(config.evidenceDir) },
        ...workflowsOf(call),
        ...deploymentOf(call),
      });
      printReady(call, { address, namespace }, () => [`worker is ready at ${address}, ${namespace}`]);
      await running.done;
      return exitStatus.ok;
    } finally {
      await connection.close();
    }
  },
};

function workflowsOf({ options }: Call): { readonly workflows?: WorkflowSource } {
  const codePath = textOf(options, 'workflowBundle');
  return codePath === undefined ? {} : { workflows: { codePath: resolve(codePath) } };
}

function deploymentOf({ options }: Call): { readonly deployment?: DeploymentVersion } {
  const deploymentName = textOf(options, 'deploymentName');
  const buildId = textOf(options, 'buildId');
  if (deploymentName === undefined && buildId === undefined) return {};
  if (deploymentName === undefined || buildId === undefined) {
    throw invalid('--deployment-name and --build-id go together');
  }
  return { deployment: { deploymentName, buildId } };
}
