/** A real sshd with servers, for the tests of what only the ssh deployer can get wrong. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { sharedGate } from '../../../src/adapters/deployer/ssh/gate.ts';
import { sshDeployer } from '../../../src/adapters/deployer/ssh.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { SshDeployerSpec } from '../../../src/domain/spec.ts';
import { order } from './contract.ts';
import { context } from './harnesses.ts';
import { type SshHarness, sshHarness, startWords } from './ssh-harness.ts';

export let at: SshHarness;
export let v1: Artifact;
export let v2: Artifact;

/** Starts the sshd before the tests of a file, and ends it behind them. */
export function useSshServers(): void {
  beforeAll(async () => {
    at = await sshHarness({ archive: true, ownPrograms: true });
    v1 = await at.build('1.0.0');
    v2 = await at.build('2.0.0');
  });
  afterAll(() => at?.dispose());
}

export const changed = (change: Partial<SshDeployerSpec>) => sshDeployer({ ...at.spec, ...change }, context);
export const inHome = (server: ServerSpec, ...names: readonly string[]) => join(at.dir, 'servers', server.id, ...names);

/** A server that runs the build 1.0.0. */
export async function installed(): Promise<ServerSpec> {
  const server = await at.server();
  await at.deployer.deploy(order(server, v1, 1));
  return server;
}

/** A program that the sessions on the server find before the system's own. */
export async function program(name: string, lines: string): Promise<() => Promise<void>> {
  await writeFile(join(at.dir, 'programs', name), `#!/bin/sh\n${lines}\n`);
  await chmod(join(at.dir, 'programs', name), 0o755);
  return () => rm(join(at.dir, 'programs', name));
}

export const supervisor = () => join(at.dir, 'stand-in-supervisor.sh');
export const stopIn = (dir: string) => [supervisor(), 'stop', dir];
export const serviceIn = (dir: string) => ({
  restart: [supervisor(), 'restart', dir, ...startWords],
  pid: [supervisor(), 'pid', dir],
});
export const line = () => ({ spec: at.spec, gate: sharedGate('test', 4) });
