/** The adapters that activities work with; tests hand in memory ones. */
import type { CheckRunner } from '../src/adapters/checks/port.ts';
import type { Deployer, DeployerContext } from '../src/adapters/deployer/port.ts';
import type { EvidenceLog } from '../src/adapters/evidence/port.ts';
import type { MetricSource } from '../src/adapters/metrics/port.ts';
import type { Notifier } from '../src/adapters/notifier/port.ts';
import type { Router, RouterContext } from '../src/adapters/router/port.ts';
import type { DeployerSpec, JudgeSpec, MetricsSpec, NotifierSpec, RouterSpec } from '../src/domain/spec.ts';
import type { Judge } from '../src/domain/verdict.ts';

export interface Adapters {
  readonly router: (spec: RouterSpec, context: RouterContext) => Router;
  readonly deployer: (spec: DeployerSpec, context: DeployerContext) => Deployer;
  readonly metrics: (spec: MetricsSpec) => MetricSource;
  readonly notifier: (spec: NotifierSpec) => Notifier;
  readonly judge: (spec: JudgeSpec) => Judge;
  readonly check: CheckRunner;
  readonly evidence: EvidenceLog;
}
