/** Every port with its registry: what a real worker works with, once it knows where to keep evidence. */
import type { Adapters } from '../activities/deps.ts';
import { runCheck } from './adapters/checks/index.ts';
import { createDeployer } from './adapters/deployer/index.ts';
import { noEvidence } from './adapters/evidence/files.ts';
import { createMetricSource } from './adapters/metrics/index.ts';
import { createNotifier } from './adapters/notifier/index.ts';
import { createRouter } from './adapters/router/index.ts';
import { createJudge } from './domain/judge/index.ts';

export const adapters: Adapters = {
  router: createRouter,
  deployer: createDeployer,
  metrics: createMetricSource,
  notifier: createNotifier,
  judge: createJudge,
  check: runCheck,
  evidence: noEvidence,
};
