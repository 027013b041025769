/** The registry of deployers: a kind is decided here alone. A new one is its file and one line. */
import type { DeployerSpec } from '../../domain/spec.ts';
import { memoryDeployer } from './memory.ts';
import type { Deployer, DeployerContext } from './port.ts';
import { processDeployer } from './process.ts';

type SpecOf<K extends DeployerSpec['kind']> = {
  [P in K]: Extract<DeployerSpec, { kind: P }> & { readonly kind: P };
}[K];
type Deployers = { readonly [K in DeployerSpec['kind']]: (spec: SpecOf<K>, context: DeployerContext) => Deployer };

export const deployers = { memory: memoryDeployer, process: processDeployer } satisfies Partial<Deployers>;
