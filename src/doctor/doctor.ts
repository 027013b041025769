/** Everything a release needs, looked at before one is started. Changes nothing. */
import type { Adapters } from '../../activities/deps.ts';
import type { TemporalConfig } from '../config.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { examineClocks } from './clocks.ts';
import { examineDeployer } from './deployer.ts';
import { examineEnvironment } from './environment.ts';
import { examined, type Finding } from './finding.ts';
import { examineMetrics } from './metrics.ts';
import { examineRouter } from './router.ts';
import { examineServers } from './servers.ts';
import { examineSettings } from './settings.ts';
import { examineTemporal } from './temporal.ts';

export type { Finding } from './finding.ts';

export interface DoctorContext {
  readonly temporal: TemporalConfig;
  readonly adapters: Pick<Adapters, 'router' | 'deployer' | 'metrics'>;
  readonly env: NodeJS.ProcessEnv;
}

/** Every finding, in the order of the areas. Never throws for what it examines. */
export async function diagnose(spec: ReleaseSpec, context: DoctorContext): Promise<Finding[]> {
  const { temporal, adapters, env } = context;
  let open: boolean | null = null;
  const engine = await examined(
    'temporal',
    'start one with `gray dev`, or name yours in a Temporal profile',
    async () => {
      const found = await examineTemporal(temporal, spec.target);
      open = found.open;
      return found.findings;
    },
  );
  const rest = await Promise.all([
    examined('router', 'check the router section of the file', () =>
      examineRouter(spec, adapters.router(spec.router, spec), open),
    ),
    examined('router', 'check the settings of the router', () => examineSettings(spec)),
    examined('servers', 'check the deployer section of the file', () =>
      examineServers(spec, adapters.deployer(spec.deployer, spec)),
    ),
    examined('servers', 'check the settings of the deployer', () => examineDeployer(spec)),
    examined('metrics', 'check the metrics section of the file', () =>
      examineMetrics(spec, adapters.metrics(spec.metrics)),
    ),
    examined('environment', 'check the named variables', async () => examineEnvironment(spec, env)),
    examined('clocks', 'let NTP set the clocks', () => examineClocks(spec, temporal.uiUrl)),
  ]);
  return [engine, ...rest].flat();
}
