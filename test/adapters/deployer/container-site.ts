import { afterAll, beforeAll } from 'vitest';
import { containerDeployer } from '../../../src/adapters/deployer/container.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ContainerDeployerSpec } from '../../../src/domain/spec.ts';
import { type ContainerHarness, containerHarness } from './container-harness.ts';
import { context } from './harnesses.ts';

let made: ContainerHarness | undefined;

/** Starts it before the tests of a file, and ends it behind them. */
export function useContainers(): void {
  beforeAll(async () => {
    made = await containerHarness();
  });
  afterAll(() => made?.dispose());
}

export function at(): ContainerHarness {
  if (made === undefined) throw new Error('the harness was not made');
  return made;
}

export const withSpec = (more: Partial<ContainerDeployerSpec>) => containerDeployer({ ...at().spec, ...more }, context);

/** A build whose one program is `script`. */
export async function scripted(version: string, script: string): Promise<Artifact> {
  const { registry } = at();
  return { version, ...(await registry.add('shop/pay', { version, script })) };
}
