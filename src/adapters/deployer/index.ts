/** The registry of deployers: a kind is decided here alone. A new one is its file and one line. */
import type { DeployerSpec } from '../../domain/spec.ts';
import { commandDeployer } from './command.ts';
import { containerDeployer } from './container.ts';
import { kubernetesDeployer } from './kubernetes.ts';
import { memoryDeployer } from './memory.ts';
import type { Deployer, DeployerContext } from './port.ts';
import { processDeployer } from './process.ts';
import { sshDeployer } from './ssh.ts';

type Kind = DeployerSpec['kind'];
// Spelled out per kind, so that the call below keeps spec and maker together.
type SpecOf<K extends Kind> = { [P in K]: Extract<DeployerSpec, { kind: P }> & { readonly kind: P } }[K];
type Deployers = { readonly [K in Kind]: (spec: SpecOf<K>, context: DeployerContext) => Deployer };

export const deployers = {
  memory: memoryDeployer,
  process: processDeployer,
  command: commandDeployer,
  ssh: sshDeployer,
  container: containerDeployer,
  kubernetes: kubernetesDeployer,
} satisfies Deployers;

const registry: Deployers = deployers;

export const createDeployer = <K extends Kind>(spec: SpecOf<K>, context: DeployerContext): Deployer =>
  registry[spec.kind](spec, context);
